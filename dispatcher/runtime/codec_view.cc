#include "dispatcher/runtime/codec_view.h"

#include <limits>

#include "dispatcher/runtime/codec.h"

namespace muster::runtime {
namespace {

using engine::Incident;
using engine::TaskState;

// "Unset" and "never" are 0 in the protocol.
std::int64_t Millis(engine::Time time) {
  return time == engine::kNever ? 0 : engine::UnixMillis(time);
}

template <typename Map>
std::uint64_t At(const Map& counts, TaskState state) {
  return counts[static_cast<std::size_t>(state)];
}

v1::TaskState ProtoState(TaskState state) {
  return static_cast<v1::TaskState>(state);
}

// A count of the protocol that is narrower than ours.
std::uint32_t Narrow(std::uint64_t value) {
  constexpr std::uint64_t kMost = std::numeric_limits<std::uint32_t>::max();
  return static_cast<std::uint32_t>(value < kMost ? value : kMost);
}

}  // namespace

void FillTaskView(const engine::TaskView& view, v1::TaskView* message) {
  message->set_id(view.name);
  message->set_state(ProtoState(view.state));
  message->set_queue(view.queue);
  message->set_priority(ProtoPriority(view.priority));
  message->set_type(view.type);
  message->set_attempt(view.attempt);
  message->set_failures(view.failures);
  message->set_worker(view.worker);
  message->set_submitted_ms(Millis(view.stored));
  message->set_assigned_ms(Millis(view.assigned));
  message->set_finished_ms(Millis(view.finished));
  message->set_due_ms(Millis(view.due));
  message->set_reason(view.reason);
  if (!view.error.ok()) FillError(view.error, message->mutable_error());
  message->set_progress_percent(view.progress_percent);
  message->set_progress_message(view.progress_message);
  if (view.spec == nullptr) return;
  const engine::TaskSpec& spec = *view.spec;
  message->set_max_attempts(spec.retry.max_attempts);
  message->set_deadline_ms(Millis(spec.deadline));
  message->set_require(spec.require.Print());
  for (const auto& [name, amount] : spec.resources) (*message->mutable_resources())[name] = amount;
  for (const std::string& task : spec.depends_on) message->add_depends_on(task);
  message->set_tenant(spec.tenant);
  message->set_affinity(spec.affinity);
  for (const auto& [name, value] : spec.labels) (*message->mutable_labels())[name] = value;
  message->set_payload_bytes(spec.payload_bytes);
}

void FillExplanation(const engine::Explanation& explanation, v1::Explanation* message) {
  message->set_id(explanation.name);
  message->set_state(ProtoState(explanation.state));
  message->set_summary(explanation.summary);
  message->set_worker(explanation.worker);
  message->set_strategy(explanation.strategy);
  for (const engine::Candidate& candidate : explanation.candidates) {
    v1::Candidate* added = message->add_candidates();
    added->set_worker(candidate.worker);
    added->set_chosen(candidate.chosen);
    added->set_ruled_out_by(candidate.ruled_out_by);
    added->set_score(candidate.score);
    added->set_active(candidate.active);
    added->set_slots(candidate.slots);
  }
  message->set_candidates_total(Narrow(explanation.candidates_total));
  message->set_ahead(explanation.ahead);
  for (const std::string& text : explanation.unblocked_by) message->add_unblocked_by(text);
  message->set_never(explanation.never);
  for (const std::string& task : explanation.waits_for) message->add_waits_for(task);
}

void FillWorkerView(const engine::WorkerView& view, v1::WorkerView* message) {
  const engine::WorkerInfo& info = view.info;
  message->set_name(info.name);
  message->set_incarnation(info.incarnation);
  message->set_state(view.state);
  message->set_slots(info.slots);
  message->set_active(view.active);
  for (const std::string& name : info.capabilities) message->add_capabilities(name);
  for (const auto& [name, value] : info.labels) (*message->mutable_labels())[name] = value;
  for (const auto& [name, amount] : info.resources) (*message->mutable_resources())[name] = amount;
  for (const auto& [name, amount] : view.free) (*message->mutable_resources_free())[name] = amount;
  for (const std::string& queue : info.queues) message->add_queues(queue);
  for (const std::string& type : info.types) message->add_types(type);
  message->set_speed_milli(info.speed_milli);
  message->set_cpu_percent(view.load.cpu_percent);
  message->set_memory_percent(view.load.memory_percent);
  message->set_last_beat_ms(Millis(view.last_beat));
  message->set_since_ms(Millis(view.since));
  message->set_host(info.host);
  message->set_pid(info.pid);
  message->set_version(info.version);
  message->set_region(info.region);
  message->set_group(info.group);
  message->set_succeeded(view.succeeded);
  message->set_failed(view.failed);
  message->set_lost(view.lost);
  message->set_response_ms(view.response_ms);
  message->set_prefetch(info.prefetch);
  for (const auto& [name, value] : view.load.gauges) (*message->mutable_gauges())[name] = value;
}

void FillQueueView(const engine::QueueView& view, v1::QueueView* message) {
  message->set_name(view.name);
  message->set_priority(ProtoPriority(view.priority));
  message->set_paused(view.paused);
  message->set_stored(view.stored);
  message->set_queued(At(view.by_state, TaskState::kQueued));
  message->set_delayed(At(view.by_state, TaskState::kDelayed));
  message->set_blocked(At(view.by_state, TaskState::kBlocked));
  message->set_parked(At(view.by_state, TaskState::kParked));
  message->set_assigned(At(view.by_state, TaskState::kAssigned));
  message->set_running(At(view.by_state, TaskState::kRunning));
  message->set_oldest_ms(view.oldest.count() / 1000);
  message->set_strategy(view.strategy);
  message->set_ended(view.ended);
  message->set_dead(view.dead);
  message->set_parked_reason(view.parked_reason);
}

void FillCounters(const engine::Counters& counters, v1::Stats* message) {
  const auto incidents = [&](Incident incident) { return counters.incidents[static_cast<std::size_t>(incident)]; };
  message->set_accepted(counters.accepted);
  message->set_queued(At(counters.now, TaskState::kQueued));
  message->set_delayed(At(counters.now, TaskState::kDelayed));
  message->set_blocked(At(counters.now, TaskState::kBlocked));
  message->set_parked(At(counters.now, TaskState::kParked));
  message->set_assigned(At(counters.now, TaskState::kAssigned));
  message->set_running(At(counters.now, TaskState::kRunning));
  message->set_succeeded(At(counters.ended, TaskState::kSucceeded));
  message->set_failed(At(counters.ended, TaskState::kFailed));
  message->set_dead(At(counters.ended, TaskState::kDead));
  message->set_cancelled(At(counters.ended, TaskState::kCancelled));
  message->set_expired(At(counters.ended, TaskState::kExpired));
  message->set_retried(counters.retried);
  message->set_reassigned(counters.reassigned);
  message->set_duplicates(incidents(Incident::kDuplicateSubmission));
  message->set_undecodable(incidents(Incident::kUndecodable));
  message->set_stale_reports(incidents(Incident::kStaleReport));
  message->set_bad_worker_messages(incidents(Incident::kBadWorkerMessage));
  message->set_given_back(incidents(Incident::kGivenBack));
  message->set_stored(counters.stored);
  message->set_workers(counters.workers);
  message->set_slots(Narrow(counters.slots));
  message->set_slots_busy(Narrow(counters.slots_busy));
  message->set_epoch(counters.epoch);
}

void FillLatency(const LatencyQuantiles& quantiles, v1::LatencySummary* message) {
  message->set_p50(quantiles.p50);
  message->set_p90(quantiles.p90);
  message->set_p99(quantiles.p99);
  message->set_max(quantiles.max);
  message->set_count(quantiles.count);
}

}  // namespace muster::runtime
