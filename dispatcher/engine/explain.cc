// Why this worker, or why not yet.
#include <algorithm>

#include "dispatcher/engine/engine_impl.h"

namespace muster::engine {
namespace {

constexpr std::size_t kCandidatesShown = 50;

}  // namespace

std::optional<Explanation> Engine::Explain(Time now, std::string_view name) const {
  const std::optional<TaskView> view = Show(name);
  if (!view) return std::nullopt;
  Explanation told;
  told.name = view->name;
  told.state = view->state;
  told.worker = view->worker;
  told.strategy = impl_->StrategyName(view->queue);
  const TaskHandle handle = impl_->tasks.Find(TaskIdOf(name));
  if (handle == kNoTask) {
    told.summary = view->reason.empty() ? "ended: " + std::string(TaskStateName(view->state))
                                        : std::string(TaskStateName(view->state)) + ": " + view->reason;
    if (!view->worker.empty())
      told.summary += " (attempt " + std::to_string(view->attempt) + ", worker " + view->worker + ")";
    return told;
  }
  const Task& t = impl_->tasks.at(handle);
  told.waits_for = t.waits_for;
  const bool placed = t.worker != kNoWorker;
  if (t.in_class && !t.shell_class) {
    const TaskClass& task_class = impl_->classes.at(t.task_class);
    const StrategyInfo* info = FindStrategy(told.strategy);
    const std::unique_ptr<Strategy> scorer = info->make();
    for (const auto& [worker_name, index] : impl_->roster.by_name()) {
      const Worker& worker = impl_->roster.at(index);
      Candidate candidate;
      candidate.worker = worker_name;
      candidate.chosen = placed && t.worker == index;
      candidate.active = worker.active;
      candidate.slots = worker.info.slots;
      candidate.score = scorer->Score(impl_->roster, index);
      candidate.ruled_out_by = impl_->classes.RuledOut(task_class, worker.info);
      if (candidate.ruled_out_by.empty() && worker.draining) candidate.ruled_out_by = "draining";
      if (candidate.ruled_out_by.empty() && worker.active >= impl_->roster.capacity(index)) {
        candidate.ruled_out_by =
            "busy: " + std::to_string(worker.active) + " of " + std::to_string(worker.info.slots) + " slots";
      }
      for (const Need& need : task_class.needs) {
        if (!candidate.ruled_out_by.empty()) break;
        const std::int64_t free = need.resource < worker.free.size() ? worker.free[need.resource] : 0;
        if (free < need.amount) {
          candidate.ruled_out_by = impl_->roster.ResourceName(need.resource) + ": free " + std::to_string(free) +
                                   ", the task needs " + std::to_string(need.amount);
        }
      }
      if (candidate.chosen) candidate.ruled_out_by.clear();
      told.candidates.push_back(std::move(candidate));
    }
    told.candidates_total = told.candidates.size();
    // The chosen one, then those that could, then the rest; by name within each.
    std::stable_sort(told.candidates.begin(), told.candidates.end(), [](const Candidate& a, const Candidate& b) {
      return (a.chosen ? 0 : a.ruled_out_by.empty() ? 1 : 2) < (b.chosen ? 0 : b.ruled_out_by.empty() ? 1 : 2);
    });
    if (told.candidates.size() > kCandidatesShown) told.candidates.resize(kCandidatesShown);
    told.never = !placed && task_class.capable_count == 0;
  }
  if (placed) {
    told.summary = std::string(TaskStateName(t.state)) + " on " + told.worker + ", attempt " +
                   std::to_string(t.attempt) + ": chosen by " + told.strategy +
                   " among the workers that meet its requirements";
    if (!t.cancel.ok()) told.summary += "; is being stopped: " + t.cancel.message();
    return told;
  }
  told.summary = std::string(TaskStateName(t.state)) + ": " + view->reason;
  switch (t.state) {
    case TaskState::kBlocked:
      for (const std::string& dependency : t.waits_for) {
        const std::optional<TaskView> other = Show(dependency);
        told.unblocked_by.push_back("the end of " + dependency +
                                    (other ? " (" + std::string(TaskStateName(other->state)) + ")"
                                           : " (not known: not submitted yet, or still in its stream)"));
      }
      break;
    case TaskState::kDelayed:
      told.unblocked_by.push_back("time: " + PrintDuration(std::max(Duration{}, t.due - now)) + " from now");
      break;
    case TaskState::kParked:
      told.unblocked_by.push_back(
          "a worker with: " + (t.spec->require.empty() ? "no special capability" : t.spec->require.Print()) +
          (t.spec->resources.empty() ? "" : "; resources " + PrintResources(t.spec->resources)) + "; serving queue " +
          t.spec->queue + " and type " + t.spec->type);
      break;
    case TaskState::kQueued: {
      for (ClassIndex i = 0; i < impl_->classes.end(); ++i) {
        for (LaneIndex lane : impl_->classes.at(i).lanes) {
          if (lane == kNoLane) continue;
          for (const ReadyQueue::Waiting& waiting : impl_->ready.waiting(lane))
            told.ahead += waiting.rank < t.rank ? 1u : 0u;
        }
      }
      if (impl_->queues.at(t.queue).paused) {
        told.unblocked_by.push_back("muster queue resume " + t.spec->queue);
      } else if (impl_->recovering) {
        told.unblocked_by.push_back("the end of the start-up window, about a second");
      } else {
        told.unblocked_by.push_back("room on one of the workers that could run it");
      }
      break;
    }
    default: break;
  }
  return told;
}

}  // namespace muster::engine
