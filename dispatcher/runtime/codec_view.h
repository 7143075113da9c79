// codec_view: the engine's views as the messages of muster/v1/admin.proto. Threads: pure functions.
#ifndef MUSTER_DISPATCHER_RUNTIME_CODEC_VIEW_H_
#define MUSTER_DISPATCHER_RUNTIME_CODEC_VIEW_H_

#include "dispatcher/engine/views.h"
#include "dispatcher/runtime/latency.h"
#include "muster/v1/admin.pb.h"

namespace muster::runtime {

void FillTaskView(const engine::TaskView& view, v1::TaskView* message);
void FillExplanation(const engine::Explanation& explanation, v1::Explanation* message);
void FillWorkerView(const engine::WorkerView& view, v1::WorkerView* message);
void FillQueueView(const engine::QueueView& view, v1::QueueView* message);
// All but uptime, version, strategy and the latencies.
void FillCounters(const engine::Counters& counters, v1::Stats* message);
void FillLatency(const LatencyQuantiles& quantiles, v1::LatencySummary* message);

}  // namespace muster::runtime

#endif  // MUSTER_DISPATCHER_RUNTIME_CODEC_VIEW_H_
