// The engine's state and its steps, split over files by what they are about:
//   engine.cc     the public face, recovery, the turn's end      arrival.cc   tasks that come in, dependencies, delays
//   lifecycle.cc  every change of a task's state                 workers.cc   hello, beat, bye, loss, inventory
//   reports.cc    what workers say of attempts                   dispatch.cc  placing tasks, asking for more
//   deadlines.cc  what time alone changes                        commands.cc  cancel, drain, pause, strategy
//   scaling_signals.cc   views.cc   explain.cc   invariants.cc
#ifndef MUSTER_DISPATCHER_ENGINE_ENGINE_IMPL_H_
#define MUSTER_DISPATCHER_ENGINE_ENGINE_IMPL_H_

#include <deque>
#include <map>
#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

#include "dispatcher/engine/classes.h"
#include "dispatcher/engine/engine.h"
#include "dispatcher/engine/ledger.h"
#include "dispatcher/engine/queues.h"
#include "dispatcher/engine/random.h"
#include "dispatcher/engine/ready_queue.h"
#include "dispatcher/engine/roster.h"
#include "dispatcher/engine/strategies/strategy.h"
#include "dispatcher/engine/task_table.h"
#include "dispatcher/engine/timers.h"

namespace muster::engine {

// A result or dead letter on its way into its stream; the task is acknowledged when it has arrived.
struct Publishing {
  OutcomePtr outcome;
  DeadLetterPtr dead_letter;  // published before the result
  bool result_wanted = false;
  std::string ack;  // empty: the message has not been read again yet
  std::uint32_t failures = 0;
};

// A task that rests in MUSTER_DELAYED.
struct Resting {
  std::string name;
  Time due = kUnset;
  std::uint64_t sequence = 0;
  bool releasing = false;
};

// A delayed task whose copy in MUSTER_DELAYED has not been confirmed yet.
struct Storing {
  TaskHandle task = kNoTask;
  std::uint64_t generation = 0;
};

// What a worker says it runs of a task that the journal does not know: believed when the journal was lost.
struct Claimed {
  std::string worker;
  std::uint64_t incarnation = 0;
  std::uint32_t attempt = 0;
  std::uint64_t epoch = 0;
};

struct Engine::Impl {
  explicit Impl(EngineOptions given);

  // Recovery
  void Begin(Time at, const Recovered& recovered);
  void RecoverInFlight(const PutInFlight& record);
  void RecoverDone(const PutDone& record);
  void EndReconcile();

  // Arrival
  void On(const TaskArrived& event);
  void On(const TaskUndecodable& event);
  bool ArrivedAgain(TaskHandle handle, const TaskArrived& event);
  void Admit(TaskHandle handle);  // complete and no time to wait for: dependencies, then a lane
  bool WaitsForItself(const Task& start) const;
  bool RestInStream(TaskHandle handle);
  void GiveBack(TaskHandle handle, Duration delay);
  void AddBytes(const Task& task);
  void CreditUsed(Priority priority, std::string_view queue);
  void ReleaseDependents(const TaskId& id, TaskState state);
  void DependencyEnded(TaskHandle handle, TaskId id, TaskState state);

  // Lifecycle
  void SetState(TaskHandle handle, TaskState to, const Status& reason = Status());
  void Enqueue(TaskHandle handle);  // into its lane
  void JoinClass(Task& task);
  void LeaveLane(TaskHandle handle);
  void Assign(TaskHandle handle, WorkerIndex worker);
  void Detach(TaskHandle handle);  // frees slot and resources
  void Requeue(TaskHandle handle, const Status& reason);
  void Fail(TaskHandle handle, const Status& error, Duration retry_after);
  void Finish(TaskHandle handle, TaskState state, Status error, std::string result = {}, std::string content_type = {},
              Duration run = {});
  void Conclude(OutcomePtr outcome, DeadLetterPtr letter, bool result_wanted, std::string ack);
  void KeepView(OutcomePtr outcome);
  void ForgetOldEnds();
  void PublishNext(std::uint64_t token, Publishing& publishing);
  void On(const StoredDone& event);
  void Journal(Task& task);
  void Forget(TaskHandle handle);  // out of the table
  TaskHandle MakeTask(TaskSpecPtr spec);
  void CountInQueue(const Task& task, TaskState from, TaskState to);

