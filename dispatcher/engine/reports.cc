// What workers say of their attempts. Only the current attempt of a task counts; anything else is settled or revoked,
// counted, and changes nothing.
#include <utility>

#include "dispatcher/engine/engine_impl.h"

namespace muster::engine {

void Engine::Impl::SettleFor(const WorkerReport& event) {
  turn->effects.emplace_back(Settle{event.worker, event.incarnation, event.attempt});
}

void Engine::Impl::On(const WorkerReport& event) {
  const bool final = event.what != WorkerReport::What::kAccepted && event.what != WorkerReport::What::kProgress;
  const TaskHandle handle = tasks.Find(event.attempt.id);
  const WorkerIndex worker = roster.Find(event.worker);
  const bool known_worker = worker != kNoWorker && roster.at(worker).info.incarnation == event.incarnation;
  if (!known_worker) {
    // Its hello tells what it holds, and then the report, which it repeats, finds its task.
    turn->effects.emplace_back(IdentifyWorker{event.worker});
    return Tell(Incident::kUnknownWorker, event.worker);
  }
  if (handle == kNoTask) {
    // After a lost journal the task may still be on its way out of the stream: the worker keeps its report until then.
    if (claimed.contains(event.attempt.id)) return;
    if (final) SettleFor(event);
    if (!final && !ledger.Find(event.attempt.id)) Revoke(worker, event.attempt);
    return Tell(Incident::kStaleReport, event.attempt.name);
  }
  Task& t = task(handle);
  const bool current = t.worker == worker && t.attempt == event.attempt.attempt && t.epoch == event.attempt.epoch;
  if (!current) {
    if (final) SettleFor(event);
    if (!final) Revoke(worker, event.attempt);
    return Tell(Incident::kStaleReport, event.attempt.name);
  }
  if (event.what == WorkerReport::What::kProgress) {
    t.progress_percent = event.percent;
    t.progress_message = event.message;
    turn->transitions.emplace_back(ProgressTold{t.spec->name, event.worker, t.attempt, event.percent, event.message});
  }
  if (final) return OnFinalReport(handle, event);
  if (t.state != TaskState::kAssigned) return;
  SetState(handle, TaskState::kRunning);
  if (t.spec->timeout > Duration{}) {
    // The worker stops its own run in time; this is for one that does not.
    timers.Arm(now + t.spec->timeout + options.cancel_grace, TimerKind::kRunTimeout, handle, t.generation);
  }
}

void Engine::Impl::OnFinalReport(TaskHandle handle, const WorkerReport& event) {
  Task& t = task(handle);
  Worker& worker = roster.at(t.worker);
  const bool ran = event.what == WorkerReport::What::kSucceeded || event.what == WorkerReport::What::kFailed;
  if (ran) {
    // Moving average over about the last hundred; the plain mean until there are that many.
    constexpr std::uint32_t kWindow = 100;
    if (worker.responses < kWindow) ++worker.responses;
    const double run_ms = static_cast<double>(event.run.count()) / 1000.0;
    worker.response_ms += (run_ms - worker.response_ms) / worker.responses;
    StrategyFor(t.spec->queue)
        .OnFinished(Finished{t.worker, t.spec->type, event.run, event.what == WorkerReport::What::kSucceeded});
  }
  SettleFor(event);
  switch (event.what) {
    case WorkerReport::What::kSucceeded:
      ++worker.succeeded;
      return Finish(handle, TaskState::kSucceeded, Status(), event.result, event.content_type, event.run);
    case WorkerReport::What::kFailed:
      ++worker.failed;
      if (t.cancel.code() == ErrorCode::kDeadlinePassed) return Finish(handle, TaskState::kExpired, t.cancel);
      return Fail(handle, event.error, event.retry_after);
    case WorkerReport::What::kCancelled: return StopConfirmed(handle, event.run);
    case WorkerReport::What::kReleased:
    default: return Requeue(handle, Status(ErrorCode::kReleased, "handed back: " + event.error.message()));
  }
}

}  // namespace muster::engine
