// The streams: five work queues for tasks, results, dead letters, what waits long. Made at the start, or brought to our
// configuration where JetStream allows it; what an operator set beyond that (replicas, placement, a bound) stays.
#ifndef MUSTER_DISPATCHER_ADAPTERS_NATS_STREAMS_H_
#define MUSTER_DISPATCHER_ADAPTERS_NATS_STREAMS_H_

#include "dispatcher/adapters/nats/js_api.h"
#include "dispatcher/adapters/nats/server_info.h"
#include "dispatcher/adapters/nats_transport.h"

namespace muster::adapters::nats {

// kConflict names the stream and the field that differs for good.
Status EnsureStreams(JsApi& api, const NatsOptions& options, const ServerInfo& server);

// Whether a stream takes a time to live per message (servers from 2.11).
bool TakesTtl(const ServerInfo& server);

}  // namespace muster::adapters::nats

#endif  // MUSTER_DISPATCHER_ADAPTERS_NATS_STREAMS_H_
