// Clock: the loop's only source of time. Microseconds since 1970, and never backwards: the daemon's clock runs on the
// steady clock and follows the wall clock by small steps, the simulator's jumps from deadline to deadline.
#ifndef MUSTER_DISPATCHER_RUNTIME_CLOCK_H_
#define MUSTER_DISPATCHER_RUNTIME_CLOCK_H_

#include "dispatcher/engine/time.h"

namespace muster::runtime {

class Clock {
 public:
  virtual ~Clock() = default;
  // Any thread.
  virtual engine::Time Now() = 0;
};

// The daemon's clock. Thread-safe.
class SystemClock final : public Clock {
 public:
  engine::Time Now() override;
};

}  // namespace muster::runtime

#endif  // MUSTER_DISPATCHER_RUNTIME_CLOCK_H_
