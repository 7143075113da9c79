// The handler that runs a program for each task: payload on its standard input, result from its standard output.
//
// The program is started with posix_spawn (never fork: the NATS library has threads) as the leader of its own process
// group, with every other descriptor closed. It finds in its environment MUSTER_TASK_ID MUSTER_TASK_TYPE MUSTER_QUEUE
// MUSTER_ATTEMPT MUSTER_FENCING, MUSTER_DEADLINE_MS (unix time in ms, 0 = none) and MUSTER_CONTENT_TYPE. Its exit code
// is the outcome:
//   0 success · 64 65 77 78 100 permanent failure (EX_USAGE, EX_DATAERR, EX_NOPERM, EX_CONFIG) · any other, or a
//   signal: retry.
// A time-out or cancellation sends SIGTERM to the whole group, and SIGKILL after `kill_grace`.
// The end of its standard error becomes the message of the error. What it leaves running in its group is killed.
// Not part of the installed library.
#ifndef MUSTER_WORKER_SDK_EXEC_HANDLER_H_
#define MUSTER_WORKER_SDK_EXEC_HANDLER_H_

#include <chrono>
#include <string>
#include <vector>

#include "muster/task.h"

namespace muster {

struct ExecOptions {
  std::vector<std::string> command;  // program and arguments; a program without '/' is looked for on PATH
  std::vector<int> permanent_exits = {64, 65, 77, 78, 100};
  std::vector<int> retry_exits;  // wins over permanent_exits
  std::string result_content_type;
  std::chrono::milliseconds kill_grace{5000};
};

// kBadRequest where the command is empty, or an exit code is outside 1..255; kNotFound where the program is not there.
Result<Handler> MakeExecHandler(ExecOptions options);

}  // namespace muster

#endif  // MUSTER_WORKER_SDK_EXEC_HANDLER_H_
