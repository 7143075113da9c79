// Strategy: among the workers that may take a task now, which one gets it.
//
// A strategy never sees an ineligible worker: candidates come from Candidates, which yields workers that are capable,
// open and fit. One strategy = one file + one line in strategies.cc; the contract test, the flags, the help, the
// simulator and the benchmark iterate over that table. Threads: one.
#ifndef MUSTER_DISPATCHER_ENGINE_STRATEGIES_STRATEGY_H_
#define MUSTER_DISPATCHER_ENGINE_STRATEGIES_STRATEGY_H_

#include <cstdint>
#include <memory>
#include <span>
#include <string_view>

#include "dispatcher/engine/classes.h"
#include "dispatcher/engine/random.h"
#include "dispatcher/engine/roster.h"
#include "dispatcher/engine/types.h"

namespace muster::engine {

struct Selection {
  const Roster& roster;
  TaskClass& task_class;  // a strategy may keep its cursor there
  const TaskSpec& spec;
  Random& random;
  WorkerIndex avoid = kNoWorker;  // where the last attempt came to nothing; taken only when there is no other

  bool Fits(WorkerIndex index) const { return index != avoid && roster.Fits(index, task_class.needs); }
  // May this worker take the task now?
  bool Allowed(WorkerIndex index) const {
    return task_class.capable.Test(index) && roster.open().Test(index) && Fits(index);
  }
};

// A finished attempt, for strategies that learn.
struct Finished {
  WorkerIndex worker = kNoWorker;
  std::string_view type;
  Duration run{};
  bool succeeded = false;
};

class Strategy {
 public:
  virtual ~Strategy() = default;
  // The chosen worker, or kNoWorker when none is allowed. Total: finds one whenever one is allowed.
  virtual WorkerIndex Select(const Selection& selection) = 0;
  // The strategy's figure for a worker, lower is better; for explanations only.
  virtual double Score(const Roster& roster, WorkerIndex index) const = 0;
  virtual void OnFinished(const Finished&) {}
};

struct StrategyInfo {
  std::string_view name;
  std::string_view summary;
  std::unique_ptr<Strategy> (*make)();
};

std::span<const StrategyInfo> Strategies();
// By name, with '-' or '_'; nullptr when there is none.
const StrategyInfo* FindStrategy(std::string_view name);

}  // namespace muster::engine

#endif  // MUSTER_DISPATCHER_ENGINE_STRATEGIES_STRATEGY_H_
