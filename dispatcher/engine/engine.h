// Engine: the pure, single-threaded state machine that decides everything: which worker runs which task, when an
// attempt counts as lost, what is retried, what is dead. No clock, thread, I/O or protobuf: time comes in as an
// argument, what it wants done comes out in a Turn. The same object runs in the daemon, the simulator, the benchmarks
// and the fuzzer; equal options, seed and events give equal turns.
//
// Threads: one. Errors: none; whatever an event says, the engine stays consistent (fuzzed), refuses and counts.
#ifndef MUSTER_DISPATCHER_ENGINE_ENGINE_H_
#define MUSTER_DISPATCHER_ENGINE_ENGINE_H_

#include <memory>
#include <optional>
#include <string_view>
#include <vector>

#include "dispatcher/engine/event.h"
#include "dispatcher/engine/options.h"
#include "dispatcher/engine/time.h"
#include "dispatcher/engine/turn.h"
#include "dispatcher/engine/views.h"

namespace muster::engine {

// A task that ended before the start and of which nothing is owed any more.
struct EndedTask {
  TaskId id;
  TaskState state = TaskState::kNone;
  Time finished = kUnset;
};

// What the journal held at the start.
struct Recovered {
  std::uint64_t epoch = 0;    // the new one, larger than any before
  bool journal_lost = false;  // streams hold un-acknowledged tasks, but the journal was empty
  std::vector<PutInFlight> in_flight;
  std::vector<EndedTask> ended;  // in order of time; every one that is remembered
  std::vector<PutDone> done;     // those of which something is owed, and the newest, for people who ask
  std::vector<PutQueue> queues;
  std::vector<PutDelayed> delayed;
};

class Engine {
 public:
  explicit Engine(EngineOptions options);
  ~Engine();
  Engine(const Engine&) = delete;
  Engine& operator=(const Engine&) = delete;

  // REQUIRES: called once, before the first Step. Takes over what the journal held; assigns nothing until the workers
  // had the reconcile window to say what they run (at once when nothing was in flight).
  void Begin(Time now, const Recovered& recovered, Turn* turn);

  // Takes one event and appends to `turn`. REQUIRES: `now` not before that of the last call.
  void Step(Time now, const Event& event, Turn* turn);

  // Once after the events of a turn: dispatches, asks for more, expires what is due. Appends to `turn`.
  void FinishTurn(Time now, Turn* turn);

  // When time alone would change something: call Step(Tick) + FinishTurn then. kNever when nothing waits for time.
  Time NextDeadline() const;

  // Questions. None changes anything.
  std::optional<TaskView> Show(std::string_view task) const;
  std::vector<TaskView> List(const TaskFilter& filter) const;  // oldest first
  std::optional<Explanation> Explain(Time now, std::string_view task) const;
  std::vector<WorkerView> Workers() const;  // by name
  std::optional<WorkerView> ShowWorker(std::string_view name) const;
  std::vector<QueueView> Queues(Time now) const;  // by name, then priority
  Counters Count() const;
  bool recovering() const;
  const std::string& StrategyOf(std::string_view queue) const;  // "" = the default
  std::vector<StrategyStatistics> Statistics() const;

  // For the simulator and the tests: aborts when an invariant of docs/architecture.md does not hold. Costly.
  void CheckInvariants() const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace muster::engine

#endif  // MUSTER_DISPATCHER_ENGINE_ENGINE_H_
