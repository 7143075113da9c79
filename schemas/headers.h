// The Muster-* headers: everything a plain NATS client can say about a task, next to its payload.
//
// One table lists them (docs/protocol.md is checked against it). The decoder in schemas/task_codec.h reads them.
#ifndef MUSTER_SCHEMAS_HEADERS_H_
#define MUSTER_SCHEMAS_HEADERS_H_

#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace muster {

// As they came, in order; names compare without regard to case.
using Headers = std::vector<std::pair<std::string, std::string>>;

// The first value of a header, or an empty view.
std::string_view FindHeader(const Headers& headers, std::string_view name);

struct HeaderInfo {
  std::string_view name;     // "Muster-Timeout"
  std::string_view field;    // the field of muster.v1.Task it sets
  std::string_view form;     // "duration with a unit"
  std::string_view example;  // "30s"
};
std::span<const HeaderInfo> TaskHeaders();

// Content type that says: the payload is a muster.v1.Task.
inline constexpr std::string_view kTaskContentType = "application/x-muster-task";
inline constexpr std::string_view kContentTypeHeader = "Content-Type";
inline constexpr std::string_view kMsgIdHeader = "Nats-Msg-Id";

}  // namespace muster

#endif  // MUSTER_SCHEMAS_HEADERS_H_
