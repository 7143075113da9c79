#include "dispatcher/adapters/prometheus_cells.h"

#include <algorithm>

namespace muster::adapters {
namespace {

std::vector<std::string> SplitNames(std::string_view labels) {
  std::vector<std::string> names;
  while (!labels.empty()) {
    const auto comma = labels.find(',');
    names.emplace_back(labels.substr(0, comma));
    labels = comma == std::string_view::npos ? std::string_view() : labels.substr(comma + 1);
  }
  return names;
}

void JoinKey(std::initializer_list<std::string_view> values, std::string* key) {
  key->clear();
  for (std::string_view value : values) key->append(value).push_back('\0');
}

Labels ToLabels(const std::vector<std::string>& names, std::initializer_list<std::string_view> values) {
  Labels labels;
  std::size_t i = 0;
  for (std::string_view value : values) labels.emplace(names.at(i++), value);
  return labels;
}

}  // namespace

std::string_view LabelCap::Name(std::string_view name) {
  if (const auto found = known_.find(name); found != known_.end()) return *found;
  if (known_.size() >= limit_) return "other";
  return *known_.emplace(name).first;
}

void CounterCell::Flush() {
  if (pending > 0) counter->Increment(pending);
  pending = 0;
}

void HistogramCell::Observe(double seconds) {
  if (seconds < 0) seconds = 0;  // clocks of different machines
  const auto at = std::lower_bound(bounds->begin(), bounds->end(), seconds) - bounds->begin();
  increments[static_cast<std::size_t>(at)] += 1;
  sum += seconds;
  dirty = true;
}

void HistogramCell::Flush() {
  if (!dirty) return;
  histogram->ObserveMultiple(increments, sum);
  std::fill(increments.begin(), increments.end(), 0.0);
  sum = 0;
  dirty = false;
}

CounterSet::CounterSet(prometheus::Registry* registry, const MetricInfo& info)
    : family_(
          &prometheus::BuildCounter().Name(std::string(info.name)).Help(std::string(info.help)).Register(*registry)),
      names_(SplitNames(info.labels)) {
  if (names_.empty()) Add({}, 0);  // a counter without labels is there from the start, at zero
}

void CounterSet::Add(std::initializer_list<std::string_view> values, double amount) {
  JoinKey(values, &key_);
  auto found = cells_.find(key_);
  if (found == cells_.end()) {
    found = cells_.emplace(key_, CounterCell{&family_->Add(ToLabels(names_, values)), 0}).first;
  }
  found->second.pending += amount;
}

void CounterSet::Flush() {
  for (auto& entry : cells_) entry.second.Flush();
}

HistogramSet::HistogramSet(prometheus::Registry* registry, const MetricInfo& info, const Buckets* bounds)
    : family_(
          &prometheus::BuildHistogram().Name(std::string(info.name)).Help(std::string(info.help)).Register(*registry)),
      bounds_(bounds),
      names_(SplitNames(info.labels)) {
  if (names_.empty()) At({});
}

HistogramCell& HistogramSet::At(std::initializer_list<std::string_view> values) {
  JoinKey(values, &key_);
  auto found = cells_.find(key_);
  if (found == cells_.end()) {
    HistogramCell cell;
    cell.histogram = &family_->Add(ToLabels(names_, values), *bounds_);
    cell.bounds = bounds_;
    cell.increments.assign(bounds_->size() + 1, 0.0);
    found = cells_.emplace(key_, std::move(cell)).first;
  }
  return found->second;
}

void HistogramSet::Flush() {
  for (auto& entry : cells_) entry.second.Flush();
}

GaugeSet::GaugeSet(prometheus::Registry* registry, const MetricInfo& info)
    : family_(&prometheus::BuildGauge().Name(std::string(info.name)).Help(std::string(info.help)).Register(*registry)),
      names_(SplitNames(info.labels)) {
  if (names_.empty()) Set({}, 0);
}

GaugeSet::Cell& GaugeSet::Find(std::initializer_list<std::string_view> values) {
  JoinKey(values, &key_);
  auto found = cells_.find(key_);
  if (found == cells_.end()) {
    found = cells_.emplace(key_, Cell{&family_->Add(ToLabels(names_, values)), 0}).first;
  }
  return found->second;
}

void GaugeSet::Set(std::initializer_list<std::string_view> values, double value) {
  Cell& cell = Find(values);
  cell.round = round_;
  cell.gauge->Set(value);
}

void GaugeSet::Raise(std::initializer_list<std::string_view> values, double value) {
  Cell& cell = Find(values);
  cell.gauge->Set(cell.round == round_ ? cell.gauge->Value() + value : value);
  cell.round = round_;
}

void GaugeSet::End() {
  for (auto cell = cells_.begin(); cell != cells_.end();) {
    if (cell->second.round == round_) {
      ++cell;
      continue;
    }
    family_->Remove(cell->second.gauge);
    cell = cells_.erase(cell);
  }
}

}  // namespace muster::adapters
