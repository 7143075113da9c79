#include "dispatcher/adapters/prometheus_observer.h"

#include <prometheus/text_serializer.h>

#include <algorithm>
#include <array>
#include <mutex>
#include <unordered_map>

#include "dispatcher/adapters/prometheus_cells.h"
#include "dispatcher/engine/engine.h"

namespace muster::adapters {

using engine::TaskState;
using engine::TaskTransition;
using engine::WorkerTransition;

namespace {

const Buckets& TaskBuckets() {
  static const Buckets& bounds =
      *new Buckets{0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300, 1800, 7200};
  return bounds;
}

const Buckets& TurnBuckets() {
  static const Buckets& bounds = *new Buckets{0.00001, 0.000025, 0.00005, 0.0001, 0.00025, 0.0005, 0.001, 0.0025,
                                              0.005,   0.01,     0.025,   0.05,   0.1,     0.5,    2};
  return bounds;
}

double Seconds(engine::Duration duration) {
  return std::chrono::duration<double>(duration).count();
}
double Seconds(std::chrono::nanoseconds duration) {
  return std::chrono::duration<double>(duration).count();
}

// Lost workers' tasks that wait for another worker; more than that are not followed.
constexpr std::size_t kFollowedMax = 10000;

std::string_view ChangeName(WorkerTransition::What what) {
  constexpr std::array<std::string_view, 6> kNames = {"joined", "left", "lost", "draining", "undrained", "refused"};
  return kNames[static_cast<std::size_t>(what)];
}

std::string_view StatusOfAttempt(const TaskTransition& told) {
  switch (told.to) {
    case TaskState::kSucceeded: return "succeeded";
    case TaskState::kCancelled: return "cancelled";
    case TaskState::kExpired: return "expired";
    default: break;
  }
  return told.reason.code() == ErrorCode::kWorkerLost ? "lost"
         : told.reason.code() == ErrorCode::kReleased ? "released"
                                                      : "failed";
}

// docs/metrics.md gives the formula: each part in 0 to 100 before it is weighted.
double LoadScore(const engine::WorkerView& worker) {
  const double slots = std::max<std::uint32_t>(1, worker.info.slots);
  const double active = std::min(100.0, 100.0 * worker.active / slots);
  const double response = std::min(100.0, worker.response_ms / 10.0);
  const double total = static_cast<double>(worker.succeeded + worker.failed + worker.lost);
  const double errors = total > 0 ? 100.0 * static_cast<double>(worker.failed + worker.lost) / total : 0.0;
  return worker.load.cpu_percent * 0.3 + worker.load.memory_percent * 0.2 + active * 0.2 + response * 0.2 +
         errors * 0.1;
}

}  // namespace

struct PrometheusObserver::Impl {
  prometheus::Registry registry;
  prometheus::Registry* r = &registry;

  CounterSet requests{r, metric::kRequests};
  HistogramSet response_time{r, metric::kResponseTime, &TaskBuckets()};
  GaugeSet load_score{r, metric::kLoadScore};
  CounterSet failovers{r, metric::kFailovers};
  CounterSet tasks_entered{r, metric::kTasksEntered};
  GaugeSet tasks_now{r, metric::kTasksNow};
  GaugeSet tasks_stored{r, metric::kTasksStored};
  CounterSet retries{r, metric::kRetries};
  CounterSet reassignments{r, metric::kReassignments};
  HistogramSet wait{r, metric::kWait, &TaskBuckets()};
  HistogramSet run{r, metric::kRun, &TaskBuckets()};
  HistogramSet turnaround{r, metric::kTurnaround, &TaskBuckets()};
  CounterSet dead_letters{r, metric::kDeadLetters};
  CounterSet incidents{r, metric::kIncidents};
  GaugeSet queue_tasks{r, metric::kQueueTasks};
  GaugeSet queue_oldest{r, metric::kQueueOldest};
  GaugeSet queue_paused{r, metric::kQueuePaused};
  GaugeSet workers{r, metric::kWorkers};
  CounterSet worker_changes{r, metric::kWorkerChanges};
  GaugeSet slots{r, metric::kSlots};
  GaugeSet slots_busy{r, metric::kSlotsBusy};
  CounterSet signals{r, metric::kSignals};
  GaugeSet desired{r, metric::kDesired};
  CounterSet turns{r, metric::kTurns};
  CounterSet events{r, metric::kEvents};
  CounterSet changes{r, metric::kChanges};
  HistogramSet step{r, metric::kStep, &TurnBuckets()};
  HistogramSet commit{r, metric::kCommit, &TurnBuckets()};
  HistogramSet perform{r, metric::kPerform, &TurnBuckets()};
  GaugeSet epoch{r, metric::kEpoch};
  GaugeSet recovering{r, metric::kRecovering};

