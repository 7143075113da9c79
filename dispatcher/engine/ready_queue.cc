#include "dispatcher/engine/ready_queue.h"

#include <algorithm>

#include "schemas/invariant.h"

namespace muster::engine {
namespace {

// Times are below 2^51 microseconds for the next decades; a priority outweighs them all.
constexpr std::int64_t kStrictStep = std::int64_t{1} << 55;

struct Later {
  bool operator()(const ReadyQueue::Waiting& a, const ReadyQueue::Waiting& b) const { return b.rank < a.rank; }
};

}  // namespace

Rank RankOf(Priority priority, Time stored, std::uint64_t sequence, Duration ageing) {
  // Beyond ten years ageing is as good as off, and cannot overflow.
  constexpr Duration kLongest = std::chrono::hours(24 * 3650);
  const std::int64_t step = ageing > kLongest ? kStrictStep : ageing.count();
  const std::int64_t time = std::clamp<std::int64_t>(UnixMicros(stored), 0, kStrictStep - 1);
  return Rank{time + static_cast<std::int64_t>(priority) * step, sequence};
}

LaneIndex ReadyQueue::AddLane(std::uint32_t class_index) {
  LaneIndex lane = static_cast<LaneIndex>(lanes_.size());
  if (unused_.empty()) {
    lanes_.emplace_back();
  } else {
    lane = unused_.back();
    unused_.pop_back();
  }
  lanes_[lane].class_index = class_index;
  lanes_[lane].servable = true;
  return lane;
}

void ReadyQueue::RemoveLane(LaneIndex lane) {
  INVARIANT(lanes_[lane].heap.empty());
  order_.Erase(lane);
  unused_.push_back(lane);
}

void ReadyQueue::Push(LaneIndex lane, const Waiting& waiting) {
  std::vector<Waiting>& heap = lanes_[lane].heap;
  heap.push_back(waiting);
  std::push_heap(heap.begin(), heap.end(), Later());
  Reorder(lane);
}

void ReadyQueue::Pop(LaneIndex lane) {
  std::vector<Waiting>& heap = lanes_[lane].heap;
  std::pop_heap(heap.begin(), heap.end(), Later());
  heap.pop_back();
  Reorder(lane);
}

bool ReadyQueue::Remove(LaneIndex lane, TaskHandle task) {
  std::vector<Waiting>& heap = lanes_[lane].heap;
  const auto found = std::find_if(heap.begin(), heap.end(), [task](const Waiting& w) { return w.task == task; });
  if (found == heap.end()) return false;
  *found = heap.back();
  heap.pop_back();
  std::make_heap(heap.begin(), heap.end(), Later());
  Reorder(lane);
  return true;
}

void ReadyQueue::SetServable(LaneIndex lane, bool servable) {
  lanes_[lane].servable = servable;
  Reorder(lane);
}

void ReadyQueue::Reorder(LaneIndex lane) {
  const Lane& changed = lanes_[lane];
  if (changed.servable && !changed.heap.empty()) {
    order_.Put(lane, changed.heap.front().rank);
  } else {
    order_.Erase(lane);
  }
}

}  // namespace muster::engine
