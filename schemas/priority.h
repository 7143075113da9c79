// The five priorities. The number is the order of service (0 first) and an index into arrays.
#ifndef MUSTER_SCHEMAS_PRIORITY_H_
#define MUSTER_SCHEMAS_PRIORITY_H_

#include <array>
#include <cstdint>
#include <optional>
#include <string_view>

namespace muster {

enum class Priority : std::uint8_t { kCritical = 0, kHigh = 1, kNormal = 2, kLow = 3, kBackground = 4 };

inline constexpr int kPriorities = 5;
inline constexpr std::array<Priority, kPriorities> kAllPriorities = {
    Priority::kCritical, Priority::kHigh, Priority::kNormal, Priority::kLow, Priority::kBackground};

// "critical", "high", "normal", "low", "background": the token in subjects, flags and metrics.
constexpr std::string_view PriorityName(Priority priority) {
  constexpr std::array<std::string_view, kPriorities> kNames = {"critical", "high", "normal", "low", "background"};
  return kNames[static_cast<std::size_t>(priority)];
}

constexpr std::optional<Priority> ParsePriority(std::string_view name) {
  for (Priority priority : kAllPriorities) {
    if (PriorityName(priority) == name) return priority;
  }
  return std::nullopt;
}

}  // namespace muster

#endif  // MUSTER_SCHEMAS_PRIORITY_H_
