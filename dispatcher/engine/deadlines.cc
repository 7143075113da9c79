// What time alone changes.
#include <algorithm>
#include <utility>

#include "dispatcher/engine/engine_impl.h"

namespace muster::engine {
namespace {

constexpr Duration kScalingPeriod = std::chrono::seconds(1);
constexpr Duration kForgetPeriod = std::chrono::minutes(1);
// Delayed tasks released in one turn: a million that fall due together come out as a stream, not as a flood.
constexpr int kReleasedPerTurn = 1000;
// A worker is asked what it holds only when it has held something for so long.
constexpr Duration kInventoryAge = std::chrono::seconds(5);

}  // namespace

void Engine::Impl::ExpireDue() {
  Timer timer;
  while (timers.Pop(now, &timer)) OnTimer(timer);
  timers.DropStaleAccepts(
      [this](const Timer& t) { return task(static_cast<TaskHandle>(t.subject)).generation != t.generation; });
}

void Engine::Impl::OnTimer(const Timer& timer) {
  switch (timer.kind) {
    case TimerKind::kWorkerSilent: {
      const auto index = static_cast<WorkerIndex>(timer.subject);
      Worker& worker = roster.at(index);
      if (!worker.present || worker.info.incarnation != timer.generation || worker.silent_armed != timer.at) return;
      if (!connected) return;  // silence proves nothing; Connected arms it again
      if (now < worker.lost_at) return WatchSilence(index);
      const auto silent_ms = std::chrono::duration_cast<std::chrono::milliseconds>(now - worker.last_beat).count();
      return RemoveWorker(index, WorkerTransition::What::kLost,
                          Status(ErrorCode::kWorkerLost, "worker " + worker.info.name + " was silent for " +
                                                             std::to_string(silent_ms) + " ms"));
    }
    case TimerKind::kPublish: {
      const auto found = publishing.find(timer.subject);
      if (found != publishing.end()) PublishNext(timer.subject, found->second);
      return;
    }
    case TimerKind::kDelayedDue: return ReleaseResting();
    case TimerKind::kReconcileEnd: return EndReconcile();
    case TimerKind::kInventory:
      AskInventories();
      return timers.Arm(now + options.inventory_every, TimerKind::kInventory);
    case TimerKind::kScaling: SignalScaling(); return timers.Arm(now + kScalingPeriod, TimerKind::kScaling);
    case TimerKind::kForget: ForgetOldEnds(); return timers.Arm(now + kForgetPeriod, TimerKind::kForget);
    default: return OnTaskTimer(timer);
  }
}

// The journal keeps no more ends than the ledger, but for those of which something is still owed.
void Engine::Impl::ForgetOldEnds() {
  ledger.ForgetBefore(now - options.remember_done);
  Time before = now - options.remember_done;
  if (ledger.oldest() != kNever) before = std::max(before, ledger.oldest());
  for (const auto& [token, owed] : publishing) before = std::min(before, owed.outcome->finished);
  if (before <= forgotten_before) return;
  forgotten_before = before;
  turn->changes.emplace_back(EraseDoneBefore{before});
}

void Engine::Impl::OnTaskTimer(const Timer& timer) {
  const auto handle = static_cast<TaskHandle>(timer.subject);
  Task& t = task(handle);
  if (!t.used) return;
  // A deadline outlives every change of state; its time tells whether it is still this task's.
  if (timer.kind == TimerKind::kDeadline) {
    if (t.spec->deadline > now) return;
    const Status passed(ErrorCode::kDeadlinePassed, "the deadline passed");
    if (t.worker != kNoWorker) return StopRun(handle, passed);
    if (t.state == TaskState::kRunning) return;  // after a restart, its worker not back yet
    return Finish(handle, TaskState::kExpired, passed);
  }
  if (t.generation != timer.generation) return;
  switch (timer.kind) {
    case TimerKind::kTaskDue:
      if (t.complete) return Admit(handle);
      return SetState(handle, TaskState::kQueued, t.last_error);
    case TimerKind::kAccept: {
      const Worker& worker = roster.at(t.worker);
      if (t.resends >= options.accept_resends) {
        Revoke(t.worker, Attempt{t.spec->id, t.spec->name, t.attempt, t.epoch});
        ++counters.reassigned;
        ++roster.at(t.worker).lost;
        return Requeue(handle, Status(ErrorCode::kNotAccepted, "worker " + worker.info.name + " did not confirm"));
      }
      ++t.resends;
      Tell(Incident::kAssignmentResent, t.spec->name);
      turn->effects.emplace_back(
          engine::Assign{worker.info.name, t.incarnation, t.spec, t.attempt, t.epoch, Fencing(t), t.failures});
      return timers.ArmAccept(now + options.accept_timeout, handle, t.generation);
    }
    case TimerKind::kRunTimeout:
      return StopRun(handle,
                     Status(ErrorCode::kTimeout, "ran longer than its time-out of " + PrintDuration(t.spec->timeout)));
    case TimerKind::kCancelGrace:
      if (t.worker == kNoWorker) return;
      Revoke(t.worker, Attempt{t.spec->id, t.spec->name, t.attempt, t.epoch});
      return StopConfirmed(handle, now - t.assigned);
    default: return;
  }
}

// Asks the worker to stop the attempt; its word, or the end of the grace, ends it.
void Engine::Impl::StopRun(TaskHandle handle, const Status& reason) {
  Task& t = task(handle);
  if (t.worker == kNoWorker || !t.cancel.ok()) return;
  t.cancel = reason;
  Journal(t);
  turn->effects.emplace_back(CancelRun{roster.at(t.worker).info.name, t.incarnation,
                                       Attempt{t.spec->id, t.spec->name, t.attempt, t.epoch}, reason});
  timers.Arm(now + options.cancel_grace, TimerKind::kCancelGrace, handle, t.generation);
}

void Engine::Impl::StopConfirmed(TaskHandle handle, Duration run) {
  Task& t = task(handle);
  const Status reason = t.cancel.ok() ? Status(ErrorCode::kCancelled, "the worker cancelled it") : t.cancel;
  switch (reason.code()) {
    case ErrorCode::kTimeout: t.cancel = Status(); return Fail(handle, reason, Duration{});
    case ErrorCode::kDeadlinePassed: return Finish(handle, TaskState::kExpired, reason, {}, {}, run);
    default: return Finish(handle, TaskState::kCancelled, reason, {}, {}, run);
  }
}

void Engine::Impl::AskInventories() {
  for (const auto& [name, index] : roster.by_name()) {
    Worker& worker = roster.at(index);
    const bool old = std::any_of(worker.tasks.begin(), worker.tasks.end(),
                                 [this](TaskHandle handle) { return task(handle).assigned + kInventoryAge < now; });
    if (!old) continue;
    worker.inventory_token = ++tokens;
    worker.inventory_asked = now;
    worker.inventory.clear();
    turn->effects.emplace_back(TakeInventory{name, worker.info.incarnation, worker.inventory_token});
  }
}

void Engine::Impl::ReleaseResting() {
  int released = 0;
  while (!resting_order.empty() && resting_order.begin()->first <= now && released < kReleasedPerTurn) {
    const TaskId id = resting_order.begin()->second;
    resting_order.erase(resting_order.begin());
    const auto rest = resting.find(id);
    if (rest == resting.end() || rest->second.releasing) continue;
    rest->second.releasing = true;
    const std::uint64_t token = ++tokens;
    releasing[token] = id;
    turn->effects.emplace_back(ReleaseDelayed{rest->second.sequence, token});
    ++released;
  }
  if (!resting_order.empty()) {
    timers.Arm(std::max(resting_order.begin()->first, now + std::chrono::milliseconds(1)), TimerKind::kDelayedDue);
  }
}

}  // namespace muster::engine