  std::mutex facts_mutex;  // of what Tell touches
  ProcessFacts last_facts;
  GaugeSet store_bytes{r, metric::kStoreBytes};
  GaugeSet connected{r, metric::kConnected};
  CounterSet received{r, metric::kReceived};
  CounterSet acknowledged{r, metric::kAcknowledged};
  CounterSet pulls{r, metric::kPulls};
  CounterSet reconnects{r, metric::kReconnects};
  CounterSet send_errors{r, metric::kSendErrors};
  CounterSet store_timeouts{r, metric::kStoreTimeouts};
  CounterSet repairs{r, metric::kRepairs};
  CounterSet events_dropped{r, metric::kEventsDropped};
  CounterSet inbox_dropped{r, metric::kInboxDropped};

  LabelCap worker_cap{kLabelledWorkersMax};
  LabelCap queue_cap{kLabelledQueuesMax};
  LabelCap pair_cap{kLabelledPairsMax};
  std::array<double, engine::kTaskStates> entered{};
  std::array<HistogramCell*, kPriorities> wait_by_priority{};
  LabelMapOf<std::string> strategy_of;  // queue → strategy, as of the last sample
  std::string default_strategy = "unknown";
  std::unordered_map<engine::TaskId, std::string, engine::TaskIdHash> lost_from;
  engine::Counters last;

  Impl() {
    for (Priority priority : kAllPriorities) {
      wait_by_priority[static_cast<std::size_t>(priority)] = &wait.At({PriorityName(priority)});
    }
    for (int i = 1; i < engine::kTaskStates; ++i) tasks_entered.Add({TaskStateName(static_cast<TaskState>(i))}, 0);
    for (int i = 0; i < engine::kIncidents; ++i) incidents.Add({IncidentName(static_cast<engine::Incident>(i))}, 0);
  }

