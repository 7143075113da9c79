// Waiting for tasks with a progress bar: shared by task wait, task submit --wait and dead replay.
#ifndef MUSTER_DISPATCHER_CLI_VERBS_TASK_WAIT_H_
#define MUSTER_DISPATCHER_CLI_VERBS_TASK_WAIT_H_

#include <chrono>
#include <optional>
#include <string>
#include <vector>

#include "dispatcher/cli/api.h"
#include "dispatcher/cli/context.h"

namespace muster::cli {

// kOk only when all succeeded; kFailed, kTimedOut, kNotFound otherwise.
Exit WaitFor(Context& context, Api& api, const std::vector<std::string>& ids, bool submitted_before,
             std::optional<std::chrono::milliseconds> timeout);

}  // namespace muster::cli

#endif  // MUSTER_DISPATCHER_CLI_VERBS_TASK_WAIT_H_
