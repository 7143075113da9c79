// Cells: series with what was counted since the last turn's end, so that the hot path adds plain numbers and the
// library's locks are taken once per turn. Loop's thread only.
#ifndef MUSTER_DISPATCHER_ADAPTERS_PROMETHEUS_CELLS_H_
#define MUSTER_DISPATCHER_ADAPTERS_PROMETHEUS_CELLS_H_

#include <prometheus/counter.h>
#include <prometheus/family.h>
#include <prometheus/gauge.h>
#include <prometheus/histogram.h>
#include <prometheus/registry.h>

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "dispatcher/adapters/metrics.h"

namespace muster::adapters {

using Labels = std::map<std::string, std::string>;
using Buckets = std::vector<double>;

struct LabelHash {
  using is_transparent = void;
  std::size_t operator()(std::string_view text) const { return std::hash<std::string_view>()(text); }
};
template <typename T>
using LabelMapOf = std::unordered_map<std::string, T, LabelHash, std::equal_to<>>;

// The first `limit` names keep theirs, later ones are "other".
class LabelCap {
 public:
  explicit LabelCap(std::size_t limit) : limit_(limit) {}
  std::string_view Name(std::string_view name);

 private:
  std::size_t limit_;
  std::unordered_set<std::string, LabelHash, std::equal_to<>> known_;
};

struct CounterCell {
  prometheus::Counter* counter = nullptr;
  double pending = 0;
  void Flush();
};

struct HistogramCell {
  prometheus::Histogram* histogram = nullptr;
  const Buckets* bounds = nullptr;
  std::vector<double> increments;
  double sum = 0;
  bool dirty = false;
  void Observe(double seconds);
  void Flush();
};

// Counters of one family, found by their label values ("a\0b"); made when first used.
class CounterSet {
 public:
  CounterSet(prometheus::Registry* registry, const MetricInfo& info);
  void Add(std::initializer_list<std::string_view> values, double amount = 1);
  void Flush();

 private:
  prometheus::Family<prometheus::Counter>* family_;
  std::vector<std::string> names_;
  std::string key_;
  LabelMapOf<CounterCell> cells_;
};

class HistogramSet {
 public:
  HistogramSet(prometheus::Registry* registry, const MetricInfo& info, const Buckets* bounds);
  HistogramCell& At(std::initializer_list<std::string_view> values);
  void Flush();

 private:
  prometheus::Family<prometheus::Histogram>* family_;
  const Buckets* bounds_;
  std::vector<std::string> names_;
  std::string key_;
  LabelMapOf<HistogramCell> cells_;
};

// Gauges that are set anew at every sample; what was not set since Begin() goes with End().
class GaugeSet {
 public:
  GaugeSet(prometheus::Registry* registry, const MetricInfo& info);
  void Begin() { ++round_; }
  void Set(std::initializer_list<std::string_view> values, double value);
  void Raise(std::initializer_list<std::string_view> values, double value);  // adds within a round
  void End();

 private:
  struct Cell {
    prometheus::Gauge* gauge = nullptr;
    std::uint64_t round = 0;
  };
  Cell& Find(std::initializer_list<std::string_view> values);

  prometheus::Family<prometheus::Gauge>* family_;
  std::vector<std::string> names_;
  std::string key_;
  std::uint64_t round_ = 1;
  LabelMapOf<Cell> cells_;
};

}  // namespace muster::adapters

#endif  // MUSTER_DISPATCHER_ADAPTERS_PROMETHEUS_CELLS_H_
