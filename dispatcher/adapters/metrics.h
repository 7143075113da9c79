// The table of metrics: what is exposed, with its labels and meaning. docs/metrics.md holds the same list (a test
// compares).
#ifndef MUSTER_DISPATCHER_ADAPTERS_METRICS_H_
#define MUSTER_DISPATCHER_ADAPTERS_METRICS_H_

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace muster::adapters {

enum class MetricType : std::uint8_t { kCounter, kGauge, kHistogram };

struct MetricInfo {
  std::string_view name;
  MetricType type;
  std::string_view labels;  // "a,b", in this order
  std::string_view help;
};

// Workers, queues, and pairs of workers that get a series of their own; later ones share the label "other". Prometheus
// keeps every label set it ever saw, so a fleet that renames its workers must not grow it for ever.
inline constexpr std::size_t kLabelledWorkersMax = 200;
inline constexpr std::size_t kLabelledQueuesMax = 200;
inline constexpr std::size_t kLabelledPairsMax = 500;

namespace metric {

using enum MetricType;

inline constexpr MetricInfo kRequests{"load_balancer_requests_total", kCounter, "strategy,agent_id,status",
                                      "Attempts that ended, by strategy, worker and status."};
inline constexpr MetricInfo kResponseTime{"load_balancer_response_time_seconds", kHistogram, "strategy",
                                          "Time from assignment to the end of the last attempt."};
inline constexpr MetricInfo kLoadScore{"agent_load_score", kGauge, "agent_id,agent_type",
                                       "Load score of a worker, 0 to 100, lower is better."};
inline constexpr MetricInfo kFailovers{"failover_events_total", kCounter, "type,from_agent,to_agent",
                                       "Workers lost, and tasks that moved to another worker because of it."};
inline constexpr MetricInfo kTasksEntered{"muster_tasks_total", kCounter, "state", "Tasks that entered a state."};
inline constexpr MetricInfo kTasksNow{"muster_tasks", kGauge, "state",
                                      "Tasks in a state now, those in the dispatcher."};
inline constexpr MetricInfo kTasksStored{"muster_tasks_stored", kGauge, "", "Tasks that wait in JetStream."};
inline constexpr MetricInfo kRetries{"muster_task_retries_total", kCounter, "",
                                     "Attempts that failed and are tried again."};
inline constexpr MetricInfo kReassignments{"muster_task_reassignments_total", kCounter, "",
                                           "Attempts taken from a lost worker."};
inline constexpr MetricInfo kWait{"muster_task_wait_seconds", kHistogram, "priority",
                                  "Time from the stream taking a task to its first assignment."};
inline constexpr MetricInfo kRun{"muster_task_run_seconds", kHistogram, "",
                                 "Run time of the last attempt, as the worker says."};
inline constexpr MetricInfo kTurnaround{"muster_task_turnaround_seconds", kHistogram, "",
                                        "Time from the stream taking a task to its end."};
inline constexpr MetricInfo kDeadLetters{"muster_dead_letters_total", kCounter, "queue",
                                         "Tasks that became dead letters."};
inline constexpr MetricInfo kIncidents{"muster_incidents_total", kCounter, "kind",
                                       "Things refused or repaired that an operator may want to know."};
inline constexpr MetricInfo kQueueTasks{"muster_queue_tasks", kGauge, "queue,priority,state",
                                        "Tasks of a queue by state; stored: waiting in JetStream."};
inline constexpr MetricInfo kQueueOldest{"muster_queue_oldest_seconds", kGauge, "queue,priority",
                                         "Age of the oldest task of a queue that is in the dispatcher."};
inline constexpr MetricInfo kQueuePaused{"muster_queue_paused", kGauge, "queue,priority", "1 while a queue is paused."};
inline constexpr MetricInfo kWorkers{"muster_workers", kGauge, "state", "Workers by state."};
inline constexpr MetricInfo kWorkerChanges{"muster_worker_changes_total", kCounter, "change",
                                           "Workers that joined, left, were lost, drained or were refused."};
inline constexpr MetricInfo kSlots{"muster_slots", kGauge, "", "Slots of all workers."};
inline constexpr MetricInfo kSlotsBusy{"muster_slots_busy", kGauge, "", "Slots that hold a task."};
inline constexpr MetricInfo kSignals{"muster_scaling_signals_total", kCounter, "class,direction",
                                     "Scaling signals sent."};
inline constexpr MetricInfo kDesired{"muster_scaling_desired_workers", kGauge, "class",
                                     "Workers of a class wanted by the latest signal."};
inline constexpr MetricInfo kTurns{"muster_turns_total", kCounter, "", "Turns of the loop."};
inline constexpr MetricInfo kEvents{"muster_loop_events_total", kCounter, "", "Events the engine took."};
inline constexpr MetricInfo kChanges{"muster_journal_changes_total", kCounter, "",
                                     "Records written to or erased from the journal."};
inline constexpr MetricInfo kStep{"muster_turn_step_seconds", kHistogram, "", "Time of a turn in the engine."};
inline constexpr MetricInfo kCommit{"muster_journal_commit_seconds", kHistogram, "",
                                    "Time of a commit of the journal."};
inline constexpr MetricInfo kPerform{"muster_turn_perform_seconds", kHistogram, "",
                                     "Time of a turn's encoding and sending."};
inline constexpr MetricInfo kStoreBytes{"muster_store_bytes", kGauge, "", "Size of the journal."};
inline constexpr MetricInfo kEpoch{"muster_epoch", kGauge, "", "Epoch of this dispatcher."};
inline constexpr MetricInfo kRecovering{"muster_recovering", kGauge, "",
                                        "1 while workers are asked what they run after a start."};
inline constexpr MetricInfo kConnected{"muster_nats_connected", kGauge, "", "1 while both connections to NATS are up."};
inline constexpr MetricInfo kReceived{"muster_nats_received_total", kCounter, "", "Task messages received."};
inline constexpr MetricInfo kAcknowledged{"muster_nats_acknowledged_total", kCounter, "",
                                          "Task messages acknowledged."};
inline constexpr MetricInfo kPulls{"muster_nats_pull_requests_total", kCounter, "", "Pull requests sent."};
inline constexpr MetricInfo kReconnects{"muster_nats_reconnects_total", kCounter, "",
                                        "Connections to NATS that came back."};
inline constexpr MetricInfo kSendErrors{"muster_nats_send_errors_total", kCounter, "",
                                        "Messages that could not be sent; leases and redelivery repair it."};
inline constexpr MetricInfo kStoreTimeouts{"muster_nats_store_timeouts_total", kCounter, "",
                                           "Stores that were not confirmed in time."};
inline constexpr MetricInfo kRepairs{"muster_nats_consumers_repaired_total", kCounter, "",
                                     "Consumers made again because they were ahead of their stream."};
inline constexpr MetricInfo kEventsDropped{"muster_events_dropped_total", kCounter, "",
                                           "Events not published because there were too many."};
inline constexpr MetricInfo kInboxDropped{"muster_inbox_dropped_total", kCounter, "",
                                          "Worker messages dropped because the loop was behind."};

}  // namespace metric

inline constexpr std::array kMetrics = {
    metric::kRequests,      metric::kResponseTime, metric::kLoadScore,   metric::kFailovers,     metric::kTasksEntered,
    metric::kTasksNow,      metric::kTasksStored,  metric::kRetries,     metric::kReassignments, metric::kWait,
    metric::kRun,           metric::kTurnaround,   metric::kDeadLetters, metric::kIncidents,     metric::kQueueTasks,
    metric::kQueueOldest,   metric::kQueuePaused,  metric::kWorkers,     metric::kWorkerChanges, metric::kSlots,
    metric::kSlotsBusy,     metric::kSignals,      metric::kDesired,     metric::kTurns,         metric::kEvents,
    metric::kChanges,       metric::kStep,         metric::kCommit,      metric::kPerform,       metric::kStoreBytes,
    metric::kEpoch,         metric::kRecovering,   metric::kConnected,   metric::kReceived,      metric::kAcknowledged,
    metric::kPulls,         metric::kReconnects,   metric::kSendErrors,  metric::kStoreTimeouts, metric::kRepairs,
    metric::kEventsDropped, metric::kInboxDropped};

constexpr std::string_view MetricTypeName(MetricType type) {
  return type == MetricType::kCounter ? "counter" : type == MetricType::kGauge ? "gauge" : "histogram";
}

}  // namespace muster::adapters

#endif  // MUSTER_DISPATCHER_ADAPTERS_METRICS_H_
