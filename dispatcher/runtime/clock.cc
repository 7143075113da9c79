#include "dispatcher/runtime/clock.h"

namespace muster::runtime {
namespace {

using engine::Duration;

std::int64_t WallMicros() {
  return std::chrono::duration_cast<Duration>(std::chrono::system_clock::now().time_since_epoch()).count();
}
std::int64_t SteadyMicros() {
  return std::chrono::duration_cast<Duration>(std::chrono::steady_clock::now().time_since_epoch()).count();
}

// How fast the clock follows the wall clock when somebody sets it: by one part in this many of the time that passes.
// A leap of the wall clock by an hour must not expire leases and deadlines at once.
constexpr std::int64_t kSlewParts = 20;

}  // namespace

SystemClock::SystemClock() : offset_(WallMicros() - SteadyMicros()), adjusted_(SteadyMicros()) {}

engine::Time SystemClock::Now() {
  const std::int64_t steady = SteadyMicros();
  const std::int64_t wanted = WallMicros() - steady;
  MutexLock lock(&mutex_);
  const std::int64_t step_max = (steady - adjusted_) / kSlewParts;
  // Steps smaller than what passed keep the clock from running backwards.
  if (step_max > 0) {
    const std::int64_t off = wanted - offset_;
    offset_ += off > step_max ? step_max : (off < -step_max ? -step_max : off);
    adjusted_ = steady;
  }
  return engine::FromUnixMicros(steady + offset_);
}

}  // namespace muster::runtime
