#include "dispatcher/engine/engine.h"

#include <utility>

#include "dispatcher/engine/engine_impl.h"
#include "schemas/invariant.h"

namespace muster::engine {
namespace {

constexpr Duration kScalingPeriod = std::chrono::seconds(1);
constexpr Duration kForgetPeriod = std::chrono::minutes(1);

}  // namespace

Engine::Impl::Impl(EngineOptions given)
    : options(std::move(given)), random(options.seed), ledger(options.finished_ids_max) {
  const StrategyInfo* info = FindStrategy(options.strategy);
  INVARIANT(info != nullptr);  // the configuration was checked against the table
  default_strategy = info->name;
}

Engine::Engine(EngineOptions options) : impl_(std::make_unique<Impl>(std::move(options))) {}
Engine::~Engine() = default;

void Engine::Begin(Time now, const Recovered& recovered, Turn* turn) {
  impl_->now = now;
  impl_->turn = turn;
  impl_->Begin(now, recovered);
}

void Engine::Step(Time now, const Event& event, Turn* turn) {
  INVARIANT(now >= impl_->now);
  impl_->now = now;
  impl_->turn = turn;
  std::visit([this](const auto& e) { impl_->On(e); }, event);
}

void Engine::FinishTurn(Time now, Turn* turn) {
  INVARIANT(now >= impl_->now);
  impl_->now = now;
  impl_->turn = turn;
  impl_->ExpireDue();
  impl_->Unblock();
  impl_->Dispatch();
  impl_->AskForMore();
}

Time Engine::NextDeadline() const {
  return impl_->timers.Next();
}

bool Engine::recovering() const {
  return impl_->recovering;
}

void Engine::Impl::Begin(Time at, const Recovered& recovered) {
  epoch = recovered.epoch;
  counters.epoch = epoch;
  journal_lost = recovered.journal_lost;
  turn->changes.emplace_back(PutEpoch{epoch});
  for (const PutQueue& queue : recovered.queues) {
    const QueueIndex index = queues.Ensure(queue.priority, queue.name);
    if (index != kNoQueue) queues.at(index).paused = queue.paused;
  }
  for (const EndedTask& task : recovered.ended) ledger.Add(task.id, task.state, task.finished);
  for (const PutDone& record : recovered.done) RecoverDone(record);
  for (const PutInFlight& record : recovered.in_flight) RecoverInFlight(record);
  for (const PutDelayed& record : recovered.delayed) {
    resting[record.id] = Resting{record.name, record.due, record.sequence, false};
    resting_order.emplace(record.due, record.id);
  }
  if (!resting_order.empty()) timers.Arm(resting_order.begin()->first, TimerKind::kDelayedDue);
  // Whoever runs something says so before anything is given out again.
  recovering = journal_lost || !recovered.in_flight.empty();
  if (recovering) timers.Arm(at + options.reconcile_window, TimerKind::kReconcileEnd);
  turn->effects.emplace_back(IdentifyWorker{});
  timers.Arm(at + options.inventory_every, TimerKind::kInventory);
  timers.Arm(at + kScalingPeriod, TimerKind::kScaling);
  timers.Arm(at + kForgetPeriod, TimerKind::kForget);
}

// A task that was assigned or waits for a retry. Its message comes again, since the consumers are new; until then the
// task is a shell with the names the journal kept.
void Engine::Impl::RecoverInFlight(const PutInFlight& record) {
  if (ledger.Find(record.id) || tasks.Find(record.id) != kNoTask) return;
  auto shell = std::make_shared<TaskSpec>();
  shell->id = record.id;
  shell->name = record.name;
  shell->queue = record.queue;
  shell->priority = record.priority;
  shell->type = record.type;
  shell->retry = options.retry;
  shell->resources = record.reserved;
  const TaskHandle handle = MakeTask(std::move(shell));
  if (handle == kNoTask) return;
  Task& made = task(handle);
  ++queues.at(made.queue).incomplete;
  made.journaled = true;
  made.attempt = record.attempt;
  made.failures = record.failures;
  made.epoch = record.epoch;
  made.assigned = record.assigned;
  made.last_error = record.last_error;
  made.lost_workers = record.lost_workers;
  made.worker_name = record.worker;
  made.incarnation = record.incarnation;
  made.source.stream = record.stream;
  made.source.sequence = record.sequence;
  if (record.cancel_wanted) made.cancel = Status(ErrorCode::kCancelled, "cancelled before a restart");
  ++counters.accepted;
  if (record.state == TaskState::kDelayed) {
    SetState(handle, TaskState::kDelayed);
    made.due = record.due;
    timers.Arm(record.due, TimerKind::kTaskDue, handle, made.generation);
  } else {
    SetState(handle, TaskState::kRunning);
  }
}

void Engine::Impl::RecoverDone(const PutDone& record) {
  const Outcome& outcome = *record.outcome;
  ledger.Add(outcome.id, outcome.state, outcome.finished);
  KeepView(record.outcome);
  if (record.pending == Pending::kNothing) return;
  const std::uint64_t token = ++tokens;
  Publishing& again = publishing[token];
  again.outcome = record.outcome;
  again.dead_letter = record.pending == Pending::kDeadLetter ? record.dead_letter : nullptr;
  again.result_wanted = record.pending == Pending::kResult || record.result_wanted;
  publishing_by_id[outcome.id] = token;
  PublishNext(token, again);
}

// Tasks whose worker did not come back are given out again; that costs them no attempt.
void Engine::Impl::EndReconcile() {
  if (!recovering) return;
  recovering = false;
  for (TaskHandle handle = 0; handle < tasks.end(); ++handle) {
    const Task& candidate = task(handle);
    if (!candidate.used || candidate.state != TaskState::kRunning || candidate.worker != kNoWorker) continue;
    ++counters.reassigned;
    Requeue(handle,
            Status(ErrorCode::kWorkerLost, "worker " + candidate.worker_name + " did not come back after a restart"));
  }
}

void Engine::Impl::Tell(Incident incident, std::string detail) {
  ++counters.incidents[static_cast<std::size_t>(incident)];
  turn->transitions.emplace_back(IncidentTold{incident, std::move(detail)});
}

// The epoch in the high bits: it grows over a lost journal too, when attempts begin again at 1.
std::uint64_t Engine::Impl::Fencing(const Task& t) const {
  return (t.epoch << 24) + t.attempt;
}

void Engine::Impl::Answered(std::uint64_t token, Status status, bool changed, std::string message) {
  if (token != 0) turn->answers.push_back(Answer{token, std::move(status), changed, std::move(message)});
}

}  // namespace muster::engine
