// Clock: the loop's only source of time. Microseconds since 1970, and never backwards: the daemon's clock runs on the
// steady clock and follows the wall clock by small steps, the simulator's jumps from deadline to deadline.
#ifndef MUSTER_DISPATCHER_RUNTIME_CLOCK_H_
#define MUSTER_DISPATCHER_RUNTIME_CLOCK_H_

#include <cstdint>

#include "dispatcher/engine/time.h"
#include "dispatcher/runtime/mutex.h"

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
  SystemClock();
  engine::Time Now() override;

 private:
  Mutex mutex_;
  std::int64_t offset_ GUARDED_BY(mutex_);    // wall minus steady, in us, as believed now
  std::int64_t adjusted_ GUARDED_BY(mutex_);  // steady time of the last step towards the wall clock
};

}  // namespace muster::runtime

#endif  // MUSTER_DISPATCHER_RUNTIME_CLOCK_H_
