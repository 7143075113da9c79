// What an operator asks for.
#include <utility>

#include "dispatcher/engine/engine_impl.h"
#include "schemas/text.h"

namespace muster::engine {

void Engine::Impl::On(const CancelTask& event) {
  const TaskId id = TaskIdOf(event.task);
  const Status reason(ErrorCode::kCancelled, event.reason.empty() ? "cancelled by request" : event.reason);
  const TaskHandle handle = tasks.Find(id);
  if (handle != kNoTask) {
    Task& t = task(handle);
    if (t.worker != kNoWorker) {
      const bool already = !t.cancel.ok();
      StopRun(handle, reason);
      return Answered(event.token, Status(), !already,
                      already ? "is being stopped already" : "its worker was told to stop it");
    }
    if (t.state == TaskState::kRunning) {  // after a restart, its worker not back yet
      t.cancel = reason;
      Journal(t);
      return Answered(event.token, Status(), true, "is stopped as soon as its worker is back");
    }
    Finish(handle, TaskState::kCancelled, reason);
    return Answered(event.token, Status(), true, "cancelled");
  }
  const auto rest = resting.find(id);
  if (rest != resting.end() && !rest->second.releasing) {
    auto outcome = std::make_shared<Outcome>();
    outcome->id = id;
    outcome->name = rest->second.name;
    outcome->state = TaskState::kCancelled;
    outcome->error = reason;
    outcome->finished = now;
    turn->changes.emplace_back(EraseDelayed{id, rest->second.due});
    turn->effects.emplace_back(RemoveDelayed{rest->second.sequence});
    resting.erase(rest);
    ++counters.accepted;
    ++counters.ended[static_cast<std::size_t>(TaskState::kCancelled)];
    TaskTransition& told = std::get<TaskTransition>(turn->transitions.emplace_back(std::in_place_type<TaskTransition>));
    told.from = TaskState::kDelayed;
    told.to = TaskState::kCancelled;
    told.outcome = outcome;
    told.reason = reason;
    Conclude(std::move(outcome), nullptr, true, {});
    ReleaseDependents(id, TaskState::kCancelled);
    return Answered(event.token, Status(), true, "cancelled");
  }
  if (const auto how = ledger.Find(id)) {
    return Answered(event.token,
                    Status(ErrorCode::kConflict, "has ended already: " + std::string(TaskStateName(*how)), event.task),
                    false, "");
  }
  Answered(event.token,
           Status(ErrorCode::kNotFound, "not known to the dispatcher; it may still wait in its stream", event.task),
           false, "");
}

void Engine::Impl::On(const DrainCommand& event) {
  const WorkerIndex index = roster.Find(event.worker);
  if (index == kNoWorker) {
    return Answered(event.token, Status(ErrorCode::kNotFound, "no such worker", event.worker), false, "");
  }
  Worker& worker = roster.at(index);
  const bool changed = worker.draining != event.drain;
  roster.SetDraining(index, event.drain);
  if (event.drain) {
    const Duration timeout = event.timeout > Duration{} ? event.timeout : options.drain_timeout;
    turn->effects.emplace_back(DrainWorker{event.worker, worker.info.incarnation, timeout});
  } else {
    turn->effects.emplace_back(UndrainWorker{event.worker, worker.info.incarnation});
    WorkerHasRoom(index);
  }
  if (changed) {
    const auto what = event.drain ? WorkerTransition::What::kDraining : WorkerTransition::What::kUndrained;
    turn->transitions.emplace_back(
        WorkerTransition{what, event.worker, worker.info.incarnation, "by request", worker.active});
  }
  Answered(event.token, Status(), changed,
           event.drain ? "drains; " + std::to_string(worker.active) + " tasks are still running" : "takes tasks again");
}

void Engine::Impl::On(const PauseCommand& event) {
  bool known = false;
  bool changed = false;
  for (Priority priority : kAllPriorities) {
    if (!event.all_priorities && priority != event.priority) continue;
    const QueueIndex index = queues.Find(priority, event.queue);
    if (index == kNoQueue) continue;
    known = true;
    QueueState& queue = queues.at(index);
    if (queue.paused == event.pause) continue;
    queue.paused = event.pause;
    changed = true;
    turn->changes.emplace_back(PutQueue{queue.name, priority, event.pause});
  }
  if (!known) return Answered(event.token, Status(ErrorCode::kNotFound, "no such queue", event.queue), false, "");
  for (ClassIndex i = 0; i < classes.end(); ++i) {
    if (classes.at(i).queue == event.queue) SetServable(classes.at(i));
  }
  Answered(event.token, Status(), changed, event.pause ? "paused" : "resumed");
}

void Engine::Impl::On(const StrategyCommand& event) {
  const StrategyInfo* info = FindStrategy(event.strategy);
  if (info == nullptr) {
    std::vector<std::string_view> names;
    for (const StrategyInfo& known : Strategies()) names.push_back(known.name);
    const std::string_view near = NearestName(event.strategy, names);
    std::string message = "unknown strategy '" + event.strategy + "'";
    if (!near.empty()) message.append("; did you mean '").append(near).append("'?");
    return Answered(event.token, Status(ErrorCode::kBadRequest, std::move(message), "strategy"), false, "");
  }
  std::string& in_force = event.queue.empty() ? default_strategy : strategy_of_queue[event.queue];
  const bool changed = in_force != info->name;
  in_force = info->name;
  Answered(event.token, Status(), changed, "strategy " + std::string(info->name) + " is in force");
}

}  // namespace muster::engine
