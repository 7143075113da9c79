// Publisher: many tasks to JetStream with a bounded number under way, each confirmed by the server.
//
// A task whose confirmation is lost is published again under the same id, which the stream and the dispatcher
// recognise. Threads: one; callbacks are inside.
#ifndef MUSTER_DISPATCHER_CLI_PUBLISHER_H_
#define MUSTER_DISPATCHER_CLI_PUBLISHER_H_

#include <condition_variable>
#include <cstdint>
#include <deque>
#include <mutex>
#include <set>
#include <string>

#include "dispatcher/cli/api.h"
#include "muster/v1/task.pb.h"

namespace muster::cli {

// A new task id from this machine's clock and its source of random numbers.
std::string FreshTaskId();

struct Submitted {
  v1::Task task;  // without its payload
  Status status;
  StoreReceipt receipt;
};

class Publisher {
 public:
  explicit Publisher(Api& api) : api_(api) {}
  // Waits for what is under way.
  ~Publisher();

  // Gives the task an id where it has none; waits while too many are under way. Not ok: the task is wrong and was not
  // sent. Whether it was stored is told by TakeFinished.
  Status Submit(v1::Task task);
  // Confirmed or failed since the last call, in no order.
  std::deque<Submitted> TakeFinished();
  // Returns when nothing is under way.
  void Finish();

 private:
  void Send(LinkPublish message, v1::Task task, int tries_left);
  void End(Submitted submitted);
  // REQUIRES: `lock` holds mutex_; it is let go while sending.
  void SendAgain(std::unique_lock<std::mutex>& lock);
  // So that a queue nobody used before is served at once; musterd finds it by itself within a second.
  void EnsureQueue(const v1::Task& task);

  Api& api_;
  std::set<std::string> ensured_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::size_t under_way_ = 0;  // guarded by mutex_
  struct Again {
    LinkPublish message;
    v1::Task task;
    int tries_left;
  };
  std::deque<Again> again_;         // guarded by mutex_; sent again by the caller's thread
  std::deque<Submitted> finished_;  // guarded by mutex_
};

}  // namespace muster::cli

#endif  // MUSTER_DISPATCHER_CLI_PUBLISHER_H_
