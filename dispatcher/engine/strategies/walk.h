// Walks over the allowed workers of a selection.
#ifndef MUSTER_DISPATCHER_ENGINE_STRATEGIES_WALK_H_
#define MUSTER_DISPATCHER_ENGINE_STRATEGIES_WALK_H_

#include <algorithm>
#include <bit>

#include "dispatcher/engine/strategies/strategy.h"

namespace muster::engine {

// The first allowed member of `set` at or after `start`, around the end.
inline WorkerIndex FirstAllowedIn(const Selection& selection, const Bitmap& set, WorkerIndex start) {
  const Bitmap& capable = selection.task_class.capable;
  const std::size_t words = std::min(set.words(), capable.words());
  if (words == 0) return kNoWorker;
  const std::size_t first = start / 64 < words ? start / 64 : 0;
  const std::uint64_t from = start / 64 < words ? ~std::uint64_t{0} << (start % 64) : ~std::uint64_t{0};
  // The first word is visited twice: its bits from `start` on, and at the end those before it.
  for (std::size_t i = 0; i <= words; ++i) {
    const std::size_t word = (first + i) % words;
    std::uint64_t bits = set.word(word) & capable.word(word);
    if (i == 0) bits &= from;
    if (i == words) bits &= ~from;
    for (; bits != 0; bits &= bits - 1) {
      const auto index = static_cast<WorkerIndex>(word * 64 + static_cast<std::size_t>(std::countr_zero(bits)));
      if (selection.Fits(index)) return index;
    }
  }
  return kNoWorker;
}

// Workers with a free slot first, then those with prefetch room.
inline WorkerIndex FirstAllowedFrom(const Selection& selection, WorkerIndex start) {
  const WorkerIndex free = FirstAllowedIn(selection, selection.roster.free_slot(), start);
  return free != kNoWorker ? free : FirstAllowedIn(selection, selection.roster.open(), start);
}

}  // namespace muster::engine

#endif  // MUSTER_DISPATCHER_ENGINE_STRATEGIES_WALK_H_
