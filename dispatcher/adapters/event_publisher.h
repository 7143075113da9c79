// EventPublisher: tells the world what happened, on muster.events.<noun>.<verb>, best effort.
//
// Events of workers are always published. Those of tasks and of progress share a rate: what exceeds it is dropped and
// counted, since at full speed they would cost more than the tasks. Scaling signals are the loop's own effect.
// Threads: the loop's; dropped() any.
#ifndef MUSTER_DISPATCHER_ADAPTERS_EVENT_PUBLISHER_H_
#define MUSTER_DISPATCHER_ADAPTERS_EVENT_PUBLISHER_H_

#include <atomic>
#include <cstdint>
#include <string_view>

#include "dispatcher/runtime/observer.h"
#include "dispatcher/runtime/transport.h"

namespace muster::adapters {

struct EventOptions {
  // Per second; as many may come at once. Each costs about 5 µs to print and send.
  double task_events_per_second = 2000;
};

class EventPublisher final : public runtime::Observer {
 public:
  // `transport` must outlive this.
  EventPublisher(EventOptions options, runtime::Transport* transport)
      : rate_(options.task_events_per_second), room_(options.task_events_per_second), transport_(transport) {}

  void OnTurn(engine::Time now, const engine::Turn& turn, const runtime::TurnFacts& facts) override;
  void OnSample(engine::Time, const engine::Engine&) override {}

  std::uint64_t dropped() const { return dropped_.load(std::memory_order_relaxed); }

 private:
  bool HasRoom(engine::Time now);
  void Send(std::string_view noun, std::string_view verb, std::string_view json);

  const double rate_;
  double room_;  // events that may go out now
  engine::Time filled_ = engine::kUnset;
  runtime::Transport* const transport_;
  std::atomic<std::uint64_t> dropped_{0};
};

}  // namespace muster::adapters

#endif  // MUSTER_DISPATCHER_ADAPTERS_EVENT_PUBLISHER_H_
