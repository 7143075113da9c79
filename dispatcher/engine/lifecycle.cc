// Every change of a task's state: assigned, requeued, failed, finished, and what is owed to the world after the end.
#include <algorithm>
#include <utility>

#include "dispatcher/engine/engine_impl.h"
#include "dispatcher/engine/retry.h"
#include "schemas/invariant.h"

namespace muster::engine {
namespace {

constexpr Duration kPublishAgainMin = std::chrono::milliseconds(500);
constexpr Duration kPublishAgainMax = std::chrono::seconds(30);
// A task that took this many different workers with it is not tried on another one.
constexpr std::size_t kLostWorkersMax = 5;

}  // namespace

TaskHandle Engine::Impl::MakeTask(TaskSpecPtr spec) {
  const QueueIndex queue = queues.Ensure(spec->priority, spec->queue);
  if (queue == kNoQueue) return kNoTask;
  const TaskHandle handle = tasks.Add(spec->id);
  Task& made = task(handle);
  made.spec = std::move(spec);
  made.queue = queue;
  return handle;
}

void Engine::Impl::CountInQueue(const Task& t, TaskState from, TaskState to) {
  QueueState& queue = queues.at(t.queue);
  if (from != TaskState::kNone) {
    --queue.by_state[static_cast<std::size_t>(from)];
    --counters.now[static_cast<std::size_t>(from)];
  }
  if (to == TaskState::kNone) return;
  if (IsTerminal(to)) {
    ++queue.ended;
    ++counters.ended[static_cast<std::size_t>(to)];
    if (to == TaskState::kDead) ++queue.dead;
    return;
  }
  ++queue.by_state[static_cast<std::size_t>(to)];
  ++counters.now[static_cast<std::size_t>(to)];
}

void Engine::Impl::SetState(TaskHandle handle, TaskState to, const Status& reason) {
  Task& t = task(handle);
  const TaskState from = t.state;
  INVARIANT(!IsTerminal(from));
  CountInQueue(t, from, to);
  t.state = to;
  ++t.generation;
  if (IsTerminal(to) || to == TaskState::kNone) return;  // Finish tells the end, with its outcome
  TaskTransition& told = std::get<TaskTransition>(turn->transitions.emplace_back(std::in_place_type<TaskTransition>));
  told.from = from;
  told.to = to;
  told.spec = t.spec;
  told.worker = t.worker != kNoWorker ? roster.at(t.worker).info.name : t.worker_name;
  told.attempt = t.attempt;
  told.reason = reason;
  told.stored = t.source.stored;
}

void Engine::Impl::Enqueue(TaskHandle handle) {
  Task& t = task(handle);
  INVARIANT(!t.in_lane && t.worker == kNoWorker);
  if (!t.complete) return SetState(handle, TaskState::kQueued, t.last_error);
  if (t.shell_class) {
    classes.Leave(t.task_class);
    t.in_class = false;
    t.shell_class = false;
  }
  JoinClass(t);
  TaskClass& task_class = classes.at(t.task_class);
  QueueState& queue = queues.at(t.queue);
  // More of what nobody can take now than is kept: back to the stream, so that others can be seen.
  const bool hopeless = task_class.blocked || task_class.capable_count == 0;
  if (hopeless && !t.journaled && queue.Waiting() >= options.parked_per_queue_max) {
    return GiveBack(handle, options.give_back_delay);
  }
  LaneIndex& lane = task_class.lanes[static_cast<std::size_t>(t.spec->priority)];
  if (lane == kNoLane) {
    lane = ready.AddLane(t.task_class);
    ready.SetServable(lane, !task_class.blocked && !queue.paused);
  }
  t.in_lane = true;
  SetState(handle, task_class.capable_count == 0 ? TaskState::kParked : TaskState::kQueued, t.last_error);
  ready.Push(lane, ReadyQueue::Waiting{t.rank, handle});
}

void Engine::Impl::JoinClass(Task& t) {
  if (t.in_class) return;
  t.task_class = classes.Join(*t.spec);
  t.in_class = true;
}

void Engine::Impl::LeaveLane(TaskHandle handle) {
  Task& t = task(handle);
  if (!t.in_lane) return;
  t.in_lane = false;
  ready.Remove(classes.at(t.task_class).lanes[static_cast<std::size_t>(t.spec->priority)], handle);
}

// REQUIRES: the task is the head of its lane and fits on the worker.
void Engine::Impl::Assign(TaskHandle handle, WorkerIndex worker) {
  Task& t = task(handle);
  const TaskClass& task_class = classes.at(t.task_class);
  ready.Pop(task_class.lanes[static_cast<std::size_t>(t.spec->priority)]);
  t.in_lane = false;
  Worker& w = roster.at(worker);
  roster.Reserve(worker, task_class.needs);
  t.reserved = true;
  t.worker = worker;
  t.place = static_cast<std::uint32_t>(w.tasks.size());
  w.tasks.push_back(handle);
  t.incarnation = w.info.incarnation;
  t.epoch = epoch;
  ++t.attempt;
  t.resends = 0;
  t.assigned = now;
  t.cancel = Status();
  t.progress_percent = 0;
  t.progress_message.clear();
  SetState(handle, TaskState::kAssigned);
  Journal(t);
  engine::Assign& out = std::get<engine::Assign>(turn->effects.emplace_back(std::in_place_type<engine::Assign>));
  out.worker = w.info.name;
  out.incarnation = t.incarnation;
  out.spec = t.spec;
  out.attempt = t.attempt;
  out.epoch = epoch;
  out.fencing = Fencing(t);
  out.failures = t.failures;
  timers.ArmAccept(now + options.accept_timeout, handle, t.generation);
}

void Engine::Impl::Detach(TaskHandle handle) {
  Task& t = task(handle);
  if (t.worker == kNoWorker) return;
  const WorkerIndex worker = t.worker;
  Worker& w = roster.at(worker);
  w.tasks[t.place] = w.tasks.back();
  task(w.tasks[t.place]).place = t.place;
  w.tasks.pop_back();
  if (t.reserved) {
    roster.Release(worker, classes.at(t.task_class).needs);
    t.reserved = false;
    freed.push_back(worker);
  }
  t.worker_name = w.info.name;
  t.avoid = worker;
  t.avoid_incarnation = t.incarnation;
  t.worker = kNoWorker;
}

// The attempt came to nothing through no fault of the task: ready again at its old place, no attempt used up.
void Engine::Impl::Requeue(TaskHandle handle, const Status& reason) {
  Detach(handle);
  Task& t = task(handle);
  t.last_error = reason;
  if (!t.cancel.ok() && t.cancel.code() != ErrorCode::kTimeout) {
    const bool expired = t.cancel.code() == ErrorCode::kDeadlinePassed;
    return Finish(handle, expired ? TaskState::kExpired : TaskState::kCancelled, t.cancel);
  }
  if (!t.cancel.ok()) {  // it was being stopped for its run time-out
    const Status error = t.cancel;
    t.cancel = Status();
    return Fail(handle, error, Duration{});
  }
  if (reason.code() == ErrorCode::kWorkerLost) {
    if (std::find(t.lost_workers.begin(), t.lost_workers.end(), t.worker_name) == t.lost_workers.end()) {
      t.lost_workers.push_back(t.worker_name);
    }
    if (t.lost_workers.size() >= kLostWorkersMax) {
      const Status error(ErrorCode::kWorkerLost,
                         "was on " + std::to_string(t.lost_workers.size()) + " different workers when they were lost");
      return Finish(handle, TaskState::kDead, error);
    }
  }
  if (t.spec->deadline <= now) {
    return Finish(handle, TaskState::kExpired, Status(ErrorCode::kDeadlinePassed, "the deadline passed"));
  }
  Enqueue(handle);
}

// The attempt failed and counts.
void Engine::Impl::Fail(TaskHandle handle, const Status& error, Duration retry_after) {
  Detach(handle);
  Task& t = task(handle);
  t.last_error = error;
  ++t.failures;
  if (!t.cancel.ok() && t.cancel.code() == ErrorCode::kCancelled) {
    return Finish(handle, TaskState::kCancelled, t.cancel);
  }
  t.cancel = Status();
  if (!IsRetryable(error.code())) return Finish(handle, TaskState::kFailed, error);
  if (t.failures >= t.spec->retry.max_attempts) return Finish(handle, TaskState::kDead, error);
  if (t.spec->deadline <= now) {
    return Finish(handle, TaskState::kExpired, Status(ErrorCode::kDeadlinePassed, "the deadline passed"));
  }
  ++counters.retried;
  const Duration delay = retry_after > Duration{} ? retry_after : RetryDelay(t.spec->retry, t.failures, &random);
  t.due = now + delay;
  SetState(handle, TaskState::kDelayed, error);
  Journal(t);
  timers.Arm(t.due, TimerKind::kTaskDue, handle, t.generation);
}

void Engine::Impl::Finish(TaskHandle handle, TaskState state, Status error, std::string result,
                          std::string content_type, Duration run) {
  INVARIANT(IsTerminal(state));
  LeaveLane(handle);
  const std::string worker =
      task(handle).worker != kNoWorker ? roster.at(task(handle).worker).info.name : task(handle).worker_name;
  Detach(handle);
  Task& t = task(handle);
  auto outcome = std::make_shared<Outcome>();
  outcome->id = t.spec->id;
  outcome->name = t.spec->name;
  outcome->state = state;
  outcome->attempt = t.attempt;
  outcome->worker = worker;
  outcome->queue = t.spec->queue;
  outcome->priority = t.spec->priority;
  outcome->type = t.spec->type;
  outcome->result = std::move(result);
  outcome->content_type = std::move(content_type);
  outcome->error = std::move(error);
  outcome->stored = t.source.stored;
  outcome->assigned = t.assigned;
  outcome->finished = now;
  outcome->run = run;
  outcome->reply_to = t.spec->reply_to;
  outcome->result_ttl = t.spec->result_ttl;

  const TaskState from = t.state;
  SetState(handle, state);
  TaskTransition& told = std::get<TaskTransition>(turn->transitions.emplace_back(std::in_place_type<TaskTransition>));
  told.from = from;
  told.to = state;
  told.spec = t.spec;
  told.outcome = outcome;
  told.worker = worker;
  told.attempt = t.attempt;
  told.reason = outcome->error;
  told.stored = outcome->stored;

  DeadLetterPtr letter;
  const bool by_handler = state == TaskState::kFailed && outcome->error.code() != ErrorCode::kDependencyFailed;
  if (state == TaskState::kDead || by_handler) {
    auto dead = std::make_shared<DeadLetter>();
    dead->id = outcome->name;
    dead->queue = outcome->queue;
    dead->body = t.spec->body;
    dead->error = outcome->error;
    dead->attempts = t.attempt;
    dead->last_worker = worker;
    dead->dead = now;
    letter = std::move(dead);
  }
  if (t.journaled) turn->changes.emplace_back(EraseInFlight{outcome->id});
  if (!t.complete) --queues.at(t.queue).incomplete;
  const bool store_result = t.spec->store_result;
  std::string ack = std::move(t.source.ack);
  Forget(handle);
  Conclude(outcome, std::move(letter), store_result, std::move(ack));
  ReleaseDependents(outcome->id, state);
}

// Kept for people who ask; the result itself is in its stream.
void Engine::Impl::KeepView(OutcomePtr kept) {
  if (!kept->result.empty()) {
    auto light = std::make_shared<Outcome>(*kept);
    std::string().swap(light->result);
    kept = std::move(light);
  }
  finished_by_id[kept->id] = kept;
  finished.push_back(std::move(kept));
  if (finished.size() <= options.finished_views_max) return;
  const auto old = finished_by_id.find(finished.front()->id);
  if (old != finished_by_id.end() && old->second == finished.front()) finished_by_id.erase(old);
  finished.pop_front();
}

// The end is made durable; then what is owed is published; then the task is acknowledged.
void Engine::Impl::Conclude(OutcomePtr outcome, DeadLetterPtr letter, bool result_wanted, std::string ack) {
  ledger.Add(outcome->id, outcome->state, outcome->finished);
  KeepView(outcome);
  if (!outcome->reply_to.empty()) turn->effects.emplace_back(ReplyOutcome{outcome});
  if (letter == nullptr && !result_wanted) {
    turn->changes.emplace_back(PutDone{std::move(outcome), Pending::kNothing, nullptr, result_wanted});
    if (!ack.empty()) turn->effects.emplace_back(engine::Ack{std::move(ack)});
    return;
  }
  const std::uint64_t token = ++tokens;
  publishing_by_id[outcome->id] = token;
  Publishing& owed = publishing[token];
  owed.outcome = std::move(outcome);
  owed.dead_letter = std::move(letter);
  owed.result_wanted = result_wanted;
  owed.ack = std::move(ack);
  const Pending pending = owed.dead_letter ? Pending::kDeadLetter : Pending::kResult;
  turn->changes.emplace_back(PutDone{owed.outcome, pending, owed.dead_letter, result_wanted});
  PublishNext(token, owed);
}

void Engine::Impl::PublishNext(std::uint64_t token, Publishing& owed) {
  if (owed.dead_letter) {
    turn->effects.emplace_back(StoreDeadLetter{owed.dead_letter, token});
  } else {
    turn->effects.emplace_back(StoreResult{owed.outcome, token});
  }
}

void Engine::Impl::On(const StoredDone& event) {
  if (const auto rest = storing.find(event.token); rest != storing.end()) {
    const Storing stored = rest->second;
    storing.erase(rest);
    Task& t = task(stored.task);
    if (!t.used || t.generation != stored.generation) {
      // Cancelled or expired meanwhile: the copy is of no use.
      if (event.ok) turn->effects.emplace_back(RemoveDelayed{event.sequence});
      return;
    }
    if (!event.ok) {  // it waits in memory instead
      timers.Arm(t.due, TimerKind::kTaskDue, stored.task, t.generation);
      return;
    }
    const TaskId id = t.spec->id;
    turn->changes.emplace_back(PutDelayed{id, t.spec->name, t.due, event.sequence});
    turn->effects.emplace_back(engine::Ack{t.source.ack});
    resting[id] = Resting{t.spec->name, t.due, event.sequence, false};
    if (resting_order.empty() || t.due < resting_order.begin()->first) timers.Arm(t.due, TimerKind::kDelayedDue);
    resting_order.emplace(t.due, id);
    --counters.accepted;  // it comes again when it is due
    SetState(stored.task, TaskState::kNone);
    Forget(stored.task);
    return;
  }
  if (const auto out = releasing.find(event.token); out != releasing.end()) {
    const TaskId id = out->second;
    releasing.erase(out);
    const auto rest = resting.find(id);
    if (rest == resting.end()) return;
    if (!event.ok && !event.gone) {  // again in a while
      rest->second.releasing = false;
      resting_order.emplace(now + kPublishAgainMin, id);
      timers.Arm(now + kPublishAgainMin, TimerKind::kDelayedDue);
      return;
    }
    turn->changes.emplace_back(EraseDelayed{id, rest->second.due});
    turn->effects.emplace_back(RemoveDelayed{rest->second.sequence});
    resting.erase(rest);
    return;
  }
  const auto found = publishing.find(event.token);
  if (found == publishing.end()) return;
  Publishing& owed = found->second;
  if (!event.ok) {
    const Duration wait = std::min<Duration>(kPublishAgainMax, kPublishAgainMin * (1 << std::min(owed.failures, 8u)));
    ++owed.failures;
    timers.Arm(now + wait, TimerKind::kPublish, event.token);
    return;
  }
  owed.failures = 0;
  if (owed.dead_letter && owed.result_wanted) {
    owed.dead_letter = nullptr;
    turn->changes.emplace_back(PutDone{owed.outcome, Pending::kResult, nullptr, true});
    return PublishNext(event.token, owed);
  }
  turn->changes.emplace_back(PutDone{owed.outcome, Pending::kNothing, nullptr, owed.result_wanted});
  if (!owed.ack.empty()) turn->effects.emplace_back(engine::Ack{std::move(owed.ack)});
  publishing_by_id.erase(owed.outcome->id);
  publishing.erase(found);
}

void Engine::Impl::Journal(Task& t) {
  PutInFlight& record = std::get<PutInFlight>(turn->changes.emplace_back(std::in_place_type<PutInFlight>));
  record.id = t.spec->id;
  record.name = t.spec->name;
  record.state = t.state;
  record.attempt = t.attempt;
  record.failures = t.failures;
  record.worker = t.worker != kNoWorker ? roster.at(t.worker).info.name : t.worker_name;
  record.incarnation = t.incarnation;
  record.epoch = t.epoch;
  record.assigned = t.assigned;
  record.due = t.due;
  record.queue = t.spec->queue;
  record.priority = t.spec->priority;
  record.type = t.spec->type;
  record.reserved = t.spec->resources;
  record.last_error = t.last_error;
  record.cancel_wanted = !t.cancel.ok();
  record.lost_workers = t.lost_workers;
  record.stream = t.source.stream;
  record.sequence = t.source.sequence;

  t.journaled = true;
}

void Engine::Impl::Forget(TaskHandle handle) {
  Task& t = task(handle);
  if (t.complete) task_bytes -= static_cast<std::int64_t>(t.spec->body.size());
  if (t.in_class) classes.Leave(t.task_class);
  tasks.Remove(handle);
}

}  // namespace muster::engine
