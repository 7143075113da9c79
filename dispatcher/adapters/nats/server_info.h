// ServerInfo: what a NATS server says of itself in the first line of every connection. The client library keeps it to
// itself, so one plain connection is made to read it.
#ifndef MUSTER_DISPATCHER_ADAPTERS_NATS_SERVER_INFO_H_
#define MUSTER_DISPATCHER_ADAPTERS_NATS_SERVER_INFO_H_

#include <chrono>
#include <string>
#include <string_view>

#include "schemas/status.h"

namespace muster::adapters::nats {

struct ServerInfo {
  std::string name;
  std::string version = "unknown";  // "2.10.27"
  int major = 0;
  int minor = 0;  // 0.0 = unknown
  bool jetstream = false;

  bool known() const { return major != 0; }
  bool AtLeast(int want_major, int want_minor) const {
    return major > want_major || (major == want_major && minor >= want_minor);
  }
};

// `url` as in nats://user@host:4222 or host:4222. Blocks for `timeout` at most.
Result<ServerInfo> ReadServerInfo(const std::string& url, std::chrono::milliseconds timeout);

// The line `INFO {…}`. kBadMessage when it is something else.
Result<ServerInfo> ParseServerInfo(std::string_view line);

enum class ServerAge { kRecommended, kAcceptable, kTooOld, kUnknown };
ServerAge AgeOf(const ServerInfo& info);

}  // namespace muster::adapters::nats

#endif  // MUSTER_DISPATCHER_ADAPTERS_NATS_SERVER_INFO_H_
