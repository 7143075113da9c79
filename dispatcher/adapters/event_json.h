// The JSON form of events, by protobuf's own rules; docs/protocol.md shows them. Empty where a text is no UTF-8.
#ifndef MUSTER_DISPATCHER_ADAPTERS_EVENT_JSON_H_
#define MUSTER_DISPATCHER_ADAPTERS_EVENT_JSON_H_

#include <string>
#include <string_view>

#include "dispatcher/engine/turn.h"

namespace muster::adapters {

std::string ToJson(engine::Time now, const engine::TaskTransition& told);
std::string ToJson(engine::Time now, const engine::ProgressTold& told);
std::string ToJson(engine::Time now, const engine::WorkerTransition& told);
std::string_view VerbOf(engine::WorkerTransition::What what);

}  // namespace muster::adapters

#endif  // MUSTER_DISPATCHER_ADAPTERS_EVENT_JSON_H_
