// round_robin: in turn over the workers of the class that have room, those with a free slot first.
#ifndef MUSTER_DISPATCHER_ENGINE_STRATEGIES_ROUND_ROBIN_H_
#define MUSTER_DISPATCHER_ENGINE_STRATEGIES_ROUND_ROBIN_H_

#include "dispatcher/engine/strategies/strategy.h"

namespace muster::engine {
std::unique_ptr<Strategy> MakeRoundRobin();
}

#endif  // MUSTER_DISPATCHER_ENGINE_STRATEGIES_ROUND_ROBIN_H_
