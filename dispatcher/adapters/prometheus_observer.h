// PrometheusObserver: turns what the loop tells into the metrics of adapters/metrics.h.
//
// Threads: OnTurn and OnSample by the loop; Text and Tell by any.
#ifndef MUSTER_DISPATCHER_ADAPTERS_PROMETHEUS_OBSERVER_H_
#define MUSTER_DISPATCHER_ADAPTERS_PROMETHEUS_OBSERVER_H_

#include <cstdint>
#include <memory>
#include <string>

#include "dispatcher/runtime/observer.h"

namespace muster::adapters {

// What the daemon knows beside the engine: totals since the start, and sizes now.
struct ProcessFacts {
  std::uint64_t store_bytes = 0;
  bool nats_connected = false;
  std::uint64_t received = 0;
  std::uint64_t acknowledged = 0;
  std::uint64_t pull_requests = 0;
  std::uint64_t reconnects = 0;
  std::uint64_t send_errors = 0;
  std::uint64_t store_timeouts = 0;
  std::uint64_t consumers_repaired = 0;
  std::uint64_t events_dropped = 0;
  std::uint64_t inbox_dropped = 0;
};

class PrometheusObserver final : public runtime::Observer {
 public:
  PrometheusObserver();
  ~PrometheusObserver() override;

  void OnTurn(engine::Time now, const engine::Turn& turn, const runtime::TurnFacts& facts) override;
  void OnSample(engine::Time now, const engine::Engine& engine) override;

  void Tell(const ProcessFacts& facts);
  // The exposition in Prometheus' text format.
  std::string Text() const;
  static const char* ContentType() { return "text/plain; version=0.0.4; charset=utf-8"; }

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace muster::adapters

#endif  // MUSTER_DISPATCHER_ADAPTERS_PROMETHEUS_OBSERVER_H_
