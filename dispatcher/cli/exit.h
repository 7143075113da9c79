// The exit codes of `muster`, the same for every verb: scripts may rely on them.
#ifndef MUSTER_DISPATCHER_CLI_EXIT_H_
#define MUSTER_DISPATCHER_CLI_EXIT_H_

#include <array>
#include <cstdint>
#include <string_view>

#include "schemas/status.h"

namespace muster::cli {

enum class Exit : std::uint8_t {
  kOk = 0,
  kFailed = 1,
  kUsage = 2,
  kNotFound = 3,
  kUnavailable = 4,
  kTimedOut = 5,
};

struct ExitInfo {
  Exit code;
  std::string_view meaning;
};
inline constexpr std::array<ExitInfo, 6> kExits = {{
    {Exit::kOk, "ok"},
    {Exit::kFailed, "failed: a task did not succeed, a check found a fault, or the request was refused"},
    {Exit::kUsage, "usage: the command line or its input is wrong"},
    {Exit::kNotFound, "not found: no such task, worker, queue, file or journal"},
    {Exit::kUnavailable, "unavailable: NATS or musterd does not answer"},
    {Exit::kTimedOut, "timed out: it did not end within the time given"},
}};

// The code that says what went wrong.
constexpr Exit ExitOf(ErrorCode code) {
  switch (code) {
    case ErrorCode::kOk: return Exit::kOk;
    case ErrorCode::kBadMessage:
    case ErrorCode::kBadHeader:
    case ErrorCode::kBadQueue:
    case ErrorCode::kTooLarge:
    case ErrorCode::kBadRequest: return Exit::kUsage;
    case ErrorCode::kNotFound: return Exit::kNotFound;
    case ErrorCode::kUnavailable: return Exit::kUnavailable;
    case ErrorCode::kTimeout: return Exit::kTimedOut;
    default: return Exit::kFailed;
  }
}

}  // namespace muster::cli

#endif  // MUSTER_DISPATCHER_CLI_EXIT_H_
