// random: uniform over the workers that may take the task, those with a free slot first.
#ifndef MUSTER_DISPATCHER_ENGINE_STRATEGIES_RANDOM_H_
#define MUSTER_DISPATCHER_ENGINE_STRATEGIES_RANDOM_H_

#include "dispatcher/engine/strategies/strategy.h"

namespace muster::engine {
std::unique_ptr<Strategy> MakeRandom();
}

#endif  // MUSTER_DISPATCHER_ENGINE_STRATEGIES_RANDOM_H_
