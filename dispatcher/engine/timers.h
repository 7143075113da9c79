// Timers: what the engine must look at later. A heap of (time, kind, subject); entries are never removed, the one who
// pops them checks by the generation whether they still mean anything. Equal times are served in order of arming.
#ifndef MUSTER_DISPATCHER_ENGINE_TIMERS_H_
#define MUSTER_DISPATCHER_ENGINE_TIMERS_H_

#include <algorithm>
#include <cstdint>
#include <deque>
#include <vector>

#include "dispatcher/engine/time.h"

namespace muster::engine {

enum class TimerKind : std::uint8_t {
  kTaskDue,       // delayed task becomes ready
  kAccept,        // an assignment was not confirmed
  kRunTimeout,    // an attempt ran too long
  kDeadline,      // the task is of no use any more
  kCancelGrace,   // a cancel was not confirmed
  kWorkerSilent,  // subject: worker index, generation: incarnation
  kPublish,       // subject low bits: token of a result to publish again
  kDelayedDue,    // the head of what rests in MUSTER_DELAYED
  kReconcileEnd,
  kInventory,
  kScaling,
  kForget,  // old finished ids
};

struct Timer {
  Time at = kNever;
  std::uint64_t order = 0;
  TimerKind kind = TimerKind::kTaskDue;
  std::uint64_t subject = 0;
  std::uint64_t generation = 0;
};

class Timers {
 public:
  void Arm(Time at, TimerKind kind, std::uint64_t subject = 0, std::uint64_t generation = 0) {
    heap_.push_back(Timer{at, ++order_, kind, subject, generation});
    std::push_heap(heap_.begin(), heap_.end(), Later);
  }
  // For a delay that is the same for all: entries arrive in order of time, so a queue does, and costs nothing to sort.
  void ArmAccept(Time at, std::uint64_t subject, std::uint64_t generation) {
    accepts_.push_back(Timer{at, ++order_, TimerKind::kAccept, subject, generation});
  }
  Time Next() const {
    const Time heap = heap_.empty() ? kNever : heap_.front().at;
    const Time accept = accepts_.empty() ? kNever : accepts_.front().at;
    return std::min(heap, accept);
  }
  // The oldest that is due. False when none is.
  bool Pop(Time now, Timer* timer) {
    if (Next() > now) return false;
    const bool accept = !accepts_.empty() && (heap_.empty() || accepts_.front().at <= heap_.front().at);
    if (accept) {
      *timer = accepts_.front();
      accepts_.pop_front();
      return true;
    }
    std::pop_heap(heap_.begin(), heap_.end(), Later);
    *timer = heap_.back();
    heap_.pop_back();
    return true;
  }
  // Drops heads of the accept queue for which `stale` holds, so that Next() does not wake the loop for nothing.
  template <typename Stale>
  void DropStaleAccepts(const Stale& stale) {
    while (!accepts_.empty() && stale(accepts_.front())) accepts_.pop_front();
  }

 private:
  static bool Later(const Timer& a, const Timer& b) { return a.at != b.at ? a.at > b.at : a.order > b.order; }

  std::vector<Timer> heap_;
  std::deque<Timer> accepts_;
  std::uint64_t order_ = 0;
};

}  // namespace muster::engine

#endif  // MUSTER_DISPATCHER_ENGINE_TIMERS_H_
