#include "dispatcher/cli/waiter.h"

#include <algorithm>
#include <utility>

#include "dispatcher/cli/human.h"
#include "schemas/subjects.h"

namespace muster::cli {
namespace {

using std::chrono::steady_clock;

// More ids than this share one wildcard subscription.
constexpr std::size_t kSubscriptionsMax = 16;
constexpr std::chrono::milliseconds kAskEvery{1000};
constexpr std::size_t kAskedAtOnce = 20;
// An id that neither the results nor musterd know, while nothing waits in JetStream, does not exist. musterd learns of
// new messages about once a second, so one such answer is not enough.
constexpr int kUnknownTimesMax = 3;

v1::TaskResult FromView(const v1::TaskView& view) {
  v1::TaskResult result;
  result.set_task_id(view.id());
  result.set_state(view.state());
  result.set_attempt(view.attempt());
  result.set_worker(view.worker());
  result.set_queue(view.queue());
  result.set_type(view.type());
  if (view.has_error()) *result.mutable_error() = view.error();
  result.set_submitted_ms(view.submitted_ms());
  result.set_assigned_ms(view.assigned_ms());
  result.set_finished_ms(view.finished_ms());
  return result;
}

}  // namespace

Result<std::unique_ptr<Waiter>> Waiter::Start(Api& api, const std::vector<std::string>& ids) {
  std::unique_ptr<Waiter> waiter(new Waiter(api));
  waiter->pending_.insert(ids.begin(), ids.end());
  std::vector<std::string> subjects;
  if (ids.size() > kSubscriptionsMax) {
    subjects.emplace_back(subjects::kResultStreamSubjects);
  } else {
    for (const std::string& id : waiter->pending_) subjects.push_back(subjects::Result(id));
  }
  Waiter* self = waiter.get();
  for (const std::string& subject : subjects) {
    auto subscription = api.link().Subscribe(subject, [self](const LinkMessage& message) {
      v1::TaskResult result;
      if (result.ParseFromArray(message.data.data(), static_cast<int>(message.data.size()))) {
        self->Take(std::move(result));
      }
    });
    if (!subscription.ok()) return subscription.status();
    waiter->subscriptions_.push_back(std::move(subscription).value());
  }
  return waiter;
}

void Waiter::Take(v1::TaskResult result) {
  const std::lock_guard<std::mutex> lock(mutex_);
  if (!IsTerminal(result.state()) || pending_.erase(result.task_id()) == 0) return;
  arrived_.push_back(std::move(result));
  changed_.notify_one();
}

bool Waiter::TakeStored(const std::string& id) {
  auto stored = api_.link().GetLast(subjects::kResultStream, subjects::Result(id), api_.timeout());
  v1::TaskResult result;
  if (!stored.ok() || !result.ParseFromString(stored->data)) return false;
  Take(std::move(result));
  return true;
}

Status Waiter::AskAboutOne(const std::string& id, bool must_exist) {
  if (TakeStored(id)) return Status();
  v1::TaskRequest request;
  request.set_id(id);
  const Result<v1::ApiReply> reply = api_.Ask("task", "show", request);
  if (reply.ok()) {
    unknown_times_.erase(id);
    if (IsTerminal(reply->task().state())) Take(FromView(reply->task()));
    return Status();
  }
  if (!must_exist || reply.status().code() != ErrorCode::kNotFound) return reply.status();
  // It may still wait in JetStream, where tasks cannot be looked up by id.
  const Result<v1::ApiReply> stats = api_.Ask("stats", "show", v1::StatsRequest());
  if (!stats.ok()) return stats.status();
  if (stats->stats().stored() > 0) {
    unknown_times_.erase(id);
  } else if (++unknown_times_[id] >= kUnknownTimesMax) {
    return Status(ErrorCode::kNotFound, "no task has this id; ended tasks are remembered for a day", id);
  }
  return Status();
}

Status Waiter::AskAbout(std::size_t count, bool must_exist) {
  std::vector<std::string> ids;
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    auto next = pending_.upper_bound(cursor_);
    for (std::size_t i = 0; i < std::min(count, pending_.size()); ++i, ++next) {
      if (next == pending_.end()) next = pending_.begin();
      ids.push_back(*next);
    }
  }
  for (const std::string& id : ids) {
    cursor_ = id;
    Status status = AskAboutOne(id, must_exist);
    const ErrorCode code = status.code();
    if (code == ErrorCode::kNotFound && must_exist) return status;
    if (code == ErrorCode::kUnavailable || code == ErrorCode::kTimeout) return status;
  }
  return Status();
}

Status Waiter::LookBack(const Options& options, Ended& ended) {
  std::vector<std::string> ids;
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    ids.assign(pending_.begin(), pending_.end());
  }
  for (const std::string& id : ids) {
    if (options.submitted_before) {
      const Status status = AskAboutOne(id, true);
      if (!status.ok()) return status;
    } else {
      TakeStored(id);
    }
    Hand(options, ended);
  }
  return Status();
}

bool Waiter::Hand(const Options& options, Ended& ended) {
  std::vector<v1::TaskResult> arrived;
  bool all = false;
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    arrived.swap(arrived_);
    all = pending_.empty();
  }
  for (const v1::TaskResult& result : arrived) {
    ++ended.ended;
    if (result.state() != v1::TASK_STATE_SUCCEEDED) ++ended.unsuccessful;
    if (options.ended) options.ended(result);
  }
  if (options.progress) options.progress(ended);
  return all;
}

Result<Waiter::Ended> Waiter::Wait(const Options& options) {
  const auto begin = steady_clock::now();
  auto ask_at = begin + kAskEvery;
  Ended ended;
  const Status looked = LookBack(options, ended);
  if (!looked.ok()) return looked;
  while (!Hand(options, ended)) {
    auto until = ask_at;
    if (options.timeout) until = std::min(until, begin + *options.timeout);
    {
      std::unique_lock<std::mutex> lock(mutex_);
      changed_.wait_until(lock, until, [this] { return !arrived_.empty(); });
    }
    const auto now = steady_clock::now();
    if (options.timeout && now >= begin + *options.timeout) {
      if (Hand(options, ended)) break;
      return Status(ErrorCode::kTimeout, "not all tasks ended in time: " + HumanCount(ended.ended) + " did");
    }
    if (now < ask_at) continue;
    // A musterd that is away for a moment is no reason to give up: its successor publishes the results.
    const Status status = AskAbout(kAskedAtOnce, options.submitted_before);
    if (status.code() == ErrorCode::kNotFound) return status;
    ask_at = steady_clock::now() + kAskEvery;
  }
  return ended;
}

}  // namespace muster::cli
