// Observer: told what happened after it was made durable and performed. Metrics and event publishing are observers.
//
// Threads: called by the loop's thread only. An observer must not block; what it cannot keep up with it drops and
// counts.
#ifndef MUSTER_DISPATCHER_RUNTIME_OBSERVER_H_
#define MUSTER_DISPATCHER_RUNTIME_OBSERVER_H_

#include <chrono>
#include <cstddef>
#include <span>

#include "dispatcher/engine/time.h"
#include "dispatcher/engine/turn.h"

namespace muster::engine {
class Engine;
}

namespace muster::runtime {

struct TurnFacts {
  std::size_t events = 0;
  std::size_t changes = 0;
  std::chrono::nanoseconds step{};     // in the engine
  std::chrono::nanoseconds commit{};   // in the store
  std::chrono::nanoseconds perform{};  // encoding and sending
};

class Observer {
 public:
  virtual ~Observer() = default;
  virtual void OnTurn(engine::Time now, const engine::Turn& turn, const TurnFacts& facts) = 0;
  // About once a second, and before a scrape: gauges may be read from the engine.
  virtual void OnSample(engine::Time now, const engine::Engine& engine) = 0;
};

}  // namespace muster::runtime

#endif  // MUSTER_DISPATCHER_RUNTIME_OBSERVER_H_
