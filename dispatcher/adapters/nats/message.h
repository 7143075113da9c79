// What comes in, taken apart: the client library's messages as runtime values.
#ifndef MUSTER_DISPATCHER_ADAPTERS_NATS_MESSAGE_H_
#define MUSTER_DISPATCHER_ADAPTERS_NATS_MESSAGE_H_

#include <nats/nats.h>

#include <cstdint>
#include <string>
#include <string_view>

#include "dispatcher/runtime/transport.h"

namespace muster::adapters::nats {

// Stream, sequence and time out of "$JS.ACK.…", in its form of 9 tokens or of 11 and more (with domain and account).
// False: not such a subject.
bool ParseAckSubject(std::string_view ack, runtime::StoredMessage* out);

// A message of a task stream as pulled.
runtime::StoredMessage ToStored(natsMsg* message);
// The answer to a direct get, whose origin is in headers; those are taken out.
runtime::StoredMessage ToStoredDirect(natsMsg* message);
runtime::CoreMessage ToCore(natsMsg* message);

std::string_view Subject(const natsMsg* message);
std::string_view Data(const natsMsg* message);

// A message of the server about a request: 503 nobody listens, 408 time is over, 100 heartbeat. 0: it has a body or no
// status.
int StatusOf(natsMsg* message);
// "" when absent.
std::string_view HeaderOf(natsMsg* message, const char* name);

// "2026-03-01T12:00:00.123456789Z" in unix nanoseconds; 0 when it is something else.
std::int64_t ParseServerTime(std::string_view text);

}  // namespace muster::adapters::nats

#endif  // MUSTER_DISPATCHER_ADAPTERS_NATS_MESSAGE_H_
