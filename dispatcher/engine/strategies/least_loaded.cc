#include "dispatcher/engine/strategies/least_loaded.h"

#include <algorithm>
#include <bit>

namespace muster::engine {
namespace {

// Within the lowest level that holds an allowed worker, this many are compared exactly; a level spans a quarter of an
// octave, so a larger sample gains nothing that can be measured.
constexpr int kCompared = 8;

class LeastLoaded final : public Strategy {
 public:
  WorkerIndex Select(const Selection& selection) override {
    const Roster& roster = selection.roster;
    for (int level = 0; level < Roster::kLevels; ++level) {
      if (!roster.level_used(level)) continue;
      const WorkerIndex best = BestOf(selection, roster.level(level));
      if (best != kNoWorker) return best;
    }
    return kNoWorker;
  }

  double Score(const Roster& roster, WorkerIndex index) const override { return roster.Score(index); }

 private:
  // Starts at a random word and a random bit, so that equal workers are chosen equally often.
  static WorkerIndex BestOf(const Selection& selection, const Bitmap& level) {
    const Bitmap& capable = selection.task_class.capable;
    const std::size_t words = std::min(level.words(), capable.words());
    if (words == 0) return kNoWorker;
    const std::uint64_t draw = selection.random.Next();
    const std::size_t first = static_cast<std::size_t>(((draw >> 32) * words) >> 32);
    const int rotation = static_cast<int>(draw & 63);
    WorkerIndex best = kNoWorker;
    double best_score = 0;
    int compared = 0;
    for (std::size_t i = 0; i < words && compared < kCompared; ++i) {
      const std::size_t word = first + i < words ? first + i : first + i - words;
      std::uint64_t bits = std::rotr(level.word(word) & capable.word(word), rotation);
      for (; bits != 0 && compared < kCompared; bits &= bits - 1) {
        const int bit = (std::countr_zero(bits) + rotation) & 63;
        const auto index = static_cast<WorkerIndex>(word * 64 + static_cast<std::size_t>(bit));
        if (!selection.Fits(index)) continue;
        ++compared;
        const double score = selection.roster.Score(index);
        if (best == kNoWorker || score < best_score) {
          best = index;
          best_score = score;
        }
      }
    }
    return best;
  }
};

}  // namespace

std::unique_ptr<Strategy> MakeLeastLoaded() {
  return std::make_unique<LeastLoaded>();
}

}  // namespace muster::engine
