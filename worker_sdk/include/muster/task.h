// Task, TaskResult, Outcome and TaskContext: what is submitted, what became of it, and what a handler sees of it.
#ifndef MUSTER_TASK_H_
#define MUSTER_TASK_H_

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "muster/options.h"
#include "muster/priority.h"
#include "muster/status.h"

namespace muster {

// What a client submits. Only `queue` is needed. Ranges and units of every field: docs/protocol.md.
struct Task {
  std::string id;     // empty = a new UUIDv7; the same id is run once only
  std::string queue;  // one subject token
  Priority priority = Priority::kNormal;
  std::string type;     // which handler; the queue's name when empty
  std::string payload;  // bytes; the dispatcher never looks at them
  std::string content_type;
  std::string require;                            // "gpu,model:llama-70b,region=eu-1": which workers may take it
  std::string prefer;                             // the same language, a wish
  std::map<std::string, std::int64_t> resources;  // cpu in thousandths of a core, memory and vram in bytes
  std::string affinity;
  std::string tenant;
  std::string pool;
  // How often and how late to try again; zero = the dispatcher's default.
  std::uint32_t max_attempts = 0;
  std::chrono::milliseconds retry_base{0};
  std::chrono::milliseconds retry_max{0};
  std::chrono::milliseconds timeout{0};  // longest run of one attempt; zero = the dispatcher's default
  std::optional<std::chrono::system_clock::time_point> deadline;
  std::optional<std::chrono::system_clock::time_point> not_before;
  std::vector<std::string> depends_on;      // ids; runs when all of them succeeded,
  bool run_when_dependency_failed = false;  // or, with this, when all of them have ended
  bool keep_result = true;
  std::chrono::milliseconds result_ttl{0};  // zero = as long as the results stream keeps it
  std::string reply_to;                     // a subject that also gets the result, at most once
  std::string traceparent;
  std::string tracestate;
  std::map<std::string, std::string> labels;
};

// The numbers are those of muster.v1.TaskState.
enum class TaskState : std::uint8_t {
  kUnknown = 0,
  kQueued = 1,
  kDelayed = 2,
  kBlocked = 3,
  kParked = 4,
  kAssigned = 5,
  kRunning = 6,
  kSucceeded = 7,  // this and what follows is terminal
  kFailed = 8,
  kDead = 9,
  kCancelled = 10,
  kExpired = 11,
};
// "succeeded" for kSucceeded.
std::string_view TaskStateName(TaskState state);

// How a task ended.
struct TaskResult {
  std::string id;
  TaskState state = TaskState::kUnknown;
  std::string result;  // bytes, as the handler gave them
  std::string content_type;
  Status error;  // not ok unless succeeded
  std::uint32_t attempt = 0;
  std::string worker;
  std::string queue;
  std::string type;
  std::chrono::milliseconds run{0};  // as the worker measured it
  // Unix time: stored in the stream, last assigned, ended.
  std::chrono::milliseconds submitted{0};
  std::chrono::milliseconds assigned{0};
  std::chrono::milliseconds finished{0};
};

// What a handler makes of a task.
class Outcome {
 public:
  enum class Kind : std::uint8_t { kSuccess, kRetry, kFail, kCancelled };

  // Done. `result` is stored for the client; at most limits of docs/protocol.md (1 MB), larger is a permanent error.
  static Outcome Success(std::string result = {}, std::string content_type = {});
  // Did not work now; try again, here or elsewhere, by the task's retry policy, or after `after` where that is not
  // zero.
  static Outcome Retry(std::string message, std::chrono::milliseconds after = {});
  // The same with a code that says more: kRetryable, kTimeout, kOutOfMemory, kGpuOutOfMemory.
  static Outcome Retry(ErrorCode code, std::string message, std::chrono::milliseconds after = {});
  // Will never work: no further attempt.
  static Outcome Fail(std::string message);
  // Ended because cancelled() was true.
  static Outcome Cancelled();

  Kind kind() const { return kind_; }
  const std::string& result() const { return result_; }
  std::string& result() { return result_; }
  const std::string& content_type() const { return content_type_; }
  const Status& error() const { return error_; }
  std::chrono::milliseconds retry_after() const { return retry_after_; }

 private:
  Kind kind_ = Kind::kSuccess;
  std::string result_;
  std::string content_type_;
  Status error_;
  std::chrono::milliseconds retry_after_{0};
};

// One attempt at a task, as its handler sees it. Made by the SDK; valid until the handler returns.
// Threads: every function may be called from any thread the handler uses.
class TaskContext {
 public:
  virtual ~TaskContext() = default;

  virtual const std::string& id() const = 0;
  virtual const std::string& type() const = 0;
  virtual const std::string& queue() const = 0;
  virtual Priority priority() const = 0;
  virtual const std::string& payload() const = 0;
  virtual const std::string& content_type() const = 0;
  virtual const std::map<std::string, std::string>& labels() const = 0;
  virtual const std::string& tenant() const = 0;
  virtual const std::string& traceparent() const = 0;

  virtual std::uint32_t attempt() const = 0;       // from 1; grows with every assignment
  virtual std::uint32_t failures() const = 0;      // failed attempts before this one
  virtual std::uint32_t max_attempts() const = 0;  // 0 = not told
  // Grows with every attempt of this task, over restarts of everything. Give it to whatever the handler changes, and
  // let that refuse a smaller number than it has seen: a late, replaced attempt can then do no harm.
  virtual std::uint64_t fencing() const = 0;

  // When this attempt must have ended: the sooner of its run time-out and the task's deadline.
  virtual std::optional<std::chrono::system_clock::time_point> deadline() const = 0;
  // milliseconds::max() where there is no deadline; zero when it has passed.
  virtual std::chrono::milliseconds time_left() const = 0;

  // The task was cancelled, its time is up, or another worker has it: stop soon, return Outcome::Cancelled().
  virtual bool cancelled() const = 0;
  // Waits for that, `timeout` at most. True when cancelled.
  virtual bool WaitCancelled(std::chrono::milliseconds timeout) const = 0;

  // For people who watch. Cheap; only the newest is sent, ten times a second at most. 0 to 100.
  virtual void SetProgress(std::uint32_t percent, std::string message = {}) = 0;
  // To the worker's log, with the task's id.
  virtual void Log(LogLevel level, std::string_view line) = 0;
};

// Runs one task. Called from a thread of the worker's pool, several at once. An exception that leaves it is a retryable
// error.
using Handler = std::function<Outcome(TaskContext&)>;

}  // namespace muster

#endif  // MUSTER_TASK_H_
