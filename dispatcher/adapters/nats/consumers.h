// Consumers: one durable pull consumer per task subject, named by the queue and the epoch, with that one subject as its
// filter. A work-queue stream refuses a second consumer for a subject, which is what fences an old dispatcher.
#ifndef MUSTER_DISPATCHER_ADAPTERS_NATS_CONSUMERS_H_
#define MUSTER_DISPATCHER_ADAPTERS_NATS_CONSUMERS_H_

#include <cstdint>
#include <string>
#include <vector>

#include "dispatcher/adapters/nats/js_api.h"

namespace muster::adapters::nats {

struct ConsumerInfo {
  std::string name;
  std::string filter;
  std::uint64_t epoch = 0;    // 0: not one of ours
  std::uint64_t pending = 0;  // stored, not delivered
  std::uint64_t unacked = 0;
  std::uint64_t last_delivered = 0;  // the larger of the delivered and the acknowledged stream sequence
};

// The name for a subject of a task stream: by its queue, or by a hash where the queue is no proper name. Total.
std::string ConsumerName(const std::string& subject, std::uint64_t epoch);

Result<std::vector<ConsumerInfo>> ListConsumers(JsApi& api, const std::string& stream);
Result<ConsumerInfo> AskConsumer(JsApi& api, const std::string& stream, const std::string& name);
// Repeating it is no error. kConflict: another consumer holds the subject.
Status CreateConsumer(JsApi& api, const std::string& stream, const std::string& name, const std::string& subject);
// One that is gone is no error.
Status DeleteConsumer(JsApi& api, const std::string& stream, const std::string& name);

}  // namespace muster::adapters::nats

#endif  // MUSTER_DISPATCHER_ADAPTERS_NATS_CONSUMERS_H_
