// The checks of `muster doctor`: each looks at one thing and says what to do where it is wrong.
//
// Those that judge a server's answer are pure functions over its JSON. Threads: one.
#ifndef MUSTER_DISPATCHER_CLI_DOCTOR_H_
#define MUSTER_DISPATCHER_CLI_DOCTOR_H_

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "dispatcher/cli/api.h"

namespace muster::cli {

enum class Verdict : std::uint8_t { kGood, kWarning, kBad };

struct Finding {
  Verdict verdict = Verdict::kGood;
  std::string what;    // "stream MUSTER_DEAD"
  std::string detail;  // what was seen
  std::string advice;  // what to do; empty where all is well
};

// Below 2.10 is bad, 2.10 a warning.
Finding JudgeVersion(std::string_view version);
// The answer to STREAM.INFO: a stream of tasks must be a work queue, in files, refusing what is new when it is full,
// and must not age.
std::vector<Finding> JudgeStream(std::string_view name, bool is_tasks, std::string_view json);
// The answers to STREAM.INFO and CONSUMER.LIST: no consumer is ahead of its stream, all carry the epoch `epoch`
// (0 = not known).
std::vector<Finding> JudgeConsumers(std::string_view stream, std::string_view info_json, std::string_view list_json,
                                    std::uint64_t epoch);
// The clock of the server ("ts" of an answer) against ours, taken before and after.
Finding JudgeClock(std::string_view info_json, std::int64_t before_ms, std::int64_t after_ms);

// Everything that can be asked through NATS, in the order it depends on each other.
std::vector<Finding> CheckServer(Api& api);
// A journal's directory: exists, is ours, is private, has room.
std::vector<Finding> CheckDirectory(const std::string& directory);

}  // namespace muster::cli

#endif  // MUSTER_DISPATCHER_CLI_DOCTOR_H_
