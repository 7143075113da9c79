// Answers about what is. Copies, made only when somebody asks.
#include <algorithm>

#include "dispatcher/engine/engine_impl.h"

namespace muster::engine {
namespace {

TaskView ViewOfOutcome(const Outcome& outcome) {
  TaskView view;
  view.name = outcome.name;
  view.state = outcome.state;
  view.queue = outcome.queue;
  view.priority = outcome.priority;
  view.type = outcome.type;
  view.attempt = outcome.attempt;
  view.worker = outcome.worker;
  view.stored = outcome.stored;
  view.assigned = outcome.assigned;
  view.finished = outcome.finished;
  view.error = outcome.error;
  view.reason = outcome.error.ok() ? "" : outcome.error.message();
  return view;
}

}  // namespace

std::string Engine::Impl::WaitReason(const Task& t) const {
  switch (t.state) {
    case TaskState::kDelayed:
      return t.failures > 0 ? "waits for its next attempt: " + t.last_error.message() : "not before its time";
    case TaskState::kBlocked: {
      std::string text = "waits for ";
      for (std::size_t i = 0; i < t.waits_for.size(); ++i) text.append(i ? ", " : "").append(t.waits_for[i]);
      return text;
    }
    case TaskState::kParked: return "no registered worker could ever run it";
    case TaskState::kQueued:
      if (recovering) return "the dispatcher has just started and waits for its workers";
      if (!t.complete) return "its message is being read again";
      if (queues.at(t.queue).paused) return "its queue is paused";
      return classes.at(t.task_class).blocked ? "every worker that could run it is busy" : "next in line";
    default: return t.cancel.ok() ? "" : "is being stopped: " + t.cancel.message();
  }
}

TaskView Engine::Impl::ViewOf(const Task& t) const {
  TaskView view;
  view.name = t.spec->name;
  view.state = t.state;
  view.spec = t.complete ? t.spec : nullptr;
  view.queue = t.spec->queue;
  view.priority = t.spec->priority;
  view.type = t.spec->type;
  view.attempt = t.attempt;
  view.failures = t.failures;
  view.worker = t.worker != kNoWorker ? roster.at(t.worker).info.name : t.worker_name;
  view.stored = t.source.stored;
  view.assigned = t.assigned;
  view.due = t.state == TaskState::kDelayed ? t.due : kUnset;
  view.reason = WaitReason(t);
  view.error = t.last_error;
  view.progress_percent = t.progress_percent;
  view.progress_message = t.progress_message;
  return view;
}

std::optional<TaskView> Engine::Show(std::string_view name) const {
  const TaskId id = TaskIdOf(name);
  const TaskHandle handle = impl_->tasks.Find(id);
  if (handle != kNoTask) return impl_->ViewOf(impl_->tasks.at(handle));
  const auto rest = impl_->resting.find(id);
  if (rest != impl_->resting.end()) {
    TaskView view;
    view.name = rest->second.name;
    view.state = TaskState::kDelayed;
    view.due = rest->second.due;
    view.reason = "not before its time; rests in its stream";
    return view;
  }
  const auto done = impl_->finished_by_id.find(id);
  if (done != impl_->finished_by_id.end()) return ViewOfOutcome(*done->second);
  if (const auto state = impl_->ledger.Find(id)) {
    TaskView view;
    view.name = name;
    view.state = *state;
    view.reason = "ended; only its outcome is still remembered";
    return view;
  }
  return std::nullopt;
}

std::vector<TaskView> Engine::List(const TaskFilter& filter) const {
  std::array<bool, kTaskStates> wanted{};
  for (TaskState state : filter.states) wanted[static_cast<std::size_t>(state)] = true;
  const bool live_only = filter.states.empty();
  std::vector<std::pair<Time, TaskHandle>> found;
  for (TaskHandle handle = 0; handle < impl_->tasks.end(); ++handle) {
    const Task& t = impl_->tasks.at(handle);
    if (!t.used || (!live_only && !wanted[static_cast<std::size_t>(t.state)])) continue;
    if (!filter.queue.empty() && t.spec->queue != filter.queue) continue;
    if (!filter.worker.empty()) {
      const std::string& worker = t.worker != kNoWorker ? impl_->roster.at(t.worker).info.name : t.worker_name;
      if (worker != filter.worker) continue;
    }
    found.emplace_back(t.source.stored, handle);
  }
  const std::size_t count = std::min(filter.limit, found.size());
  std::partial_sort(found.begin(), found.begin() + static_cast<std::ptrdiff_t>(count), found.end());
  std::vector<TaskView> views;
  for (std::size_t i = 0; i < count; ++i) views.push_back(impl_->ViewOf(impl_->tasks.at(found[i].second)));
  if (live_only) return views;
  // The latest that ended, newest first.
  for (auto it = impl_->finished.rbegin(); it != impl_->finished.rend() && views.size() < filter.limit; ++it) {
    const Outcome& outcome = **it;
    if (!wanted[static_cast<std::size_t>(outcome.state)]) continue;
    if (!filter.queue.empty() && outcome.queue != filter.queue) continue;
    if (!filter.worker.empty() && outcome.worker != filter.worker) continue;
    views.push_back(ViewOfOutcome(outcome));
  }
  return views;
}

WorkerView Engine::Impl::ViewOf(const Worker& worker) const {
  WorkerView view;
  view.info = worker.info;
  view.load = worker.load;
  const bool silent = worker.last_beat + 2 * worker.info.beat < now;
  view.state = silent ? "silent" : worker.draining ? "draining" : "live";
  view.active = worker.active;
  for (const auto& [name, offered] : worker.info.resources) {
    for (std::uint32_t id = 0; id < worker.free.size(); ++id) {
      if (roster.ResourceName(id) == name) view.free[name] = worker.free[id];
    }
  }
  view.last_beat = worker.last_beat;
  view.since = worker.since;
  view.succeeded = worker.succeeded;
  view.failed = worker.failed;
  view.lost = worker.lost;
  view.response_ms = worker.response_ms;
  return view;
}

std::vector<WorkerView> Engine::Workers() const {
  std::vector<WorkerView> views;
  for (const auto& [name, index] : impl_->roster.by_name()) views.push_back(impl_->ViewOf(impl_->roster.at(index)));
  return views;
}

std::optional<WorkerView> Engine::ShowWorker(std::string_view name) const {
  const WorkerIndex index = impl_->roster.Find(name);
  if (index == kNoWorker) return std::nullopt;
  return impl_->ViewOf(impl_->roster.at(index));
}

std::vector<QueueView> Engine::Queues(Time now) const {
  const std::vector<QueueIndex> sorted = impl_->queues.Sorted();
  std::vector<QueueView> views;
  std::vector<Time> oldest(impl_->queues.end(), kNever);
  std::vector<std::string> reason(impl_->queues.end());
  for (ClassIndex i = 0; i < impl_->classes.end(); ++i) {
    const TaskClass& task_class = impl_->classes.at(i);
    for (LaneIndex lane : task_class.lanes) {
      if (lane == kNoLane || impl_->ready.size(lane) == 0) continue;
      const Task& head = impl_->tasks.at(impl_->ready.Head(lane).task);
      oldest[head.queue] = std::min(oldest[head.queue], head.source.stored);
      if (head.state == TaskState::kParked) reason[head.queue] = impl_->WaitReason(head);
    }
  }
  for (QueueIndex index : sorted) {
    const QueueState& queue = impl_->queues.at(index);
    QueueView view;
    view.name = queue.name;
    view.priority = queue.priority;
    view.paused = queue.paused;
    view.stored = queue.stored;
    view.by_state = queue.by_state;
    view.oldest = oldest[index] == kNever ? Duration{} : now - oldest[index];
    view.strategy = impl_->StrategyName(queue.name);
    view.ended = queue.ended;
    view.dead = queue.dead;
    view.parked_reason = reason[index];
    views.push_back(std::move(view));
  }
  return views;
}

Counters Engine::Count() const {
  Counters counters = impl_->counters;
  for (QueueIndex i = 0; i < impl_->queues.end(); ++i) counters.stored += impl_->queues.at(i).stored;
  counters.now[static_cast<std::size_t>(TaskState::kDelayed)] += impl_->resting.size();
  counters.workers = static_cast<std::uint32_t>(impl_->roster.size());
  counters.slots = impl_->roster.slots();
  counters.slots_busy = impl_->roster.slots_busy();
  return counters;
}

const std::string& Engine::StrategyOf(std::string_view queue) const {
  return impl_->StrategyName(queue);
}

std::vector<StrategyStatistics> Engine::Statistics() const {
  std::vector<StrategyStatistics> all;
  for (const auto& [name, statistics] : impl_->statistics) all.push_back(statistics);
  return all;
}

}  // namespace muster::engine
