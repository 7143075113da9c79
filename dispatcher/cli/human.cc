#include "dispatcher/cli/human.h"

#include <array>
#include <cstdio>
#include <ctime>

namespace muster::cli {
namespace {

std::string LowerAfter(std::string_view name, std::string_view prefix) {
  if (name.substr(0, prefix.size()) == prefix) name.remove_prefix(prefix.size());
  std::string lower(name);
  for (char& c : lower) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return lower;
}

std::string Whole(double value, const char* unit) {
  return Fixed(value, 0) + unit;
}

}  // namespace

std::string Fixed(double value, int digits) {
  std::array<char, 64> buffer{};
  std::snprintf(buffer.data(), buffer.size(), "%.*f", digits, value);
  return buffer.data();
}

std::string ShortDuration(double ms) {
  if (ms < 0) return "-" + ShortDuration(-ms);
  if (ms == 0) return "0s";
  if (ms < 10) return Fixed(ms, ms < 1 ? 2 : 1) + "ms";
  if (ms < 1000) return Whole(ms, "ms");
  const double s = ms / 1000;
  if (s < 10) return Fixed(s, 1) + "s";
  if (s < 120) return Whole(s, "s");
  if (s < 7200) return std::to_string(static_cast<std::int64_t>(s / 60)) + "m";
  if (s < 172800) return std::to_string(static_cast<std::int64_t>(s / 3600)) + "h";
  return std::to_string(static_cast<std::int64_t>(s / 86400)) + "d";
}

std::string Ago(std::int64_t time_ms, std::int64_t now_ms) {
  if (time_ms == 0) return "-";
  const std::int64_t past_ms = now_ms - time_ms;
  if (past_ms > -1000 && past_ms < 1000) return "just now";
  // Whole seconds: tenths of a second of an age are noise.
  const auto rounded = static_cast<double>((past_ms < 0 ? -past_ms : past_ms) / 1000);
  std::string length = rounded < 120 ? Whole(rounded, "s") : ShortDuration(rounded * 1000);
  return past_ms < 0 ? "in " + length : length + " ago";
}

std::string HumanSize(std::uint64_t bytes) {
  if (bytes < 1024) return std::to_string(bytes) + " B";
  static constexpr std::array<const char*, 5> kUnits = {" KiB", " MiB", " GiB", " TiB", " PiB"};
  double value = static_cast<double>(bytes) / 1024;
  std::size_t unit = 0;
  // Up when it would print as 1024.0.
  while (value >= 1023.95 && unit + 1 < kUnits.size()) value /= 1024, ++unit;
  return Fixed(value, 1) + kUnits[unit];
}

std::string HumanCount(std::uint64_t count) {
  std::string digits = std::to_string(count);
  for (std::size_t at = digits.size(); at > 3; at -= 3) digits.insert(at - 3, ",");
  return digits;
}

std::string UtcTime(std::int64_t time_ms) {
  if (time_ms == 0) return "-";
  const std::time_t seconds = time_ms / 1000;
  std::tm parts{};
  if (gmtime_r(&seconds, &parts) == nullptr) return "-";
  std::array<char, 40> buffer{};
  std::strftime(buffer.data(), buffer.size(), "%Y-%m-%dT%H:%M:%SZ", &parts);
  return buffer.data();
}

std::string StateName(v1::TaskState state) {
  if (!v1::TaskState_IsValid(state)) return "state-" + std::to_string(static_cast<int>(state));
  return LowerAfter(v1::TaskState_Name(state), "TASK_STATE_");
}

v1::TaskState ParseState(std::string_view name) {
  for (int i = v1::TaskState_MIN; i <= v1::TaskState_MAX; ++i) {
    if (v1::TaskState_IsValid(i) && StateName(static_cast<v1::TaskState>(i)) == name) {
      return static_cast<v1::TaskState>(i);
    }
  }
  return v1::TASK_STATE_UNSPECIFIED;
}

bool IsTerminal(v1::TaskState state) {
  return state >= v1::TASK_STATE_SUCCEEDED;
}

std::string_view PriorityText(v1::Priority priority) {
  const int index = static_cast<int>(priority) - 1;
  if (index < 0 || index >= kPriorities) return "normal";
  return PriorityName(static_cast<Priority>(index));
}

v1::Priority ToProto(Priority priority) {
  return static_cast<v1::Priority>(static_cast<int>(priority) + 1);
}

std::string ErrorName(v1::ErrorCode code) {
  if (!v1::ErrorCode_IsValid(code)) return "error-" + std::to_string(static_cast<int>(code));
  return LowerAfter(v1::ErrorCode_Name(code), "ERROR_CODE_");
}

}  // namespace muster::cli
