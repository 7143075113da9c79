// EngineOptions: every figure the engine decides by. The YAML keys are in docs/configuration.md.
#ifndef MUSTER_DISPATCHER_ENGINE_OPTIONS_H_
#define MUSTER_DISPATCHER_ENGINE_OPTIONS_H_

#include <cstdint>
#include <string>

#include "dispatcher/engine/types.h"
#include "schemas/limits.h"

namespace muster::engine {

struct ScalingOptions {
  bool enabled = true;
  std::uint64_t depth_up = 100;   // waiting tasks of one (priority, queue)
  std::uint64_t depth_down = 10;  // hysteresis: below it, and idle, a worker can go
  double utilisation_up = 0.8;
  double utilisation_down = 0.3;
  std::uint32_t workers_min = 2;
  std::uint32_t workers_max = 20;
  Duration cooldown_up = std::chrono::seconds(300);
  Duration cooldown_down = std::chrono::seconds(600);
  double step_up = 0.5;  // up by ceil(50 %)
  double step_down = 0.3;
};

struct EngineOptions {
  std::string strategy = "least_loaded";
  RetryPolicy retry;   // for tasks that do not say
  Duration timeout{};  // run time-out for tasks that do not say; zero = none
  // A task that has waited this long is served as if it had arrived that much earlier one priority higher: strict
  // priority within the interval, bounded wait beyond it. kAgeingOff = strict for ever.
  Duration ageing = std::chrono::minutes(5);
  static constexpr Duration kAgeingOff = Duration::max();

  Duration accept_timeout = std::chrono::milliseconds(500);     // then the assignment is sent again
  std::uint32_t accept_resends = 3;                             // then it goes elsewhere
  double missed_beats = 3;                                      // beats missed before a worker counts as lost
  Duration lost_after_min = std::chrono::milliseconds(1200);    // never sooner, however short its beat
  Duration inventory_every = std::chrono::seconds(10);          // what a worker holds is compared with what we think
  Duration reconcile_window = std::chrono::milliseconds(1200);  // after a start: workers may say what they run
  Duration drain_timeout = std::chrono::seconds(30);
  Duration cancel_grace = std::chrono::seconds(10);  // a worker that does not confirm a cancel by then: free the slot
  Duration remember_done = std::chrono::hours(24);
  Duration delay_in_stream_after = std::chrono::seconds(60);  // waits longer than this rest in MUSTER_DELAYED
  Duration give_back_delay = std::chrono::seconds(5);  // surplus of parked tasks returns to the stream for so long

  std::uint32_t look_ahead = 32;  // tasks per (priority, queue) pulled beyond the free slots
  std::size_t tasks_max = limits::kTasksMax;
  std::size_t task_bytes_max = limits::kTaskBytesMax;
  std::size_t parked_per_queue_max = limits::kParkedPerQueueMax;
  std::size_t finished_ids_max = limits::kFinishedIdsMax;
  std::size_t finished_views_max = limits::kFinishedViewsMax;
  std::uint64_t seed = 1;
  ScalingOptions scaling;
};

}  // namespace muster::engine

#endif  // MUSTER_DISPATCHER_ENGINE_OPTIONS_H_
