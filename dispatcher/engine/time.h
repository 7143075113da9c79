// Time as the engine sees it: an argument. Microseconds since 1970 that never run backwards.
#ifndef MUSTER_DISPATCHER_ENGINE_TIME_H_
#define MUSTER_DISPATCHER_ENGINE_TIME_H_

#include <chrono>
#include <cstdint>

namespace muster::engine {

using Duration = std::chrono::microseconds;
using Time = std::chrono::sys_time<Duration>;

inline constexpr Time kNever = Time::max();
inline constexpr Time kUnset{};

constexpr std::int64_t UnixMicros(Time time) {
  return time.time_since_epoch().count();
}
constexpr std::int64_t UnixMillis(Time time) {
  return UnixMicros(time) / 1000;
}
constexpr Time FromUnixMicros(std::int64_t micros) {
  return Time(Duration(micros));
}
constexpr Time FromUnixMillis(std::int64_t millis) {
  return Time(Duration(millis * 1000));
}

}  // namespace muster::engine

#endif  // MUSTER_DISPATCHER_ENGINE_TIME_H_
