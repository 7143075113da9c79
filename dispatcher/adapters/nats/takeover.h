// Takeover: the start of a new epoch. Every consumer of an older epoch is replaced by ours, so that what it was given
// and did not acknowledge is offered again at once, and whoever still holds the old one is fenced by the server.
#ifndef MUSTER_DISPATCHER_ADAPTERS_NATS_TAKEOVER_H_
#define MUSTER_DISPATCHER_ADAPTERS_NATS_TAKEOVER_H_

#include <string>
#include <vector>

#include "dispatcher/adapters/nats/js_api.h"
#include "dispatcher/adapters/nats/queue_table.h"
#include "dispatcher/adapters/nats_transport.h"

namespace muster::adapters::nats {

// Fills `queues` with what exists, marked ready. kConflict: a newer epoch holds a queue, or a consumer that is not ours
// takes the messages. Blocking; nobody else uses `queues` yet.
Result<std::vector<QueueLeft>> TakeOver(JsApi& api, std::uint64_t epoch, QueueTable* queues);

// Makes the consumer of one subject for `epoch`. An older epoch's that is in the way goes. kConflict: a newer epoch's
// is
// (`*newer` is set), or a foreign one.
Status ClaimSubject(JsApi& api, std::uint64_t epoch, const std::string& stream, const std::string& name,
                    const std::string& subject, bool* newer);

}  // namespace muster::adapters::nats

#endif  // MUSTER_DISPATCHER_ADAPTERS_NATS_TAKEOVER_H_
