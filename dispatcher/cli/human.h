// Times, sizes, counts and names in the form people read. Threads: pure functions.
#ifndef MUSTER_DISPATCHER_CLI_HUMAN_H_
#define MUSTER_DISPATCHER_CLI_HUMAN_H_

#include <cstdint>
#include <string>
#include <string_view>

#include "muster/v1/task.pb.h"
#include "schemas/priority.h"

namespace muster::cli {

// "just now", "3m ago", "in 2h"; "-" for 0. Both in unix ms.
std::string Ago(std::int64_t time_ms, std::int64_t now_ms);
// "250ms", "1.5s", "3m", "2h", "5d": two significant figures at most are worth reading.
std::string ShortDuration(double ms);
// "512 B", "4.0 KiB", "1.2 GiB".
std::string HumanSize(std::uint64_t bytes);
// "1,234,567".
std::string HumanCount(std::uint64_t count);
// "12.3" with `digits` after the point.
std::string Fixed(double value, int digits);
// "2026-03-01T12:00:00Z"; "-" for 0.
std::string UtcTime(std::int64_t time_ms);

// "running" for TASK_STATE_RUNNING.
std::string StateName(v1::TaskState state);
// TASK_STATE_UNSPECIFIED where there is no such state.
v1::TaskState ParseState(std::string_view name);
bool IsTerminal(v1::TaskState state);
// "high" for PRIORITY_HIGH; "normal" for PRIORITY_UNSPECIFIED.
std::string_view PriorityText(v1::Priority priority);
v1::Priority ToProto(Priority priority);
// "not_found" for ERROR_CODE_NOT_FOUND.
std::string ErrorName(v1::ErrorCode code);

}  // namespace muster::cli

#endif  // MUSTER_DISPATCHER_CLI_HUMAN_H_
