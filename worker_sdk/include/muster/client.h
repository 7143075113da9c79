// Client: submits tasks, waits for what became of them, cancels them.
//
//   auto client = muster::Client::Connect({});
//   auto id = (*client)->Submit({.queue = "mail", .type = "send", .payload = "hello"});
//   auto result = (*client)->Await(*id, std::chrono::seconds(30));
//
// Accepted means: JetStream has the task stored. A submission that is not confirmed is repeated with the same id until
// it is, or the time is up; the dispatcher runs an id once only. Threads: every function may be called from any thread.
#ifndef MUSTER_CLIENT_H_
#define MUSTER_CLIENT_H_

#include <chrono>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "muster/options.h"
#include "muster/status.h"
#include "muster/task.h"

namespace muster {

struct ProgressView {
  std::string task_id;
  std::uint32_t attempt = 0;
  std::string worker;
  std::uint32_t percent = 0;
  std::string message;
};

// A task as the dispatcher sees it now.
struct TaskStatus {
  std::string id;
  TaskState state = TaskState::kUnknown;
  std::string queue;
  Priority priority = Priority::kNormal;
  std::string type;
  std::uint32_t attempt = 0;
  std::uint32_t failures = 0;
  std::uint32_t max_attempts = 0;
  std::string worker;
  std::string reason;  // why it waits, or how it ended
  std::uint32_t progress_percent = 0;
  std::string progress_message;
};

class Client {
 public:
  // The task's id, or why it was not accepted.
  using Submitted = std::function<void(Result<std::string>)>;
  using ProgressCallback = std::function<void(const ProgressView&)>;

  // Ends the watch when destroyed. Must not outlive its Client.
  class Watch {
   public:
    virtual ~Watch() = default;
  };

  // kUnavailable where NATS cannot be reached (see ConnectionOptions::retry_for), kBadRequest for bad options.
  static Result<std::unique_ptr<Client>> Connect(const ConnectionOptions& options);
  // Whatever was submitted asynchronously and is not confirmed is given up: its callback gets kUnavailable.
  ~Client();
  Client(const Client&) = delete;
  Client& operator=(const Client&) = delete;

  // Waits until the task is stored; its id. kBadHeader, kBadQueue, kTooLarge: the task is not valid, nothing was sent.
  // kQueueFull: its queue has reached the stream's limit, nothing was stored: try later.
  // kTimeout, kUnavailable: unknown; submit it again with the same id.
  Result<std::string> Submit(const Task& task, std::chrono::milliseconds timeout = std::chrono::seconds(5));
  // All of them, pipelined: many times the rate of one by one. One answer for each task, in order. Waits for the last.
  std::vector<Result<std::string>> SubmitBatch(std::span<const Task> tasks,
                                               std::chrono::milliseconds timeout = std::chrono::seconds(30));
  // Without waiting, unless more than 4,096 are not confirmed yet. `done` comes once, from a thread of this client; it
  // must not wait. An invalid task is told by `done` too, before this returns.
  void SubmitAsync(const Task& task, std::chrono::milliseconds timeout, Submitted done);

  // The result, as soon as there is one, or at once where there was one already. kTimeout: not ended yet, or its result
  // was not kept (Task::keep_result).
  Result<TaskResult> Await(std::string_view id, std::chrono::milliseconds timeout);

  // `callback` for every progress report of this task, or of every task where `id` is empty. At most once: some may be
  // missed.
  Result<std::unique_ptr<Watch>> WatchProgress(std::string_view id, ProgressCallback callback);

  // True: it is cancelled now, or was told to its worker. False: it had ended. kNotFound, kUnavailable (no dispatcher),
  // kTimeout.
  Result<bool> Cancel(std::string_view id, std::string_view reason = {},
                      std::chrono::milliseconds timeout = std::chrono::seconds(5));
  Result<TaskStatus> Show(std::string_view id, std::chrono::milliseconds timeout = std::chrono::seconds(5));

 private:
  class Impl;
  explicit Client(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace muster

#endif  // MUSTER_CLIENT_H_
