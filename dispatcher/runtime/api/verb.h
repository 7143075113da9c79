// Verb: one question or command of muster.api.<noun>.<verb>. One file per noun, one line per verb in verbs.cc.
//
// Threads: the loop's. Requests are untrusted; a handler gives an error status, which becomes ApiReply.error.
#ifndef MUSTER_DISPATCHER_RUNTIME_API_VERB_H_
#define MUSTER_DISPATCHER_RUNTIME_API_VERB_H_

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "dispatcher/engine/engine.h"
#include "dispatcher/engine/event.h"
#include "dispatcher/runtime/health.h"
#include "dispatcher/runtime/latency.h"
#include "muster/v1/admin.pb.h"
#include "schemas/status.h"

namespace muster::runtime {

// What handlers may look at.
struct ApiContext {
  const engine::Engine* engine = nullptr;
  const Health* health = nullptr;
  const LatencyRing* wait = nullptr;   // stored -> assigned
  const LatencyRing* total = nullptr;  // stored -> ended
  std::string version;
  engine::Time now = engine::kUnset;
  engine::Time started = engine::kUnset;
};

struct QueueAddress {
  Priority priority = Priority::kNormal;
  std::string queue;
  bool operator==(const QueueAddress&) const = default;
};

struct ApiCall {
  const ApiContext* context = nullptr;
  std::string_view data;    // the request: JSON when it begins with '{', else protobuf
  std::uint64_t token = 0;  // for the command's event

  // What the handler gives: a reply, or an event whose answer becomes the reply, or queues to wait for.
  v1::ApiReply reply;
  std::optional<engine::Event> command;
  std::vector<QueueAddress> ensure;
};

struct Verb {
  std::string_view noun;
  std::string_view verb;
  // Commands change something: handled with the events of the turn, answered once that is durable. Questions are
  // handled after the turn.
  bool is_command;
  Status (*handle)(ApiCall* call);
};

std::span<const Verb> Verbs();
// kBadRequest naming the nearest verb when there is none of that name.
Result<const Verb*> FindVerb(std::string_view noun, std::string_view verb);

bool IsJson(std::string_view data);
// kBadRequest saying what does not parse.
Status ParseRequest(std::string_view data, google::protobuf::Message* request);
// In the request's own form.
std::string EncodeReply(const v1::ApiReply& reply, bool json);

// The handlers, by noun.
Status ShowTask(ApiCall* call);
Status ListTasks(ApiCall* call);
Status ExplainTask(ApiCall* call);
Status CancelTask(ApiCall* call);
Status ListWorkers(ApiCall* call);
Status ShowWorker(ApiCall* call);
Status DrainWorker(ApiCall* call);
Status UndrainWorker(ApiCall* call);
Status ListQueues(ApiCall* call);
Status ShowQueue(ApiCall* call);
Status PauseQueue(ApiCall* call);
Status ResumeQueue(ApiCall* call);
Status EnsureQueue(ApiCall* call);
Status ListStrategies(ApiCall* call);
Status SetStrategy(ApiCall* call);
Status ShowStats(ApiCall* call);
Status ShowHealth(ApiCall* call);

}  // namespace muster::runtime

#endif  // MUSTER_DISPATCHER_RUNTIME_API_VERB_H_
