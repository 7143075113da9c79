// LatencyRing: quantiles of the last kLatencySamples durations, exact over that window. Adding is one store; asking
// sorts a copy, which only people do. Threads: the loop's.
#ifndef MUSTER_DISPATCHER_RUNTIME_LATENCY_H_
#define MUSTER_DISPATCHER_RUNTIME_LATENCY_H_

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "dispatcher/engine/time.h"

namespace muster::runtime {

inline constexpr std::size_t kLatencySamples = 8192;

struct LatencyQuantiles {  // milliseconds
  double p50 = 0;
  double p90 = 0;
  double p99 = 0;
  double max = 0;
  std::uint64_t count = 0;  // ever added
};

class LatencyRing {
 public:
  void Add(engine::Duration duration) {
    const std::int64_t micros = std::max<std::int64_t>(duration.count(), 0);
    if (samples_.size() < kLatencySamples) {
      samples_.push_back(micros);
    } else {
      samples_[count_ % kLatencySamples] = micros;
    }
    ++count_;
  }

  LatencyQuantiles Quantiles() const {
    LatencyQuantiles quantiles;
    quantiles.count = count_;
    if (samples_.empty()) return quantiles;
    std::vector<std::int64_t> sorted = samples_;
    std::sort(sorted.begin(), sorted.end());
    // The smallest sample that at least `percent` of all do not exceed.
    const auto at = [&](std::size_t percent) {
      const std::size_t rank = (sorted.size() * percent + 99) / 100;
      return static_cast<double>(sorted[rank == 0 ? 0 : rank - 1]) / 1000.0;
    };
    quantiles.p50 = at(50);
    quantiles.p90 = at(90);
    quantiles.p99 = at(99);
    quantiles.max = at(100);
    return quantiles;
  }

 private:
  std::vector<std::int64_t> samples_;
  std::uint64_t count_ = 0;
};

}  // namespace muster::runtime

#endif  // MUSTER_DISPATCHER_RUNTIME_LATENCY_H_
