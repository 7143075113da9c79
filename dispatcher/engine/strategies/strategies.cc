#include <algorithm>
#include <array>
#include <string>

#include "dispatcher/engine/strategies/least_loaded.h"
#include "dispatcher/engine/strategies/random.h"
#include "dispatcher/engine/strategies/round_robin.h"
#include "dispatcher/engine/strategies/strategy.h"

namespace muster::engine {
namespace {

constexpr std::array<StrategyInfo, 3> kStrategies = {{
    {"least_loaded", "a free slot first, then the shortest expected delay (in flight + 1) / (slots x speed)",
     MakeLeastLoaded},
    {"round_robin", "in turn over the eligible workers", MakeRoundRobin},
    {"random", "uniform over the eligible workers", MakeRandom},
}};

}  // namespace

std::span<const StrategyInfo> Strategies() {
  return kStrategies;
}

const StrategyInfo* FindStrategy(std::string_view name) {
  std::string folded(name);
  std::replace(folded.begin(), folded.end(), '-', '_');
  for (const StrategyInfo& info : kStrategies) {
    if (info.name == folded) return &info;
  }
  return nullptr;
}

}  // namespace muster::engine
