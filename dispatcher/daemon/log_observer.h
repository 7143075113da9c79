// LogObserver: what an operator wants to read afterwards: workers that come, go and are lost, tasks that end badly, and
// what was refused. Threads: the loop's.
#ifndef MUSTER_DISPATCHER_DAEMON_LOG_OBSERVER_H_
#define MUSTER_DISPATCHER_DAEMON_LOG_OBSERVER_H_

#include <array>
#include <cstdint>

#include "dispatcher/runtime/observer.h"

namespace muster::daemon {

class LogObserver final : public runtime::Observer {
 public:
  void OnTurn(engine::Time now, const engine::Turn& turn, const runtime::TurnFacts& facts) override;
  void OnSample(engine::Time now, const engine::Engine& engine) override;

 private:
  void Tell(const engine::TaskTransition& transition);
  void Tell(const engine::ProgressTold&) {}
  void Tell(const engine::WorkerTransition& transition);
  void Tell(const engine::IncidentTold& incident);

  // Lines since the last sample: a flood of them is cut, and its length told.
  std::uint32_t lines_ = 0;
  std::uint64_t cut_ = 0;
  bool MayTell();
};

}  // namespace muster::daemon

#endif  // MUSTER_DISPATCHER_DAEMON_LOG_OBSERVER_H_