  // Workers
  void On(const WorkerHello& event);
  void On(const WorkerBeat& event);
  void On(const WorkerBye& event);
  void On(const WorkerInventory& event);
  void On(const WorkerUnreachable& event);
  void On(const BadWorkerMessage& event);
  void Adopt(WorkerIndex worker, const std::vector<Attempt>& holding);
  void Compare(WorkerIndex worker, const std::vector<Attempt>& holding);
  void RemoveWorker(WorkerIndex worker, WorkerTransition::What what, const Status& reason);
  void WatchSilence(WorkerIndex worker);
  void WorkerHasRoom(WorkerIndex worker);
  void OnCapableChanged();
  bool Attach(TaskHandle handle, WorkerIndex worker);
  void Revoke(WorkerIndex worker, const Attempt& attempt);

  // Reports
  void On(const WorkerReport& event);
  void OnFinalReport(TaskHandle handle, const WorkerReport& event);
  void SettleFor(const WorkerReport& event);

  // Dispatch
  void Dispatch();
  void Unblock();
  void AskForMore();
  Strategy& StrategyFor(const std::string& queue);
  const std::string& StrategyName(std::string_view queue) const;
  void SetServable(const TaskClass& task_class);
  std::int64_t LookAhead() const;

  // Deadlines
  void ExpireDue();
  void OnTimer(const Timer& timer);
  void OnTaskTimer(const Timer& timer);
  void StopRun(TaskHandle handle, const Status& reason);
  void StopConfirmed(TaskHandle handle, Duration run);
  void AskInventories();
  void ReleaseResting();

  // Commands
  void On(const CancelTask& event);
  void On(const DrainCommand& event);
  void On(const PauseCommand& event);
  void On(const StrategyCommand& event);
  void On(const QueueDepth& event);
  void On(const Connected& event);
  void On(const Tick&) {}
  void Answered(std::uint64_t token, Status status, bool changed, std::string message);

  // Scaling
  void SignalScaling();
  std::uint32_t ServingWorkers(const std::string& queue, std::uint64_t* slots, std::uint64_t* busy) const;

  // Questions
  TaskView ViewOf(const Task& task) const;
  WorkerView ViewOf(const Worker& worker) const;
  std::string WaitReason(const Task& task) const;

  void Tell(Incident incident, std::string detail);
  Duration SilentAfter(const Worker& worker) const;
  std::uint64_t Fencing(const Task& task) const;
  Task& task(TaskHandle handle) { return tasks.at(handle); }

  EngineOptions options;
  Random random;
  Roster roster;
  ReadyQueue ready;
  Classes classes{&roster, &ready};
  TaskTable tasks;
  QueueTable queues;
  Timers timers;
  DoneLedger ledger;
  std::uint64_t epoch = 0;
  bool recovering = false;
  bool journal_lost = false;
  bool connected = true;
  Time forgotten_before = kUnset;  // what ended earlier is out of the journal
  std::int64_t task_bytes = 0;     // of the complete tasks in the table
  std::uint64_t arrivals = 0;
  std::uint64_t tokens = 0;

  std::unordered_map<std::uint64_t, Publishing> publishing;  // by token
  std::unordered_map<TaskId, std::uint64_t, TaskIdHash> publishing_by_id;
  std::unordered_map<std::uint64_t, Storing> storing;  // by token
  std::unordered_map<TaskId, Resting, TaskIdHash> resting;
  std::multimap<Time, TaskId> resting_order;
  std::unordered_map<std::uint64_t, TaskId> releasing;  // by token
  std::unordered_map<TaskId, std::vector<TaskHandle>, TaskIdHash> dependents;
  std::vector<std::pair<TaskId, TaskState>> ended;  // whose dependents are being released
  std::unordered_map<TaskId, Claimed, TaskIdHash> claimed;
  std::unordered_map<std::string, std::vector<Attempt>> hello_parts;  // by worker
  std::deque<OutcomePtr> finished;                                    // the last ones, without their results
  std::unordered_map<TaskId, OutcomePtr, TaskIdHash> finished_by_id;

  std::vector<WorkerIndex> freed;   // have room since the last dispatch
  std::vector<ClassIndex> blocked;  // classes for which nothing fitted
  std::vector<ClassIndex> capable_changed;

  std::map<std::string, std::unique_ptr<Strategy>, std::less<>> strategies;  // by name, made when first used
  std::map<std::string, StrategyStatistics, std::less<>> statistics;
  std::map<std::string, std::string, std::less<>> strategy_of_queue;
  std::string default_strategy;

  Counters counters;

  Time now = kUnset;     // of the step under way
  Turn* turn = nullptr;  // of the step under way
};

}  // namespace muster::engine

#endif  // MUSTER_DISPATCHER_ENGINE_ENGINE_IMPL_H_
