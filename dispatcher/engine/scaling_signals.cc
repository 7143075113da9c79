// Signals by queue depth: up when more waits than the threshold, down when little waits and the fleet is idle, with
// hysteresis between the two and a cool-down after each. Looked at once a second, never per task.
#include <algorithm>
#include <cmath>

#include "dispatcher/engine/engine_impl.h"

namespace muster::engine {

std::uint32_t Engine::Impl::ServingWorkers(const std::string& queue, std::uint64_t* slots, std::uint64_t* busy) const {
  std::uint32_t workers = 0;
  for (const auto& [name, index] : roster.by_name()) {
    const Worker& worker = roster.at(index);
    const std::vector<std::string>& served = worker.info.queues;
    if (worker.draining) continue;
    if (!served.empty() && std::find(served.begin(), served.end(), queue) == served.end()) continue;
    ++workers;
    *slots += worker.info.slots;
    *busy += worker.active;
  }
  return workers;
}

void Engine::Impl::SignalScaling() {
  const ScalingOptions& rule = options.scaling;
  if (!rule.enabled || recovering || !connected) return;
  for (QueueIndex i = 0; i < queues.end(); ++i) {
    QueueState& queue = queues.at(i);
    const std::uint64_t depth = queue.stored + queue.Waiting();
    const bool deep = depth > rule.depth_up;
    const bool shallow = depth < rule.depth_down;
    if (!deep && !shallow) continue;
    if (shallow && queue.ended == 0) continue;  // a queue that never worked tells nothing about the fleet
    std::uint64_t slots = 0;
    std::uint64_t busy = 0;
    const std::uint32_t from = ServingWorkers(queue.name, &slots, &busy);
    const double used = slots == 0 ? 0 : static_cast<double>(busy) / static_cast<double>(slots);
    Signal signal;
    signal.scaling_class = queue.name;
    signal.queue = queue.name;
    signal.priority = queue.priority;
    signal.from = from;
    if (deep) {
      if (queue.scaled_up != kUnset && now - queue.scaled_up < rule.cooldown_up) continue;
      const auto more = static_cast<std::uint32_t>(std::ceil(from * rule.step_up));
      signal.to = std::clamp(from + std::max(more, 1u), rule.workers_min, rule.workers_max);
      if (signal.to <= from) continue;
      signal.metric = "queue_depth";
      signal.value = static_cast<double>(depth);
      signal.threshold = static_cast<double>(rule.depth_up);
      queue.scaled_up = now;
    } else {
      const Time last = std::max(queue.scaled_up, queue.scaled_down);
      if (used >= rule.utilisation_down || from <= rule.workers_min) continue;
      if (last != kUnset && now - last < rule.cooldown_down) continue;
      const auto fewer = static_cast<std::uint32_t>(std::ceil(from * rule.step_down));
      signal.up = false;
      signal.to = std::max(rule.workers_min, from > fewer ? from - fewer : 0);
      signal.metric = "utilisation";
      signal.value = used;
      signal.threshold = rule.utilisation_down;
      queue.scaled_down = now;
    }
    turn->effects.emplace_back(std::move(signal));
  }
}

}  // namespace muster::engine
