// The greeting of a NATS server: the first line it sends on a fresh socket tells its version. The NATS library keeps
// that to itself.
#ifndef MUSTER_WORKER_SDK_NATS_GREETING_H_
#define MUSTER_WORKER_SDK_NATS_GREETING_H_

#include <chrono>
#include <string>
#include <string_view>

#include "schemas/status.h"

namespace muster::link {

// The JSON of the INFO line of the server at `url` ("nats://host:port"). Any thread; waits for `timeout` at most.
// kUnavailable where nobody answers, kTimeout, kInternal where it is no NATS server.
Result<std::string> ReadGreeting(std::string_view url, std::chrono::milliseconds timeout);

}  // namespace muster::link

#endif  // MUSTER_WORKER_SDK_NATS_GREETING_H_
