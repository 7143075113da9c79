#include "worker_sdk/src/run_context.h"

#include <algorithm>
#include <exception>
#include <utility>

namespace muster {
namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;
using std::chrono::system_clock;

std::optional<system_clock::time_point> Sooner(session::Duration timeout, std::int64_t deadline_ms) {
  std::optional<system_clock::time_point> deadline;
  if (deadline_ms > 0) deadline = system_clock::time_point(milliseconds(deadline_ms));
  if (timeout > session::Duration::zero()) {
    const auto end = system_clock::now() + timeout;
    if (!deadline || end < *deadline) deadline = end;
  }
  return deadline;
}

// A foreign handler may throw anything; this is the border where it ends.
Outcome Call(const Handler& handler, TaskContext& context) {
  try {
    return handler(context);
  } catch (const std::bad_alloc&) {
    return Outcome::Retry(ErrorCode::kOutOfMemory, "the handler ran out of memory");
  } catch (const std::exception& error) {
    return Outcome::Retry(std::string("the handler threw: ") + error.what());
  } catch (...) {
    return Outcome::Retry("the handler threw something that is no std::exception");
  }
}

}  // namespace

RunContext::RunContext(session::Assignment assignment, const Handler* handler, RunSink* sink)
    : ref_(std::move(assignment.ref)),
      fencing_(assignment.fencing),
      failures_(assignment.failures),
      max_attempts_(assignment.max_attempts),
      body_(std::static_pointer_cast<const session::TaskBody>(std::move(assignment.body))),
      handler_(handler),
      sink_(sink),
      deadline_(Sooner(assignment.timeout, body_->task.deadline_ms())) {}

void RunContext::Run() {
  const auto start = steady_clock::now();
  Outcome outcome = handler_ == nullptr ? Outcome::Retry(ErrorCode::kNoHandler,
                                                         "this worker has no handler for the type '" + type() + "'")
                                        : Call(*handler_, *this);
  const auto run = std::chrono::duration_cast<session::Duration>(steady_clock::now() - start);
  sink_->Post(session::Event(std::in_place_type<session::Finished>, session::Finished{ref_, std::move(outcome), run}));
}

void RunContext::Cancel() {
  const std::lock_guard lock(mutex_);
  cancelled_.store(true, std::memory_order_release);
  changed_.notify_all();
}

Priority RunContext::priority() const {
  const int number = body_->task.priority();
  return number < 1 || number > kPriorities ? Priority::kNormal : static_cast<Priority>(number - 1);
}

milliseconds RunContext::time_left() const {
  if (!deadline_) return milliseconds::max();
  return std::max(milliseconds::zero(), std::chrono::duration_cast<milliseconds>(*deadline_ - system_clock::now()));
}

bool RunContext::WaitCancelled(milliseconds timeout) const {
  std::unique_lock lock(mutex_);
  // Longer than a day is waited for in days: wait_for adds the duration to the clock, which could overflow.
  constexpr milliseconds kDay = std::chrono::hours(24);
  const auto end = steady_clock::now() + std::min(timeout, kDay * 365);
  changed_.wait_until(lock, end, [this] { return cancelled_.load(); });
  return cancelled_.load();
}

void RunContext::SetProgress(std::uint32_t percent, std::string message) {
  percent = std::min<std::uint32_t>(percent, 100);
  {
    // The session sends ten a second at most; this keeps a busy handler from filling its inbox. The last one may be the
    // one that is left out, so 100 always passes.
    const std::lock_guard lock(mutex_);
    const auto now = steady_clock::now();
    if (percent < 100 && now < progress_at_) return;
    progress_at_ = now + milliseconds(20);
  }
  sink_->Post(session::Event(std::in_place_type<session::ProgressMade>,
                             session::ProgressMade{ref_, percent, std::move(message)}));
}

void RunContext::Log(LogLevel level, std::string_view line) {
  sink_->Log(level, "task " + id() + " attempt " + std::to_string(attempt()) + ": " + std::string(line));
}

}  // namespace muster
