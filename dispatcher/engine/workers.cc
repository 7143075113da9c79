// Workers come, beat, say what they hold, and go; cleanly or not.
#include <algorithm>
#include <utility>

#include "dispatcher/engine/engine_impl.h"
#include "schemas/limits.h"

namespace muster::engine {
namespace {

// A worker that nobody answers for gets one more beat's time before it counts as lost: its connection may be on its
// way back after a server's restart.
constexpr double kUnreachableBeats = 1.2;
constexpr Duration kUnreachableMin = std::chrono::milliseconds(600);
// Assignments younger than this may not have reached the worker when it wrote down what it holds.
constexpr Duration kInventoryGrace = std::chrono::seconds(2);

}  // namespace

Duration Engine::Impl::SilentAfter(const Worker& worker) const {
  const auto beats = static_cast<std::int64_t>(static_cast<double>(worker.info.beat.count()) * options.missed_beats);
  return std::max(options.lost_after_min, Duration(beats));
}

void Engine::Impl::On(const WorkerHello& event) {
  const std::string& name = event.info.name;
  std::vector<Attempt>& parts = hello_parts[name];
  parts.insert(parts.end(), event.holding.begin(), event.holding.end());
  if (!event.whole && parts.size() < options.tasks_max) return;
  const std::vector<Attempt> holding = std::move(parts);
  hello_parts.erase(name);

  WorkerIndex index = roster.Find(name);
  if (index != kNoWorker && event.info.incarnation < roster.at(index).info.incarnation) {
    const Status reason(ErrorCode::kConflict, "a newer process of this name is registered", name);
    turn->effects.emplace_back(RefuseWorker{name, event.info.incarnation, reason});
    return Tell(Incident::kUnknownWorker, name + ": older incarnation");
  }
  if (index != kNoWorker && event.info.incarnation > roster.at(index).info.incarnation) {
    RemoveWorker(index, WorkerTransition::What::kLost,
                 Status(ErrorCode::kWorkerLost, "worker " + name + " was started anew"));
    index = kNoWorker;
  }
  const bool joined = index == kNoWorker;
  if (joined) {
    index = roster.Add(event.info, now);
    if (index == kNoWorker) {
      const Status reason(ErrorCode::kLimit, "too many workers: " + std::to_string(limits::kWorkersMax), name);
      turn->effects.emplace_back(RefuseWorker{name, event.info.incarnation, reason});
      turn->transitions.emplace_back(
          WorkerTransition{WorkerTransition::What::kRefused, name, event.info.incarnation, reason.message(), 0});
      return;
    }
    turn->transitions.emplace_back(
        WorkerTransition{WorkerTransition::What::kJoined, name, event.info.incarnation, "", 0});
  } else {
    roster.Update(index, event.info);
  }
  Worker& worker = roster.at(index);
  worker.last_beat = now;
  worker.lost_at = now + SilentAfter(worker);
  if (joined) WatchSilence(index);
  if (event.info.draining && !worker.draining) roster.SetDraining(index, true);
  classes.OnWorker(index, &capable_changed);
  OnCapableChanged();
  turn->effects.emplace_back(WelcomeWorker{name, event.info.incarnation});
  Adopt(index, holding);
  WorkerHasRoom(index);
}

void Engine::Impl::On(const WorkerBeat& event) {
  const WorkerIndex index = roster.Find(event.worker);
  if (index == kNoWorker || roster.at(index).info.incarnation != event.incarnation) {
    if (index != kNoWorker && event.incarnation < roster.at(index).info.incarnation) return;
    turn->effects.emplace_back(IdentifyWorker{event.worker});
    return Tell(Incident::kUnknownWorker, event.worker);
  }
  Worker& worker = roster.at(index);
  worker.load = event.load;
  worker.last_beat = now;
  worker.lost_at = now + SilentAfter(worker);
  if (event.load.draining && !worker.draining) {
    roster.SetDraining(index, true);
    turn->transitions.emplace_back(WorkerTransition{WorkerTransition::What::kDraining, event.worker, event.incarnation,
                                                    "by its own word", worker.active});
  }
}

void Engine::Impl::On(const WorkerBye& event) {
  const WorkerIndex index = roster.Find(event.worker);
  if (index == kNoWorker || roster.at(index).info.incarnation != event.incarnation) return;
  RemoveWorker(index, WorkerTransition::What::kLeft,
               Status(ErrorCode::kReleased, "worker " + event.worker + " said goodbye: " + event.reason));
}

void Engine::Impl::On(const WorkerUnreachable& event) {
  const WorkerIndex index = roster.Find(event.worker);
  if (index == kNoWorker) return;
  Worker& worker = roster.at(index);
  const auto beats = static_cast<std::int64_t>(static_cast<double>(worker.info.beat.count()) * kUnreachableBeats);
  const Time sooner = now + std::max(kUnreachableMin, Duration(beats));
  if (sooner >= worker.lost_at) return;
  worker.lost_at = sooner;
  WatchSilence(index);
}

// One timer a worker: an older one finds that it is not the one that counts.
void Engine::Impl::WatchSilence(WorkerIndex index) {
  Worker& worker = roster.at(index);
  worker.silent_armed = worker.lost_at;
  timers.Arm(worker.lost_at, TimerKind::kWorkerSilent, index, worker.info.incarnation);
}

void Engine::Impl::On(const BadWorkerMessage& event) {
  Tell(Incident::kBadWorkerMessage, event.subject + ": " + event.detail);
}

// Our own connection was gone: silence proves nothing, so every worker starts anew.
void Engine::Impl::On(const Connected& event) {
  connected = event.connected;
  if (!connected) return;
  for (const auto& [name, index] : roster.by_name()) {
    Worker& worker = roster.at(index);
    worker.lost_at = now + SilentAfter(worker);
    WatchSilence(index);
  }
}

// What a worker says it holds: taken over where the journal agrees, or where the journal was lost; revoked otherwise.
void Engine::Impl::Adopt(WorkerIndex index, const std::vector<Attempt>& holding) {
  const Worker& worker = roster.at(index);
  for (const Attempt& held : holding) {
    const TaskHandle handle = tasks.Find(held.id);
    if (handle == kNoTask) {
      if (ledger.Find(held.id)) {
        turn->effects.emplace_back(Settle{worker.info.name, worker.info.incarnation, held});
      } else if (journal_lost) {
        claimed[held.id] = Claimed{worker.info.name, worker.info.incarnation, held.attempt, held.epoch};
      } else {
        Revoke(index, held);
      }
      continue;
    }
    Task& t = task(handle);
    const bool same = t.attempt == held.attempt && t.epoch == held.epoch;
    if (same && t.worker == index) continue;
    const bool ours = same && t.worker == kNoWorker && t.worker_name == worker.info.name &&
                      (t.state == TaskState::kRunning || t.state == TaskState::kQueued);
    if (ours && Attach(handle, index)) continue;
    // A claim with a newer attempt than ours can only come from before a lost journal.
    if (journal_lost && t.worker == kNoWorker && t.attempt < held.attempt && !IsTerminal(t.state)) {
      t.attempt = held.attempt;
      t.epoch = held.epoch;
      if (Attach(handle, index)) {
        Journal(t);
        continue;
      }
    }
    Revoke(index, held);
  }
}

// The task runs on this worker already. False when the worker has no room for it by its own word.
bool Engine::Impl::Attach(TaskHandle handle, WorkerIndex index) {
  Task& t = task(handle);
  JoinClass(t);
  if (!roster.Fits(index, classes.at(t.task_class).needs)) return false;
  LeaveLane(handle);
  Worker& worker = roster.at(index);
  roster.Reserve(index, classes.at(t.task_class).needs);
  t.reserved = true;
  t.worker = index;
  t.worker_name = worker.info.name;
  t.incarnation = worker.info.incarnation;
  t.place = static_cast<std::uint32_t>(worker.tasks.size());
  worker.tasks.push_back(handle);
  if (t.assigned == kUnset) t.assigned = now;
  SetState(handle, TaskState::kRunning);
  if (t.complete && t.spec->timeout > Duration{}) {
    timers.Arm(now + t.spec->timeout + options.cancel_grace, TimerKind::kRunTimeout, handle, t.generation);
  }
  return true;
}

void Engine::Impl::Revoke(WorkerIndex index, const Attempt& attempt) {
  const Worker& worker = roster.at(index);
  turn->effects.emplace_back(CancelRun{worker.info.name, worker.info.incarnation, attempt,
                                       Status(ErrorCode::kWorkerLost, "revoked: this attempt is not the current one")});
}

void Engine::Impl::On(const WorkerInventory& event) {
  const WorkerIndex index = roster.Find(event.worker);
  if (index == kNoWorker || roster.at(index).info.incarnation != event.incarnation) return;
  Worker& worker = roster.at(index);
  if (event.token == 0 || event.token != worker.inventory_token) return;
  worker.inventory.insert(worker.inventory.end(), event.holding.begin(), event.holding.end());
  if (!event.whole && worker.inventory.size() < options.tasks_max) return;
  worker.inventory_token = 0;
  const std::vector<Attempt> holding = std::move(worker.inventory);
  worker.inventory.clear();
  Compare(index, holding);
}

// Whoever forgot something: an attempt we count on and the worker does not hold goes elsewhere; one that the worker
// holds and we gave away is revoked.
void Engine::Impl::Compare(WorkerIndex index, const std::vector<Attempt>& holding) {
  std::unordered_map<TaskId, std::uint32_t, TaskIdHash> held;
  for (const Attempt& attempt : holding) held[attempt.id] = attempt.attempt;
  std::vector<TaskHandle> missing;
  for (TaskHandle handle : roster.at(index).tasks) {
    const Task& t = task(handle);
    const auto found = held.find(t.spec->id);
    const bool there = found != held.end() && found->second == t.attempt;
    if (!there && t.assigned + kInventoryGrace < roster.at(index).inventory_asked) missing.push_back(handle);
  }
  for (TaskHandle handle : missing) {
    ++counters.reassigned;
    ++roster.at(index).lost;
    Requeue(handle, Status(ErrorCode::kNotAccepted, "the worker does not hold the attempt any more"));
  }
  Adopt(index, holding);
}

void Engine::Impl::RemoveWorker(WorkerIndex index, WorkerTransition::What what, const Status& reason) {
  Worker& worker = roster.at(index);
  const std::string name = worker.info.name;
  turn->transitions.emplace_back(WorkerTransition{what, name, worker.info.incarnation, reason.message(),
                                                  static_cast<std::uint32_t>(worker.tasks.size())});
  // Out of every index first, so that nothing is placed on it while its tasks are given out again.
  roster.SetDraining(index, true);
  std::vector<TaskHandle> held = worker.tasks;
  std::sort(held.begin(), held.end(), [this](TaskHandle a, TaskHandle b) {
    return task(a).rank != task(b).rank ? task(a).rank < task(b).rank : a < b;
  });
  for (TaskHandle handle : held) {
    if (what == WorkerTransition::What::kLost) ++counters.reassigned;
    Requeue(handle, reason);
  }
  roster.Remove(index);
  classes.OnWorker(index, &capable_changed);
  OnCapableChanged();
}

void Engine::Impl::WorkerHasRoom(WorkerIndex worker) {
  freed.push_back(worker);
}

// Classes that lost their last capable worker park their tasks; those that got their first queue them again.
void Engine::Impl::OnCapableChanged() {
  for (ClassIndex index : capable_changed) {
    const TaskClass& task_class = classes.at(index);
    const TaskState to = task_class.capable_count == 0 ? TaskState::kParked : TaskState::kQueued;
    for (LaneIndex lane : task_class.lanes) {
      if (lane == kNoLane) continue;
      for (const ReadyQueue::Waiting& waiting : ready.waiting(lane)) {
        if (task(waiting.task).state != to) SetState(waiting.task, to);
      }
    }
  }
  capable_changed.clear();
}

}  // namespace muster::engine
