// The few fields of the server's JSON answers that the SDK needs. Threads: pure functions. Untrusted input.
#ifndef MUSTER_WORKER_SDK_NATS_JSON_H_
#define MUSTER_WORKER_SDK_NATS_JSON_H_

#include <chrono>
#include <string>
#include <string_view>

#include "schemas/status.h"
#include "worker_sdk/nats/link.h"

namespace muster::link {

// The answer to a stored publish: the receipt, or kQueueFull, kTooLarge, kUnavailable, kInternal with the server's
// text.
Result<StoreReceipt> ParseReceipt(std::string_view json, std::string_view subject);
// The answer to $JS.API.STREAM.MSG.GET.<stream>. kNotFound where there is no such message.
Result<StreamMessage> ParseStreamMessage(const std::string& json, std::string_view stream);
Result<StreamStatus> ParseStreamStatus(const std::string& json, std::string_view stream);
// Only whether it is an error.
Status ParseAnswer(const std::string& json, std::string_view stream);
// The INFO line of a server's greeting, without "INFO ".
Result<ServerInfo> ParseServerInfo(const std::string& json);

// `text` as a JSON string, with its quotes.
std::string Quote(std::string_view text);

}  // namespace muster::link

#endif  // MUSTER_WORKER_SDK_NATS_JSON_H_
