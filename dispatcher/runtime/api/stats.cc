#include "dispatcher/runtime/api/verb.h"
#include "dispatcher/runtime/codec_view.h"

namespace muster::runtime {

Status ShowStats(ApiCall* call) {
  v1::StatsRequest request;
  if (Status status = ParseRequest(call->data, &request); !status.ok()) return status;
  const ApiContext& context = *call->context;
  v1::Stats* stats = call->reply.mutable_stats();
  FillCounters(context.engine->Count(), stats);
  stats->set_uptime_ms((context.now - context.started).count() / 1000);
  stats->set_version(context.version);
  stats->set_strategy(context.engine->StrategyOf(""));
  FillLatency(context.wait->Quantiles(), stats->mutable_wait());
  FillLatency(context.total->Quantiles(), stats->mutable_total());
  return Status();
}

Status ShowHealth(ApiCall* call) {
  v1::HealthRequest request;
  if (Status status = ParseRequest(call->data, &request); !status.ok()) return status;
  v1::Health* health = call->reply.mutable_health();
  health->set_ready(call->context->health->ready());
  for (const HealthItem& item : call->context->health->Items()) {
    v1::HealthItem* added = health->add_items();
    added->set_name(item.name);
    added->set_ok(item.ok);
    added->set_detail(item.detail);
  }
  return Status();
}

}  // namespace muster::runtime
