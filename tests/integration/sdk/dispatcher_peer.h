// DispatcherPeer: what a dispatcher is to one worker, as a script: it welcomes, assigns, settles, and keeps what it
// hears. It decides nothing, so a test sees exactly what the worker says on a real server.
#ifndef MUSTER_TESTS_INTEGRATION_SDK_DISPATCHER_PEER_H_
#define MUSTER_TESTS_INTEGRATION_SDK_DISPATCHER_PEER_H_

#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "muster/v1/worker.pb.h"
#include "worker_sdk/nats/link.h"

namespace muster::tests {

class DispatcherPeer {
 public:
  explicit DispatcherPeer(const std::string& url);

  // What to do by itself. All on by default.
  bool welcomes = true;
  bool settles = true;

  // One message with an assignment of attempt `attempt` for each id.
  void Assign(const std::string& worker, const std::vector<std::string>& ids, const v1::Task& task = {},
              std::uint32_t attempt = 1, std::int64_t timeout_ms = 0);
  void Command(const std::string& worker, v1::Command command);
  void Cancel(const std::string& worker, const std::string& id, v1::ErrorCode reason);

  // Everything heard so far; of one task, in order of arrival.
  std::vector<v1::Report> Reports(const std::string& task);
  std::size_t FinalReports();
  std::size_t ReportMessages();
  std::vector<v1::Hello> Hellos();
  std::vector<v1::Beat> Beats();
  std::vector<v1::Bye> Byes();
  std::vector<v1::Inventory> Inventories();

 private:
  void Hear(const LinkMessage& message);
  void Send(const std::string& worker, std::uint64_t incarnation, const std::vector<v1::Command>& commands);

  std::mutex mutex_;
  std::map<std::string, std::uint64_t> incarnations_;
  std::vector<v1::Report> reports_;
  std::size_t report_messages_ = 0;
  std::vector<v1::Hello> hellos_;
  std::vector<v1::Beat> beats_;
  std::vector<v1::Bye> byes_;
  std::vector<v1::Inventory> inventories_;
  std::unique_ptr<Link> link_;
  std::vector<std::unique_ptr<Link::Subscription>> subscriptions_;
};

}  // namespace muster::tests

#endif  // MUSTER_TESTS_INTEGRATION_SDK_DISPATCHER_PEER_H_