  std::string_view StrategyOf(std::string_view queue) const {
    const auto found = strategy_of.find(queue);
    return found == strategy_of.end() ? std::string_view(default_strategy) : std::string_view(found->second);
  }
  void Failover(std::string_view type, std::string_view from, std::string_view to);
  void OnTask(engine::Time now, const TaskTransition& told);
  void OnEnd(const TaskTransition& told);
  void SampleQueues(engine::Time now, const engine::Engine& engine);
  void SampleWorkers(const engine::Engine& engine);
};

void PrometheusObserver::Impl::Failover(std::string_view type, std::string_view from, std::string_view to) {
  std::string pair(from);
  pair.append(1, '\0').append(to);
  if (pair_cap.Name(pair) == "other") from = to = "other";
  failovers.Add({type, from, to});
}

void PrometheusObserver::Impl::OnTask(engine::Time now, const TaskTransition& told) {
  entered[static_cast<std::size_t>(told.to)] += 1;
  const bool was_out = told.from == TaskState::kAssigned || told.from == TaskState::kRunning;
  if (told.to == TaskState::kAssigned && told.spec != nullptr) {
    if (told.attempt <= 1 && told.stored != engine::kUnset) {
      wait_by_priority[static_cast<std::size_t>(told.spec->priority)]->Observe(Seconds(now - told.stored));
    }
    if (!lost_from.empty()) {
      if (const auto found = lost_from.find(told.spec->id); found != lost_from.end()) {
        Failover("task_reassigned", found->second, told.worker);
        lost_from.erase(found);
      }
    }
  }
  if (engine::IsTerminal(told.to)) OnEnd(told);
  if (!was_out || told.to == TaskState::kAssigned || told.to == TaskState::kRunning) return;
  const std::string& worker = !told.worker.empty() || told.outcome == nullptr ? told.worker : told.outcome->worker;
  const std::string_view queue = told.spec != nullptr      ? std::string_view(told.spec->queue)
                                 : told.outcome != nullptr ? std::string_view(told.outcome->queue)
                                                           : std::string_view();
  if (!worker.empty()) requests.Add({StrategyOf(queue), worker_cap.Name(worker), StatusOfAttempt(told)});
  const bool lost = told.reason.code() == ErrorCode::kWorkerLost;
  if (lost && !engine::IsTerminal(told.to) && told.spec != nullptr && lost_from.size() < kFollowedMax) {
    lost_from[told.spec->id] = worker;
  }
}

void PrometheusObserver::Impl::OnEnd(const TaskTransition& told) {
  if (told.spec != nullptr && !lost_from.empty()) lost_from.erase(told.spec->id);
  if (told.outcome == nullptr) return;
  const engine::Outcome& outcome = *told.outcome;
  if (told.to == TaskState::kDead) dead_letters.Add({queue_cap.Name(outcome.queue)});
  if (outcome.stored != engine::kUnset) turnaround.At({}).Observe(Seconds(outcome.finished - outcome.stored));
  if (outcome.assigned == engine::kUnset) return;
  response_time.At({StrategyOf(outcome.queue)}).Observe(Seconds(outcome.finished - outcome.assigned));
  if (outcome.run.count() > 0) run.At({}).Observe(Seconds(outcome.run));
}

PrometheusObserver::PrometheusObserver() : impl_(std::make_unique<Impl>()) {}
PrometheusObserver::~PrometheusObserver() = default;

void PrometheusObserver::OnTurn(engine::Time now, const engine::Turn& turn, const runtime::TurnFacts& facts) {
  Impl& impl = *impl_;
  for (const engine::Transition& transition : turn.transitions) {
    if (const auto* task = std::get_if<TaskTransition>(&transition)) {
      impl.OnTask(now, *task);
    } else if (const auto* worker = std::get_if<WorkerTransition>(&transition)) {
      impl.worker_changes.Add({ChangeName(worker->what)});
      if (worker->what == WorkerTransition::What::kLost) impl.Failover("worker_lost", worker->worker, "");
    } else if (const auto* incident = std::get_if<engine::IncidentTold>(&transition)) {
      impl.incidents.Add({IncidentName(incident->incident)});
    }
  }
  for (const engine::Effect& effect : turn.effects) {
    if (const auto* signal = std::get_if<engine::Signal>(&effect)) {
      const std::string_view name = impl.queue_cap.Name(signal->scaling_class);
      impl.signals.Add({name, signal->up ? "up" : "down"});
      impl.desired.Set({name}, signal->to);
    }
  }
  for (int i = 1; i < engine::kTaskStates; ++i) {
    double& entered = impl.entered[static_cast<std::size_t>(i)];
    if (entered > 0) impl.tasks_entered.Add({TaskStateName(static_cast<TaskState>(i))}, entered);
    entered = 0;
  }
  impl.turns.Add({});
  impl.events.Add({}, static_cast<double>(facts.events));
  impl.changes.Add({}, static_cast<double>(facts.changes));
  impl.step.At({}).Observe(Seconds(facts.step));
  if (facts.changes > 0) impl.commit.At({}).Observe(Seconds(facts.commit));
  impl.perform.At({}).Observe(Seconds(facts.perform));
  for (CounterSet* set : {&impl.requests, &impl.failovers, &impl.tasks_entered, &impl.dead_letters, &impl.incidents,
                          &impl.worker_changes, &impl.signals, &impl.turns, &impl.events, &impl.changes}) {
    set->Flush();
  }
  for (HistogramSet* set :
       {&impl.response_time, &impl.wait, &impl.run, &impl.turnaround, &impl.step, &impl.commit, &impl.perform}) {
    set->Flush();
  }
}

void PrometheusObserver::Impl::SampleQueues(engine::Time now, const engine::Engine& engine) {
  queue_tasks.Begin();
  queue_oldest.Begin();
  queue_paused.Begin();
  strategy_of.clear();
  for (const engine::QueueView& queue : engine.Queues(now)) {
    if (!queue.strategy.empty() && queue.strategy != default_strategy) strategy_of[queue.name] = queue.strategy;
    const std::string_view name = queue_cap.Name(queue.name);
    const std::string_view priority = PriorityName(queue.priority);
    queue_tasks.Raise({name, priority, "stored"}, static_cast<double>(queue.stored));
    for (int i = 1; i < static_cast<int>(TaskState::kSucceeded); ++i) {
      queue_tasks.Raise({name, priority, TaskStateName(static_cast<TaskState>(i))},
                        static_cast<double>(queue.by_state[static_cast<std::size_t>(i)]));
    }
    queue_oldest.Set({name, priority}, Seconds(queue.oldest));
    queue_paused.Raise({name, priority}, queue.paused ? 1 : 0);
  }
  queue_tasks.End();
  queue_oldest.End();
  queue_paused.End();
}

void PrometheusObserver::Impl::SampleWorkers(const engine::Engine& engine) {
  load_score.Begin();
  workers.Begin();
  for (const char* state : {"live", "draining", "silent"}) workers.Set({state}, 0);
  for (const engine::WorkerView& worker : engine.Workers()) {
    workers.Raise({worker.state}, 1);
    const std::string_view name = worker_cap.Name(worker.info.name);
    if (name == "other") continue;
    load_score.Set(
        {name, worker.info.group.empty() ? std::string_view("default") : std::string_view(worker.info.group)},
        LoadScore(worker));
  }
  load_score.End();
  workers.End();
}

void PrometheusObserver::OnSample(engine::Time now, const engine::Engine& engine) {
  Impl& impl = *impl_;
  impl.default_strategy = engine.StrategyOf("");
  const engine::Counters counters = engine.Count();
  for (int i = 1; i < static_cast<int>(TaskState::kSucceeded); ++i) {
    impl.tasks_now.Set({TaskStateName(static_cast<TaskState>(i))},
                       static_cast<double>(counters.now[static_cast<std::size_t>(i)]));
  }
  impl.tasks_stored.Set({}, static_cast<double>(counters.stored));
  impl.slots.Set({}, static_cast<double>(counters.slots));
  impl.slots_busy.Set({}, static_cast<double>(counters.slots_busy));
  impl.epoch.Set({}, static_cast<double>(counters.epoch));
  impl.recovering.Set({}, engine.recovering() ? 1 : 0);
  impl.retries.Add({}, static_cast<double>(counters.retried - impl.last.retried));
  impl.reassignments.Add({}, static_cast<double>(counters.reassigned - impl.last.reassigned));
  impl.retries.Flush();
  impl.reassignments.Flush();
  impl.last = counters;
  impl.SampleQueues(now, engine);
  impl.SampleWorkers(engine);
}

void PrometheusObserver::Tell(const ProcessFacts& facts) {
  Impl& impl = *impl_;
  std::lock_guard lock(impl.facts_mutex);
  impl.store_bytes.Set({}, static_cast<double>(facts.store_bytes));
  impl.connected.Set({}, facts.nats_connected ? 1 : 0);
  const ProcessFacts& last = impl.last_facts;
  const auto raise = [](CounterSet* set, std::uint64_t now, std::uint64_t before) {
    if (now > before) set->Add({}, static_cast<double>(now - before));
    set->Flush();
  };
  raise(&impl.received, facts.received, last.received);
  raise(&impl.acknowledged, facts.acknowledged, last.acknowledged);
  raise(&impl.pulls, facts.pull_requests, last.pull_requests);
  raise(&impl.reconnects, facts.reconnects, last.reconnects);
  raise(&impl.send_errors, facts.send_errors, last.send_errors);
  raise(&impl.store_timeouts, facts.store_timeouts, last.store_timeouts);
  raise(&impl.repairs, facts.consumers_repaired, last.consumers_repaired);
  raise(&impl.events_dropped, facts.events_dropped, last.events_dropped);
  raise(&impl.inbox_dropped, facts.inbox_dropped, last.inbox_dropped);
  impl.last_facts = facts;
}

std::string PrometheusObserver::Text() const {
  return prometheus::TextSerializer().Serialize(impl_->registry.Collect());
}

}  // namespace muster::adapters
