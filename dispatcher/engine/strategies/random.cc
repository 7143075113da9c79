#include "dispatcher/engine/strategies/random.h"

#include "dispatcher/engine/strategies/walk.h"

namespace muster::engine {
namespace {

// Draws before the walk: with half of the set not fitting, one in 256 selections walks, which keeps the bias that a
// walk brings (a worker behind a gap is found more often) out of sight.
constexpr int kDraws = 8;

class RandomStrategy final : public Strategy {
 public:
  WorkerIndex Select(const Selection& selection) override {
    const WorkerIndex free = SelectIn(selection, selection.roster.free_slot());
    return free != kNoWorker ? free : SelectIn(selection, selection.roster.open());
  }

  double Score(const Roster&, WorkerIndex) const override { return 0; }

 private:
  static WorkerIndex SelectIn(const Selection& selection, const Bitmap& set) {
    const Bitmap& capable = selection.task_class.capable;
    const std::size_t words = std::min(set.words(), capable.words());
    std::uint32_t count = 0;
    for (std::size_t i = 0; i < words; ++i) {
      count += static_cast<std::uint32_t>(std::popcount(set.word(i) & capable.word(i)));
    }
    if (count == 0) return kNoWorker;
    WorkerIndex last = kNoWorker;
    for (int draw = 0; draw < kDraws; ++draw) {
      const std::uint32_t nth = selection.random.Below(count);
      last = Nth(set, capable, nth);
      if (selection.Fits(last)) return last;
    }
    return FirstAllowedIn(selection, set, last);
  }

  static WorkerIndex Nth(const Bitmap& set, const Bitmap& capable, std::uint32_t nth) {
    for (std::size_t i = 0;; ++i) {
      std::uint64_t bits = set.word(i) & capable.word(i);
      const auto here = static_cast<std::uint32_t>(std::popcount(bits));
      if (nth >= here) {
        nth -= here;
        continue;
      }
      for (; nth > 0; --nth) bits &= bits - 1;
      return static_cast<WorkerIndex>(i * 64 + static_cast<std::size_t>(std::countr_zero(bits)));
    }
  }
};

}  // namespace

std::unique_ptr<Strategy> MakeRandom() {
  return std::make_unique<RandomStrategy>();
}

}  // namespace muster::engine
