// Connection: one connection to the NATS servers, and the client library's statuses as ours. Files of this folder only.
//
// Reconnects for ever. Threads: Publish… from any; the callbacks come on threads of the library and must not block.
#ifndef MUSTER_DISPATCHER_ADAPTERS_NATS_CONNECTION_H_
#define MUSTER_DISPATCHER_ADAPTERS_NATS_CONNECTION_H_

#include <nats/nats.h>

#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "dispatcher/adapters/nats_transport.h"
#include "schemas/status.h"

namespace muster::adapters::nats {

struct MessageDeleter {
  void operator()(natsMsg* message) const { natsMsg_Destroy(message); }
};
using MessagePtr = std::unique_ptr<natsMsg, MessageDeleter>;

// "where: what (the library's words)".
Status ToStatus(natsStatus status, const std::string& what, const std::string& where);

enum class Kind {
  kControl,  // each message goes out at once; nothing is kept while disconnected, since stale assignments do harm
  kBulk,     // buffered; what was published while disconnected goes out afterwards
};

class Connection {
 public:
  using OnMessage = std::function<void(MessagePtr)>;
  using OnState = std::function<void(bool connected)>;

  // One try with every server of the options. `on_state` is told of later losses and reconnects, not of this one.
  static Result<std::unique_ptr<Connection>> Open(const NatsOptions& options, Kind kind,
                                                  std::chrono::milliseconds timeout, OnState on_state);
  ~Connection();  // Close()
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  // All subscriptions of the process share one delivery thread: callbacks of one transport never overlap.
  Status Subscribe(const std::string& subject, OnMessage on_message);
  // Sends what is buffered and waits for the server's answer to a ping, at most `timeout`.
  void Flush(std::chrono::milliseconds timeout);
  // After this no callback runs.
  void Close();

  bool connected() const;
  std::string url() const;

  // `subject` and `reply` end with a zero byte; `reply` may be null. False: refused by the library.
  bool Publish(const char* subject, const char* reply, std::string_view data);
  bool Publish(natsMsg* message);
  // A question; waits for the answer.
  Result<MessagePtr> Request(const std::string& subject, std::string_view data, std::chrono::milliseconds timeout);
  Result<MessagePtr> Request(natsMsg* message, std::chrono::milliseconds timeout);

 private:
  struct Subscription;
  struct Callbacks;
  Connection();

  natsConnection* connection_ = nullptr;
  std::unique_ptr<Callbacks> callbacks_;
  std::vector<std::unique_ptr<Subscription>> subscriptions_;
  bool closed_ = false;
};

}  // namespace muster::adapters::nats

#endif  // MUSTER_DISPATCHER_ADAPTERS_NATS_CONNECTION_H_
