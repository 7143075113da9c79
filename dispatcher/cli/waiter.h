// Waiter: waits until tasks have ended.
//
// It listens to the results as they are published, and asks now and then for what it may have missed: the results
// stream first, then musterd (a task whose result is discarded ends without a message). Threads: one; callbacks are
// inside.
#ifndef MUSTER_DISPATCHER_CLI_WAITER_H_
#define MUSTER_DISPATCHER_CLI_WAITER_H_

#include <chrono>
#include <condition_variable>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "dispatcher/cli/api.h"
#include "muster/v1/task.pb.h"

namespace muster::cli {

class Waiter {
 public:
  // Listens from now on. `api` must outlive it.
  static Result<std::unique_ptr<Waiter>> Start(Api& api, const std::vector<std::string>& ids);

  struct Ended {
    std::size_t ended = 0;
    std::size_t unsuccessful = 0;
  };
  struct Options {
    std::optional<std::chrono::milliseconds> timeout;  // nullopt: for ever
    // The ids were there before we listened: look for results of the past, and give up on an id that nobody knows.
    bool submitted_before = true;
    std::function<void(const Ended&)> progress;
    std::function<void(const v1::TaskResult&)> ended;  // for each task, on the caller's thread
  };
  // kTimeout when some have not ended in time, kNotFound for an id that nobody knows, kUnavailable without musterd
  // where submitted_before.
  Result<Ended> Wait(const Options& options);

 private:
  explicit Waiter(Api& api) : api_(api) {}

  void Take(v1::TaskResult result);
  // Asks about pending tasks, from where the last call left off.
  Status AskAbout(std::size_t count, bool must_exist);
  Status AskAboutOne(const std::string& id, bool must_exist);
  // Looks for what ended before we listened.
  Status LookBack(const Options& options, Ended& ended);
  bool TakeStored(const std::string& id);
  bool Hand(const Options& options, Ended& ended);

  Api& api_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::set<std::string> pending_;             // guarded by mutex_
  std::vector<v1::TaskResult> arrived_;       // guarded by mutex_
  std::map<std::string, int> unknown_times_;  // how often an id was unknown, one after the other
  std::string cursor_;
  std::vector<std::unique_ptr<Link::Subscription>> subscriptions_;  // last: ends before what its callbacks use
};

}  // namespace muster::cli

#endif  // MUSTER_DISPATCHER_CLI_WAITER_H_
