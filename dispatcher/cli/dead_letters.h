// Reading the stream of dead letters. Threads: any, like Link.
#ifndef MUSTER_DISPATCHER_CLI_DEAD_LETTERS_H_
#define MUSTER_DISPATCHER_CLI_DEAD_LETTERS_H_

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>

#include "dispatcher/cli/api.h"
#include "muster/v1/task.pb.h"

namespace muster::cli {

struct StoredLetter {
  v1::DeadLetter letter;
  std::uint64_t sequence = 0;
  std::string queue;
};

// Calls `visit` for letters of `queue` (empty = all) in the order they came, until it says no.
// kUnavailable where there is no such stream (musterd makes it).
Status ReadDeadLetters(Api& api, const std::string& queue, const std::function<bool(StoredLetter)>& visit);

// The newest letter with this id. kNotFound.
Result<StoredLetter> FindDeadLetter(Api& api, const std::string& id);

}  // namespace muster::cli

#endif  // MUSTER_DISPATCHER_CLI_DEAD_LETTERS_H_
