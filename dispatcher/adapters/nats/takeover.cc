#include "dispatcher/adapters/nats/takeover.h"

#include "dispatcher/adapters/nats/consumers.h"
#include "schemas/subjects.h"

namespace muster::adapters::nats {
namespace {

Status NewerEpoch(const ConsumerInfo& consumer, std::uint64_t epoch) {
  return {ErrorCode::kConflict,
          "a dispatcher with epoch " + std::to_string(consumer.epoch) + " is newer than ours, " +
              std::to_string(epoch) + "; stop this one or start it again to take over",
          consumer.name};
}

}  // namespace

Result<std::vector<QueueLeft>> TakeOver(JsApi& api, std::uint64_t epoch, QueueTable* queues) {
  std::vector<QueueLeft> left;
  for (Priority priority : kAllPriorities) {
    const std::string stream = subjects::TaskStream(priority);
    Result<std::vector<ConsumerInfo>> consumers = ListConsumers(api, stream);
    if (!consumers.ok()) return consumers.status();
    for (const ConsumerInfo& old : *consumers) {
      if (old.epoch > epoch) return NewerEpoch(old, epoch);
    }
    for (const ConsumerInfo& old : *consumers) {
      if (old.epoch == 0) continue;  // not ours; reported when it is in the way of a queue
      std::lock_guard lock(queues->mutex());
      if (old.epoch < epoch) {
        if (Status status = DeleteConsumer(api, stream, old.name); !status.ok()) return status;
      }
      Queue* queue = queues->Add(priority, old.filter);
      if (queue == nullptr) continue;  // over the limit; discovery complains
      bool newer = false;
      if (Status status = ClaimSubject(api, epoch, stream, queue->consumer, queue->subject, &newer); !status.ok()) {
        return status;
      }
      queue->ready = true;
      queue->moved = true;  // so that its numbers are read and told
      if (!queue->name.empty()) left.push_back({priority, queue->name, old.unacked});
    }
  }
  return left;
}

Status ClaimSubject(JsApi& api, std::uint64_t epoch, const std::string& stream, const std::string& name,
                    const std::string& subject, bool* newer) {
  *newer = false;
  Status status = CreateConsumer(api, stream, name, subject);
  if (status.code() != ErrorCode::kConflict) return status;
  Result<std::vector<ConsumerInfo>> consumers = ListConsumers(api, stream);
  if (!consumers.ok()) return consumers.status();
  for (const ConsumerInfo& other : *consumers) {
    if (other.epoch > epoch) {
      *newer = true;
      return NewerEpoch(other, epoch);
    }
    if (other.filter == subject && other.epoch != 0 && other.epoch < epoch) {
      if (Status gone = DeleteConsumer(api, stream, other.name); !gone.ok()) return gone;
      return CreateConsumer(api, stream, name, subject);
    }
  }
  return {ErrorCode::kConflict,
          "a consumer that is not the dispatcher's takes " + subject + " out of " + stream +
              "; find it with `nats consumer ls " + stream + "` and delete it",
          subject};
}

}  // namespace muster::adapters::nats
