// When a failed attempt is tried again.
#ifndef MUSTER_DISPATCHER_ENGINE_RETRY_H_
#define MUSTER_DISPATCHER_ENGINE_RETRY_H_

#include <cstdint>

#include "dispatcher/engine/random.h"
#include "dispatcher/engine/types.h"

namespace muster::engine {

// The delay after the `failures`th counted failure (from 1), never over policy.max_delay:
//   fixed base; linear base*n; exponential base*2^(n-1); jittered: exponential, uniform within +-25 %.
Duration RetryDelay(const RetryPolicy& policy, std::uint32_t failures, Random* random);

// False for errors that another attempt cannot mend.
bool IsRetryable(ErrorCode code);

}  // namespace muster::engine

#endif  // MUSTER_DISPATCHER_ENGINE_RETRY_H_
