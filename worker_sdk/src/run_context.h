// RunContext: one attempt in the worker: what its handler sees of it, the job of the pool, and the switch that cancels
// it.
#ifndef MUSTER_WORKER_SDK_RUN_CONTEXT_H_
#define MUSTER_WORKER_SDK_RUN_CONTEXT_H_

#include <atomic>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <string>

#include "muster/task.h"
#include "worker_sdk/src/codec.h"
#include "worker_sdk/src/pool.h"
#include "worker_sdk/src/session.h"

namespace muster {

// Where runs report to. Any thread.
class RunSink {
 public:
  virtual ~RunSink() = default;
  virtual void Post(session::Event event) = 0;
  virtual void Log(LogLevel level, const std::string& line) = 0;
};

class RunContext final : public TaskContext, public Job {
 public:
  // `handler` null: no handler for the type, which ends the attempt with kNoHandler. `sink` and `handler` outlive this.
  RunContext(session::Assignment assignment, const Handler* handler, RunSink* sink);

  // The handler, from its start to the Finished event. Catches what it throws.
  void Run() override;
  // From any thread.
  void Cancel();
  const session::Ref& ref() const { return ref_; }

  const std::string& id() const override { return ref_.task; }
  const std::string& type() const override { return body_->task.type(); }
  const std::string& queue() const override { return body_->task.queue(); }
  Priority priority() const override;
  const std::string& payload() const override { return body_->task.payload(); }
  const std::string& content_type() const override { return body_->task.content_type(); }
  const std::map<std::string, std::string>& labels() const override { return body_->labels; }
  const std::string& tenant() const override { return body_->task.tenant(); }
  const std::string& traceparent() const override { return body_->task.traceparent(); }
  std::uint32_t attempt() const override { return ref_.attempt; }
  std::uint32_t failures() const override { return failures_; }
  std::uint32_t max_attempts() const override { return max_attempts_; }
  std::uint64_t fencing() const override { return fencing_; }
  std::optional<std::chrono::system_clock::time_point> deadline() const override { return deadline_; }
  std::chrono::milliseconds time_left() const override;
  bool cancelled() const override { return cancelled_.load(std::memory_order_acquire); }
  bool WaitCancelled(std::chrono::milliseconds timeout) const override;
  void SetProgress(std::uint32_t percent, std::string message) override;
  void Log(LogLevel level, std::string_view line) override;

 private:
  const session::Ref ref_;
  const std::uint64_t fencing_;
  const std::uint32_t failures_;
  const std::uint32_t max_attempts_;
  const std::shared_ptr<const session::TaskBody> body_;
  const Handler* const handler_;
  RunSink* const sink_;
  std::optional<std::chrono::system_clock::time_point> deadline_;

  std::atomic<bool> cancelled_{false};
  mutable std::mutex mutex_;
  mutable std::condition_variable changed_;
  std::chrono::steady_clock::time_point progress_at_{};  // guarded by mutex_
};

}  // namespace muster

#endif  // MUSTER_WORKER_SDK_RUN_CONTEXT_H_
