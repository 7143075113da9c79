// least_loaded: a free slot first, then the shortest expected delay (in flight + 1) / (slots * speed). The default.
#ifndef MUSTER_DISPATCHER_ENGINE_STRATEGIES_LEAST_LOADED_H_
#define MUSTER_DISPATCHER_ENGINE_STRATEGIES_LEAST_LOADED_H_

#include "dispatcher/engine/strategies/strategy.h"

namespace muster::engine {
std::unique_ptr<Strategy> MakeLeastLoaded();
}

#endif  // MUSTER_DISPATCHER_ENGINE_STRATEGIES_LEAST_LOADED_H_
