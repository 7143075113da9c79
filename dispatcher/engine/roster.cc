#include "dispatcher/engine/roster.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "schemas/invariant.h"
#include "schemas/limits.h"

namespace muster::engine {

WorkerIndex Roster::Add(WorkerInfo info, Time now) {
  INVARIANT(Find(info.name) == kNoWorker);
  if (by_name_.size() >= limits::kWorkersMax) return kNoWorker;
  WorkerIndex index = static_cast<WorkerIndex>(workers_.size());
  if (unused_.empty()) {
    workers_.emplace_back();
    level_of_.push_back(kNoLevel);
  } else {
    index = unused_.back();
    unused_.pop_back();
    workers_[index] = Worker();
  }
  by_name_.emplace(info.name, index);
  Worker& worker = workers_[index];
  worker.present = true;
  worker.since = now;
  worker.info.slots = 0;  // nothing is offered yet: Update takes back what was
  Update(index, std::move(info));
  return index;
}

void Roster::Update(WorkerIndex index, WorkerInfo info) {
  Worker& worker = workers_[index];
  slots_ -= worker.info.slots;
  // What is free changes by what the offer changed.
  for (const auto& [name, amount] : worker.info.resources) worker.free[Intern(name)] -= amount;
  worker.info = std::move(info);
  for (const auto& [name, amount] : worker.info.resources) {
    const std::uint32_t resource = Intern(name);
    if (resource >= worker.free.size()) worker.free.resize(resource + 1);
    worker.free[resource] += amount;
  }
  slots_ += worker.info.slots;
  Reindex(index);
}

void Roster::Remove(WorkerIndex index) {
  Worker& worker = workers_[index];
  INVARIANT(worker.present && worker.active == 0 && worker.tasks.empty());
  slots_ -= worker.info.slots;
  by_name_.erase(worker.info.name);
  worker = Worker();
  Reindex(index);
  unused_.push_back(index);
}

WorkerIndex Roster::Find(std::string_view name) const {
  const auto found = by_name_.find(name);
  return found == by_name_.end() ? kNoWorker : found->second;
}

void Roster::SetDraining(WorkerIndex index, bool draining) {
  workers_[index].draining = draining;
  Reindex(index);
}

void Roster::Reserve(WorkerIndex index, const std::vector<Need>& needs) {
  Worker& worker = workers_[index];
  for (const Need& need : needs) worker.free[need.resource] -= need.amount;
  ++worker.active;
  ++slots_busy_;
  Reindex(index);
}

void Roster::Release(WorkerIndex index, const std::vector<Need>& needs) {
  Worker& worker = workers_[index];
  INVARIANT(worker.active > 0);
  for (const Need& need : needs) worker.free[need.resource] += need.amount;
  --worker.active;
  --slots_busy_;
  Reindex(index);
}

bool Roster::Fits(WorkerIndex index, const std::vector<Need>& needs) const {
  const Worker& worker = workers_[index];
  if (worker.active >= capacity(index)) return false;
  for (const Need& need : needs) {
    if (need.resource >= worker.free.size() || worker.free[need.resource] < need.amount) return false;
  }
  return true;
}

bool Roster::CouldFit(const WorkerInfo& info, const Resources& resources) const {
  for (const auto& [name, amount] : resources) {
    const auto offered = info.resources.find(name);
    if (amount > 0 && (offered == info.resources.end() || offered->second < amount)) return false;
  }
  return true;
}

std::vector<Need> Roster::InternNeeds(const Resources& resources) {
  std::vector<Need> needs;
  for (const auto& [name, amount] : resources) {
    if (amount > 0) needs.push_back(Need{Intern(name), amount});
  }
  return needs;
}

double Roster::Score(WorkerIndex index) const {
  const Worker& worker = workers_[index];
  return (worker.active + 1.0) / (worker.info.slots * (worker.info.speed_milli / 1000.0));
}

std::uint32_t Roster::Intern(std::string_view resource) {
  const auto found = resource_ids_.find(resource);
  if (found != resource_ids_.end()) return found->second;
  const auto id = static_cast<std::uint32_t>(resource_names_.size());
  resource_names_.emplace_back(resource);
  resource_ids_.emplace(std::string(resource), id);
  return id;
}

int Roster::LevelOf(WorkerIndex index) const {
  const Worker& worker = workers_[index];
  if (!worker.present || worker.draining || worker.active >= capacity(index)) return kNoLevel;
  const int step = static_cast<int>(std::floor(4.0 * std::log2(Score(index)))) + 60;
  const int level = std::clamp(step, 0, kFreeSlotLevels - 1);
  return worker.active < worker.info.slots ? level : level + kFreeSlotLevels;
}

void Roster::Reindex(WorkerIndex index) {
  const int before = level_of_[index];
  const int after = LevelOf(index);
  if (before == after) return;
  if (before != kNoLevel) {
    levels_[static_cast<std::size_t>(before)].Clear(index);
    --level_count_[static_cast<std::size_t>(before)];
  }
  if (after != kNoLevel) {
    levels_[static_cast<std::size_t>(after)].Set(index);
    ++level_count_[static_cast<std::size_t>(after)];
  }
  level_of_[index] = static_cast<std::int8_t>(after);
  open_.Put(index, after != kNoLevel);
  free_slot_.Put(index, after != kNoLevel && after < kFreeSlotLevels);
}

}  // namespace muster::engine
