#include "dispatcher/engine/types.h"

#include <xxhash.h>

#include <array>

#include "dispatcher/engine/turn.h"

namespace muster::engine {
namespace {

int HexDigit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  return -1;
}

// The 128 bits of a UUID in its canonical form; false for any other text.
bool ParseUuid(std::string_view text, TaskId* id) {
  if (text.size() != 36) return false;
  std::uint64_t words[2] = {0, 0};
  int digits = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (i == 8 || i == 13 || i == 18 || i == 23) {
      if (text[i] != '-') return false;
      continue;
    }
    const int digit = HexDigit(text[i]);
    if (digit < 0) return false;
    words[digits / 16] = (words[digits / 16] << 4) | static_cast<std::uint64_t>(digit);
    ++digits;
  }
  *id = TaskId{words[0], words[1]};
  return true;
}

}  // namespace

TaskId TaskIdOf(std::string_view text) {
  TaskId id;
  if (ParseUuid(text, &id)) return id;
  const XXH128_hash_t hash = XXH3_128bits(text.data(), text.size());
  return TaskId{hash.high64, hash.low64};
}

std::string_view TaskStateName(TaskState state) {
  static constexpr std::array<std::string_view, kTaskStates> kNames = {"none",   "queued",   "delayed",   "blocked",
                                                                       "parked", "assigned", "running",   "succeeded",
                                                                       "failed", "dead",     "cancelled", "expired"};
  return kNames[static_cast<std::size_t>(state)];
}

std::string_view IncidentName(Incident incident) {
  static constexpr std::array<std::string_view, kIncidents> kNames = {
      "duplicate_submission", "undecodable", "stale_report",   "unknown_worker", "bad_worker_message",
      "assignment_resent",    "given_back",  "reacknowledged", "limit_reached"};
  return kNames[static_cast<std::size_t>(incident)];
}

}  // namespace muster::engine
