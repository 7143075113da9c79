#include "dispatcher/adapters/nats/queue_table.h"

#include "dispatcher/adapters/nats/consumers.h"
#include "schemas/limits.h"
#include "schemas/subjects.h"

namespace muster::adapters::nats {

Queue* QueueTable::Add(Priority priority, const std::string& subject) {
  if (Queue* known = Find(subject)) return known;
  if (queues_.size() >= limits::kQueuesMax) return nullptr;
  Queue& queue = queues_.emplace_back();
  queue.index = static_cast<std::uint32_t>(queues_.size() - 1);
  queue.priority = priority;
  queue.subject = subject;
  queue.consumer = ConsumerName(subject, epoch_);
  queue.next_subject = "$JS.API.CONSUMER.MSG.NEXT." + subjects::TaskStream(priority) + "." + queue.consumer;
  by_subject_.emplace(subject, &queue);
  if (const auto address = subjects::ParseTask(subject); address.ok()) {
    queue.name = address->queue;
    by_name_[static_cast<std::size_t>(priority)].emplace(queue.name, &queue);
  } else {
    queue.credit.Ask(kStandingCredit);
  }
  return &queue;
}

Queue* QueueTable::Add(Priority priority, std::string_view queue) {
  if (Queue* known = Find(priority, queue)) return known;
  if (!subjects::CheckName("queue", queue).ok()) return nullptr;
  return Add(priority, subjects::Task(priority, queue));
}

Queue* QueueTable::Find(std::string_view subject) {
  const auto found = by_subject_.find(subject);
  return found == by_subject_.end() ? nullptr : found->second;
}

Queue* QueueTable::Find(Priority priority, std::string_view queue) {
  const auto& map = by_name_[static_cast<std::size_t>(priority)];
  const auto found = map.find(queue);
  return found == map.end() ? nullptr : found->second;
}

}  // namespace muster::adapters::nats
