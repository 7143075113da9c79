#include "dispatcher/engine/strategies/round_robin.h"

#include "dispatcher/engine/strategies/walk.h"

namespace muster::engine {
namespace {

class RoundRobin final : public Strategy {
 public:
  WorkerIndex Select(const Selection& selection) override {
    WorkerIndex& cursor = selection.task_class.cursor;
    const WorkerIndex chosen = FirstAllowedFrom(selection, cursor);
    if (chosen != kNoWorker) cursor = chosen + 1;
    return chosen;
  }

  double Score(const Roster&, WorkerIndex index) const override { return index; }
};

}  // namespace

std::unique_ptr<Strategy> MakeRoundRobin() {
  return std::make_unique<RoundRobin>();
}

}  // namespace muster::engine
