#include "dispatcher/engine/retry.h"

#include <algorithm>

namespace muster::engine {

Duration RetryDelay(const RetryPolicy& policy, std::uint32_t failures, Random* random) {
  const std::int64_t base = policy.base_delay.count();
  const std::int64_t longest = policy.max_delay.count();
  std::int64_t delay = base;
  switch (policy.strategy) {
    case RetryStrategy::kFixed: break;
    case RetryStrategy::kLinear:
      delay = base > longest / std::max<std::int64_t>(failures, 1) ? longest : base * failures;
      break;
    case RetryStrategy::kExponential:
    case RetryStrategy::kJittered:
      for (std::uint32_t n = 1; n < failures && delay < longest; ++n) delay *= 2;
      break;
  }
  delay = std::min(delay, longest);
  if (policy.strategy == RetryStrategy::kJittered) {
    const double factor = 0.75 + 0.5 * random->Unit();
    delay = std::min(longest, static_cast<std::int64_t>(static_cast<double>(delay) * factor));
  }
  return Duration(std::max<std::int64_t>(delay, 0));
}

bool IsRetryable(ErrorCode code) {
  return code != ErrorCode::kPermanent && code != ErrorCode::kBadRequest;
}

}  // namespace muster::engine
