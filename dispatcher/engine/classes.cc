#include "dispatcher/engine/classes.h"

#include <algorithm>

#include "schemas/invariant.h"
#include "schemas/limits.h"

namespace muster::engine {
namespace {

bool Serves(const std::vector<std::string>& served, const std::string& name) {
  return served.empty() || std::find(served.begin(), served.end(), name) != served.end();
}

}  // namespace

ClassIndex Classes::Join(const TaskSpec& spec) {
  scratch_.assign(spec.queue).append(1, '\n').append(spec.type).append(1, '\n');
  if (!spec.require.empty()) scratch_.append(spec.require.Print());
  scratch_.append(1, '\n');
  if (!spec.resources.empty()) scratch_.append(PrintResources(spec.resources));
  const auto found = by_key_.find(scratch_);
  if (found != by_key_.end()) {
    ++classes_[found->second].members;
    return found->second;
  }
  Forget();
  ClassIndex index = static_cast<ClassIndex>(classes_.size());
  if (unused_.empty()) {
    classes_.emplace_back();
  } else {
    index = unused_.back();
    unused_.pop_back();
    classes_[index] = TaskClass();
  }
  TaskClass& made = classes_[index];
  made.key = scratch_;
  made.queue = spec.queue;
  made.type = spec.type;
  made.require = spec.require;
  made.resources = spec.resources;
  made.needs = roster_->InternNeeds(spec.resources);
  made.lanes.fill(kNoLane);
  made.members = 1;
  for (WorkerIndex worker = 0; worker < roster_->end(); ++worker) {
    if (roster_->at(worker).present && Capable(made, roster_->at(worker).info)) {
      made.capable.Set(worker);
      ++made.capable_count;
    }
  }
  by_key_.emplace(made.key, index);
  return index;
}

void Classes::Leave(ClassIndex index) {
  INVARIANT(classes_[index].members > 0);
  if (--classes_[index].members == 0) idle_.push_back(index);
  // The list holds a class once for every time that it fell idle; keep it in proportion to the classes.
  if (idle_.size() > 2 * classes_.size() + 64) {
    std::sort(idle_.begin(), idle_.end());
    idle_.erase(std::unique(idle_.begin(), idle_.end()), idle_.end());
  }
}

void Classes::Forget() {
  while (by_key_.size() >= limits::kClassesMax && !idle_.empty()) {
    const ClassIndex index = idle_.front();
    idle_.pop_front();
    TaskClass& old = classes_[index];
    if (old.key.empty() || old.members > 0) continue;
    for (LaneIndex lane : old.lanes) {
      if (lane != kNoLane) ready_->RemoveLane(lane);
    }
    by_key_.erase(old.key);
    old = TaskClass();
    unused_.push_back(index);
  }
}

void Classes::OnWorker(WorkerIndex index, std::vector<ClassIndex>* changed) {
  const Worker& worker = roster_->at(index);
  for (ClassIndex i = 0; i < end(); ++i) {
    TaskClass& task_class = classes_[i];
    if (task_class.key.empty()) continue;
    const bool was = task_class.capable.Test(index);
    const bool is = worker.present && Capable(task_class, worker.info);
    if (was == is) continue;
    task_class.capable.Put(index, is);
    task_class.capable_count += is ? 1u : -1u;
    if (task_class.capable_count == (is ? 1u : 0u)) changed->push_back(i);
  }
}

bool Classes::Capable(const TaskClass& task_class, const WorkerInfo& info) const {
  return Serves(info.queues, task_class.queue) && Serves(info.types, task_class.type) &&
         task_class.require.Holds(info.capabilities, info.labels) && roster_->CouldFit(info, task_class.resources);
}

std::string Classes::RuledOut(const TaskClass& task_class, const WorkerInfo& info) const {
  if (!Serves(info.queues, task_class.queue)) return "does not serve queue " + task_class.queue;
  if (!Serves(info.types, task_class.type)) return "has no handler for type " + task_class.type;
  if (const Term* term = task_class.require.FirstFailing(info.capabilities, info.labels)) {
    return "requirement not met: " + Requirement::PrintTerm(*term);
  }
  for (const auto& [name, amount] : task_class.resources) {
    const auto offered = info.resources.find(name);
    const std::int64_t has = offered == info.resources.end() ? 0 : offered->second;
    if (has < amount) {
      return "offers " + name + " " + std::to_string(has) + ", the task needs " + std::to_string(amount);
    }
  }
  return "";
}

}  // namespace muster::engine
