// Tasks that come in: new ones, ones that come again, ones that must wait for a time or for other tasks.
#include <algorithm>
#include <utility>

#include "dispatcher/engine/engine_impl.h"
#include "schemas/subjects.h"

namespace muster::engine {

void Engine::Impl::On(const TaskArrived& event) {
  const TaskSpec& spec = *event.spec;
  CreditUsed(spec.priority, spec.queue);
  const TaskHandle known = tasks.Find(spec.id);
  if (known != kNoTask && ArrivedAgain(known, event)) return;
  if (known != kNoTask || ledger.Find(spec.id)) {
    // Ended before, or a second submission of a task that is alive. The message of one whose result is still on its way
    // is acknowledged when that has arrived.
    const auto pending = publishing_by_id.find(spec.id);
    if (pending != publishing_by_id.end() && publishing[pending->second].ack.empty()) {
      publishing[pending->second].ack = event.source.ack;
      return;
    }
    turn->effects.emplace_back(engine::Ack{event.source.ack});
    Tell(known == kNoTask ? Incident::kReacknowledged : Incident::kDuplicateSubmission, spec.name);
    return;
  }
  const auto rest = resting.find(spec.id);
  if (rest != resting.end() && !rest->second.releasing) {
    turn->effects.emplace_back(engine::Ack{event.source.ack});
    Tell(Incident::kDuplicateSubmission, spec.name);
    return;
  }
  const TaskHandle handle = tasks.size() < options.tasks_max ? MakeTask(event.spec) : kNoTask;
  if (handle == kNoTask) {
    turn->effects.emplace_back(Nak{event.source.ack, options.give_back_delay});
    Tell(Incident::kLimitReached, spec.name);
    return;
  }
  Task& made = task(handle);
  made.complete = true;
  AddBytes(made);
  made.source = event.source;
  made.rank = RankOf(spec.priority, made.source.stored, ++arrivals, options.ageing);
  ++counters.accepted;
  // After a lost journal a worker may already run it.
  const auto claim = claimed.find(spec.id);
  if (claim != claimed.end()) {
    const WorkerIndex worker = roster.Find(claim->second.worker);
    made.attempt = claim->second.attempt;
    made.epoch = claim->second.epoch;
    const bool there = worker != kNoWorker && roster.at(worker).info.incarnation == claim->second.incarnation;
    claimed.erase(claim);
    if (there && Attach(handle, worker)) {
      Journal(made);
      return;
    }
  }
  if (spec.deadline != kNever) timers.Arm(spec.deadline, TimerKind::kDeadline, handle, made.generation);
  if (spec.not_before > now) {
    if (RestInStream(handle)) return;
    made.due = spec.not_before;
    SetState(handle, TaskState::kDelayed);
    timers.Arm(made.due, TimerKind::kTaskDue, handle, made.generation);
    return;
  }
  Admit(handle);
}

void Engine::Impl::AddBytes(const Task& t) {
  const auto bytes = static_cast<std::int64_t>(t.spec->body.size());
  task_bytes += bytes;
  std::int64_t& mean = queues.at(t.queue).mean_bytes;
  mean += (bytes - mean) / 16;
}

void Engine::Impl::CreditUsed(Priority priority, std::string_view name) {
  const QueueIndex queue = queues.Find(priority, name);
  if (queue != kNoQueue && queues.at(queue).outstanding > 0) --queues.at(queue).outstanding;
}

// The message of a task we know: redelivered, or read again after a restart. True when that is all there is to it.
bool Engine::Impl::ArrivedAgain(TaskHandle handle, const TaskArrived& event) {
  Task& known = task(handle);
  // Another message with this id is a second submission, whatever it says.
  if (known.source.stream != event.source.stream || known.source.sequence != event.source.sequence) return false;
  known.source = event.source;
  if (known.complete) return true;
  known.complete = true;
  known.spec = event.spec;
  AddBytes(known);
  known.shell_class = known.in_class;
  --queues.at(known.queue).incomplete;
  known.rank = RankOf(known.spec->priority, known.source.stored, ++arrivals, options.ageing);
  if (known.spec->deadline != kNever) {
    timers.Arm(known.spec->deadline, TimerKind::kDeadline, handle, known.generation);
  }
  if (known.state == TaskState::kQueued) Admit(handle);
  return true;
}

void Engine::Impl::On(const TaskUndecodable& event) {
  Tell(Incident::kUndecodable, event.letter->error.ToString());
  const Result<subjects::TaskAddress> address = subjects::ParseTask(event.letter->subject);
  if (address.ok()) CreditUsed(address->priority, address->queue);
  const TaskId id = TaskIdOf(event.letter->id);
  const auto pending = publishing_by_id.find(id);
  if (pending != publishing_by_id.end()) {
    if (publishing[pending->second].ack.empty()) publishing[pending->second].ack = event.source.ack;
    return;
  }
  if (ledger.Find(id)) {
    turn->effects.emplace_back(engine::Ack{event.source.ack});
    return;
  }
  auto outcome = std::make_shared<Outcome>();
  outcome->id = id;
  outcome->name = event.letter->id;
  outcome->state = TaskState::kDead;
  outcome->queue = event.letter->queue;
  outcome->error = event.letter->error;
  outcome->stored = event.source.stored;
  outcome->finished = now;
  Conclude(std::move(outcome), event.letter, false, event.source.ack);
}

// Waits for dependencies, or goes into its lane.
void Engine::Impl::Admit(TaskHandle handle) {
  Task& t = task(handle);
  if (!t.cancel.ok()) return Finish(handle, TaskState::kCancelled, t.cancel);
  t.waits_for.clear();
  for (const std::string& name : t.spec->depends_on) {
    const TaskId id = TaskIdOf(name);
    const std::optional<TaskState> how = ledger.Find(id);
    if (!how) {
      t.waits_for.push_back(name);
    } else if (*how != TaskState::kSucceeded && !t.spec->run_after_failed_dependency) {
      const Status error(ErrorCode::kDependencyFailed, "task " + name + " ended as " + std::string(TaskStateName(*how)),
                         "depends_on");
      return Finish(handle, TaskState::kFailed, error);
    }
  }
  if (t.waits_for.empty()) return Enqueue(handle);
  if (WaitsForItself(t)) {
    return Finish(handle, TaskState::kFailed,
                  Status(ErrorCode::kDependencyFailed, "its dependencies lead back to the task itself", "depends_on"));
  }
  const bool full = queues.at(t.queue).Count(TaskState::kBlocked) >= options.parked_per_queue_max;
  if (full && !t.journaled) return GiveBack(handle, options.give_back_delay);
  SetState(handle, TaskState::kBlocked);
  for (const std::string& name : t.waits_for) dependents[TaskIdOf(name)].push_back(handle);
}

// Follows the blocked tasks that it waits for. Bounded: a longer way than that is taken for no circle.
bool Engine::Impl::WaitsForItself(const Task& start) const {
  constexpr std::size_t kLookedAtMax = 10000;
  std::vector<TaskId> open;
  std::unordered_map<TaskId, bool, TaskIdHash> seen;
  const auto follow = [&](const Task& t) {
    for (const std::string& name : t.waits_for) {
      const TaskId id = TaskIdOf(name);
      if (seen.emplace(id, true).second) open.push_back(id);
    }
  };
  follow(start);
  for (std::size_t i = 0; i < open.size() && i < kLookedAtMax; ++i) {
    if (open[i] == start.spec->id) return true;
    const TaskHandle handle = tasks.Find(open[i]);
    if (handle != kNoTask && tasks.at(handle).state == TaskState::kBlocked) follow(tasks.at(handle));
  }
  return false;
}

// A failed dependency may end its dependents, and they theirs: a loop over a list, since a chain can be of any length.
void Engine::Impl::ReleaseDependents(const TaskId& id, TaskState state) {
  ended.emplace_back(id, state);
  if (ended.size() > 1) return;  // a caller further up is at it
  for (std::size_t i = 0; i < ended.size(); ++i) {
    const auto found = dependents.find(ended[i].first);
    if (found == dependents.end()) continue;
    const std::vector<TaskHandle> waiting = std::move(found->second);
    dependents.erase(found);
    for (TaskHandle handle : waiting) DependencyEnded(handle, ended[i].first, ended[i].second);
  }
  ended.clear();
}

void Engine::Impl::DependencyEnded(TaskHandle handle, TaskId id, TaskState state) {
  Task& t = task(handle);
  if (!t.used || t.state != TaskState::kBlocked) return;
  const auto name =
      std::find_if(t.waits_for.begin(), t.waits_for.end(), [&id](const std::string& n) { return TaskIdOf(n) == id; });
  if (name == t.waits_for.end()) return;
  if (state != TaskState::kSucceeded && !t.spec->run_after_failed_dependency) {
    const Status error(ErrorCode::kDependencyFailed, "task " + *name + " ended as " + std::string(TaskStateName(state)),
                       "depends_on");
    return Finish(handle, TaskState::kFailed, error);
  }
  t.waits_for.erase(name);
  if (t.waits_for.empty()) Enqueue(handle);
}

// Long waits rest in a stream of their own: un-acknowledged messages cost the server more than stored ones. The task
// stays here, delayed, until its copy is confirmed. False when it need not move.
bool Engine::Impl::RestInStream(TaskHandle handle) {
  Task& t = task(handle);
  if (t.spec->not_before - now <= options.delay_in_stream_after || t.journaled) return false;
  t.due = t.spec->not_before;
  SetState(handle, TaskState::kDelayed);
  const std::uint64_t token = ++tokens;
  storing[token] = Storing{handle, t.generation};
  turn->effects.emplace_back(StoreDelayed{t.spec, t.source.stored, token});
  return true;
}

// Back to the stream, for others to be seen. REQUIRES: never assigned, so nothing about it is in the journal.
void Engine::Impl::GiveBack(TaskHandle handle, Duration delay) {
  turn->effects.emplace_back(Nak{task(handle).source.ack, delay});
  Tell(Incident::kGivenBack, task(handle).spec->name);
  --counters.accepted;
  LeaveLane(handle);
  SetState(handle, TaskState::kNone);
  Forget(handle);
}

}  // namespace muster::engine
