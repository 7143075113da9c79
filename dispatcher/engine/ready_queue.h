// ReadyQueue: tasks that wait for a worker, in the order in which they are to be served.
//
// A lane is a (priority, class): a heap of its tasks by rank. The lanes that may be served now form a heap by the rank
// of their heads, so the next task to place is found in O(log lanes), whatever cannot be placed now stands aside whole.
//
// Rank with ageing: time stored + priority x ageing interval. It never changes while a task waits, gives strict
// priority among tasks stored within one interval, and bounds the wait: a task is overtaken only by what was stored
// less than (difference of priorities) x interval after it. Ageing off: priority first, then time.
#ifndef MUSTER_DISPATCHER_ENGINE_READY_QUEUE_H_
#define MUSTER_DISPATCHER_ENGINE_READY_QUEUE_H_

#include <compare>
#include <cstdint>
#include <vector>

#include "dispatcher/engine/indexed_heap.h"
#include "dispatcher/engine/time.h"
#include "schemas/priority.h"

namespace muster::engine {

using TaskHandle = std::uint32_t;
using LaneIndex = std::uint32_t;
inline constexpr TaskHandle kNoTask = static_cast<TaskHandle>(-1);
inline constexpr LaneIndex kNoLane = static_cast<LaneIndex>(-1);

struct Rank {
  std::int64_t due = 0;
  std::uint64_t sequence = 0;  // of arrival: equal times are served in order of arrival
  auto operator<=>(const Rank&) const = default;
};

Rank RankOf(Priority priority, Time stored, std::uint64_t sequence, Duration ageing);

class ReadyQueue {
 public:
  struct Waiting {
    Rank rank;
    TaskHandle task = kNoTask;
  };

  LaneIndex AddLane(std::uint32_t class_index);
  // REQUIRES: the lane is empty.
  void RemoveLane(LaneIndex lane);
  std::uint32_t class_of(LaneIndex lane) const { return lanes_[lane].class_index; }
  std::size_t size(LaneIndex lane) const { return lanes_[lane].heap.size(); }
  const std::vector<Waiting>& waiting(LaneIndex lane) const { return lanes_[lane].heap; }

  void Push(LaneIndex lane, const Waiting& waiting);
  // REQUIRES: not empty.
  const Waiting& Head(LaneIndex lane) const { return lanes_[lane].heap.front(); }
  void Pop(LaneIndex lane);
  // O(n) in the lane: cancels and expiries only.
  bool Remove(LaneIndex lane, TaskHandle task);

  // A lane that is not servable keeps its tasks, but is passed over.
  void SetServable(LaneIndex lane, bool servable);
  bool servable(LaneIndex lane) const { return lanes_[lane].servable; }
  // The servable lane whose head goes first, or kNoLane.
  LaneIndex Next() const { return order_.empty() ? kNoLane : order_.top(); }

 private:
  struct Lane {
    std::uint32_t class_index = 0;
    bool servable = true;
    std::vector<Waiting> heap;
  };
  void Reorder(LaneIndex lane);

  std::vector<Lane> lanes_;
  std::vector<LaneIndex> unused_;
  IndexedHeap<Rank> order_;
};

}  // namespace muster::engine

#endif  // MUSTER_DISPATCHER_ENGINE_READY_QUEUE_H_
