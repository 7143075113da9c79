// QueueTable: the (priority, queue) pairs, what waits in each, and how much of it is asked for.
#ifndef MUSTER_DISPATCHER_ENGINE_QUEUES_H_
#define MUSTER_DISPATCHER_ENGINE_QUEUES_H_

#include <algorithm>
#include <array>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "dispatcher/engine/strategies/strategy.h"
#include "dispatcher/engine/types.h"

namespace muster::engine {

using QueueIndex = std::uint32_t;
inline constexpr QueueIndex kNoQueue = static_cast<QueueIndex>(-1);

struct QueueState {
  std::string name;
  Priority priority = Priority::kNormal;
  bool paused = false;
  std::uint64_t stored = 0;       // in the stream, not delivered
  std::int64_t outstanding = 0;   // asked for, not arrived
  std::uint64_t incomplete = 0;   // tasks whose message must still be read again
  std::int64_t mean_bytes = 512;  // of a task, over about the last sixteen
  std::array<std::uint64_t, kTaskStates> by_state{};
  std::uint64_t ended = 0;
  std::uint64_t dead = 0;
  Time probe_after = kUnset;  // full of tasks that cannot be placed: ask again then
  Time scaled_up = kUnset;
  Time scaled_down = kUnset;

  std::uint64_t Count(TaskState state) const { return by_state[static_cast<std::size_t>(state)]; }
  // In memory, ready but for a worker.
  std::uint64_t Waiting() const { return Count(TaskState::kQueued) + Count(TaskState::kParked); }
};

class QueueTable {
 public:
  // kNoQueue when limits::kQueuesMax are known and this is not one of them.
  QueueIndex Ensure(Priority priority, std::string_view name);
  QueueIndex Find(Priority priority, std::string_view name) const;
  QueueState& at(QueueIndex index) { return queues_[index]; }
  const QueueState& at(QueueIndex index) const { return queues_[index]; }
  QueueIndex end() const { return static_cast<QueueIndex>(queues_.size()); }
  // By name, then priority.
  std::vector<QueueIndex> Sorted() const;

 private:
  std::vector<QueueState> queues_;
  std::map<std::string, std::array<QueueIndex, kPriorities>, std::less<>> by_name_;
};

// How many more messages to ask for.
struct CreditInputs {
  std::int64_t free_slots = 0;  // of workers that may serve the queue
  std::int64_t look_ahead = 0;
  std::int64_t waiting = 0;
  std::int64_t incomplete = 0;
  std::int64_t outstanding = 0;
  std::int64_t room = 0;  // tasks that still fit into memory
};
// Zero where the request would be so small that it is not worth a message: a quarter of the window, unless nothing is
// asked for at all.
std::int64_t CreditToAsk(const CreditInputs& in);

}  // namespace muster::engine

#endif  // MUSTER_DISPATCHER_ENGINE_QUEUES_H_
