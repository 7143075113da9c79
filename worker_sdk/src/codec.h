// Codec: between the session's values and the bytes of docs/protocol.md. Threads: pure functions. Untrusted input.
#ifndef MUSTER_WORKER_SDK_CODEC_H_
#define MUSTER_WORKER_SDK_CODEC_H_

#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "muster/options.h"
#include "muster/v1/task.pb.h"
#include "worker_sdk/src/session.h"
#include "worker_sdk/src/system_load.h"

namespace muster::session {

// What Assignment::body points to.
struct TaskBody {
  v1::Task task;
  std::map<std::string, std::string> labels;
};

// kBadMessage for bytes that are not the message.
Result<Event> DecodeAssignments(std::string_view data);
Result<Event> DecodeControl(std::string_view data);

// Who speaks; goes into every message.
struct Identity {
  std::string worker;
  std::uint64_t incarnation = 0;
};

std::string EncodeHello(const Identity& who, const WorkerOptions& options, const std::vector<std::string>& types,
                        const Holding& holding, bool draining);
std::string EncodeInventory(const Identity& who, const Holding& holding);
std::string EncodeBeat(const Identity& who, const Beat& beat, const SystemLoad& load,
                       const std::map<std::string, double>& gauges);
std::string EncodeBye(const Identity& who, std::string_view reason);

// As many reports from the front as fit into one message, one at least; takes them off `reports`.
// `data` is overwritten; it keeps its capacity.
void EncodeReports(const Identity& who, std::span<const Report>& reports, std::string& data);

}  // namespace muster::session

#endif  // MUSTER_WORKER_SDK_CODEC_H_
