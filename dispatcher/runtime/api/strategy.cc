#include "dispatcher/engine/strategies/strategy.h"

#include <map>

#include "dispatcher/runtime/api/verb.h"
#include "schemas/subjects.h"
#include "schemas/text.h"

namespace muster::runtime {

Status ListStrategies(ApiCall* call) {
  v1::StrategyRequest request;
  if (Status status = ParseRequest(call->data, &request); !status.ok()) return status;
  const engine::Engine& engine = *call->context->engine;
  std::map<std::string, std::vector<std::string>, std::less<>> queues;  // by strategy
  std::string last;
  for (const engine::QueueView& view : engine.Queues(call->context->now)) {
    const std::string& strategy = engine.StrategyOf(view.name);
    if (view.name != last && strategy != engine.StrategyOf("")) queues[strategy].push_back(view.name);
    last = view.name;
  }
  v1::StrategyList* list = call->reply.mutable_strategies();
  for (const engine::StrategyInfo& info : engine::Strategies()) {
    v1::StrategyView* view = list->add_strategies();
    view->set_name(std::string(info.name));
    view->set_summary(std::string(info.summary));
    view->set_in_force(engine.StrategyOf("") == info.name);
    const auto found = queues.find(info.name);
    if (found == queues.end()) continue;
    for (const std::string& queue : found->second) view->add_queues(queue);
  }
  return Status();
}

Status SetStrategy(ApiCall* call) {
  v1::StrategyRequest request;
  if (Status status = ParseRequest(call->data, &request); !status.ok()) return status;
  if (!request.queue().empty()) {
    if (Status status = subjects::CheckName("queue", request.queue()); !status.ok()) {
      return Status(ErrorCode::kBadRequest, status.message(), "queue");
    }
  }
  const engine::StrategyInfo* info = engine::FindStrategy(request.strategy());
  if (info == nullptr) {
    std::vector<std::string_view> names;
    for (const engine::StrategyInfo& known : engine::Strategies()) names.push_back(known.name);
    const std::string_view nearest = NearestName(request.strategy(), names);
    std::string message = "there is no strategy of that name";
    if (!nearest.empty()) message += "; did you mean " + std::string(nearest) + "?";
    return Status(ErrorCode::kBadRequest, std::move(message), "strategy");
  }
  call->command = engine::StrategyCommand{std::string(info->name), request.queue(), call->token};
  return Status();
}

}  // namespace muster::runtime
