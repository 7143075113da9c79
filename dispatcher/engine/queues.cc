#include "dispatcher/engine/queues.h"

#include "schemas/limits.h"

namespace muster::engine {

QueueIndex QueueTable::Ensure(Priority priority, std::string_view name) {
  auto found = by_name_.find(name);
  if (found == by_name_.end()) {
    if (queues_.size() >= limits::kQueuesMax) return kNoQueue;
    std::array<QueueIndex, kPriorities> none{};
    none.fill(kNoQueue);
    found = by_name_.emplace(std::string(name), none).first;
  }
  QueueIndex& index = found->second[static_cast<std::size_t>(priority)];
  if (index == kNoQueue) {
    if (queues_.size() >= limits::kQueuesMax) return kNoQueue;
    index = static_cast<QueueIndex>(queues_.size());
    queues_.emplace_back();
    queues_.back().name = name;
    queues_.back().priority = priority;
  }
  return index;
}

QueueIndex QueueTable::Find(Priority priority, std::string_view name) const {
  const auto found = by_name_.find(name);
  return found == by_name_.end() ? kNoQueue : found->second[static_cast<std::size_t>(priority)];
}

std::vector<QueueIndex> QueueTable::Sorted() const {
  std::vector<QueueIndex> sorted;
  for (const auto& [name, by_priority] : by_name_) {
    for (QueueIndex index : by_priority) {
      if (index != kNoQueue) sorted.push_back(index);
    }
  }
  return sorted;
}

std::int64_t CreditToAsk(const CreditInputs& in) {
  const std::int64_t ahead = std::max<std::int64_t>(0, in.look_ahead - in.waiting);
  const std::int64_t window = in.free_slots + in.look_ahead + in.incomplete;
  const std::int64_t wanted = in.free_slots + ahead + in.incomplete - in.outstanding;
  const std::int64_t ask = std::min(wanted, in.room);
  if (ask <= 0) return 0;
  return in.outstanding == 0 || ask >= std::max<std::int64_t>(1, window / 4) ? ask : 0;
}

}  // namespace muster::engine
