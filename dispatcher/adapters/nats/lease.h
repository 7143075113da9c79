// The lease: the bucket MUSTER_LEASE, whose key `epoch` holds the number of the newest dispatcher. Written by
// compare-and-set only; the broker's own fencing (consumers named by the epoch) does the rest.
#ifndef MUSTER_DISPATCHER_ADAPTERS_NATS_LEASE_H_
#define MUSTER_DISPATCHER_ADAPTERS_NATS_LEASE_H_

#include <cstdint>

#include "dispatcher/adapters/nats/js_api.h"

namespace muster::adapters::nats {

struct LeaseValue {
  std::uint64_t epoch = 0;  // 0: nobody was here yet
  std::uint64_t revision = 0;
};

Status EnsureLeaseBucket(JsApi& api, int replicas);
Result<LeaseValue> ReadLease(JsApi& api);
// max(stored, at_least) + 1, written; tries again when another one was faster.
Result<std::uint64_t> TakeNextEpoch(JsApi& api, std::uint64_t at_least);

}  // namespace muster::adapters::nats

#endif  // MUSTER_DISPATCHER_ADAPTERS_NATS_LEASE_H_
