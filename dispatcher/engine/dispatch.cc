// Placing tasks on workers, and asking the stream for more.
#include <algorithm>

#include "dispatcher/engine/engine_impl.h"
#include "schemas/invariant.h"
#include "schemas/limits.h"

namespace muster::engine {
namespace {

// The slots that may be asked for at once for one queue: beyond it nothing is gained, and a burst of unlike queues
// would fill the memory.
constexpr std::int64_t kCreditPerQueueMax = 4096;
// Look-ahead grows with the fleet, so that finished slots find their next task already here.
constexpr std::int64_t kLookAheadMax = 1024;

}  // namespace

Strategy& Engine::Impl::StrategyFor(const std::string& queue) {
  const auto own = strategy_of_queue.find(queue);
  const std::string& name = own != strategy_of_queue.end() ? own->second : default_strategy;
  std::unique_ptr<Strategy>& strategy = strategies[name];
  if (!strategy) {
    strategy = FindStrategy(name)->make();
    statistics[name].name = name;
  }
  return *strategy;
}

// Takes the task that is to be served next, places it, and so on until nothing that may be served is left. A class for
// which nothing fits stands aside until one of its workers has room, so each task is looked at once per change.
void Engine::Impl::Dispatch() {
  if (recovering) return;
  for (LaneIndex lane = ready.Next(); lane != kNoLane; lane = ready.Next()) {
    const ClassIndex class_index = ready.class_of(lane);
    TaskClass& task_class = classes.at(class_index);
    const TaskHandle head = ready.Head(lane).task;
    const Task& t = task(head);
    Strategy& strategy = StrategyFor(t.spec->queue);
    StrategyStatistics& counted =
        statistics[strategy_of_queue.empty() ? default_strategy : StrategyName(t.spec->queue)];
    Selection selection{roster, task_class, *t.spec, random, kNoWorker};
    const bool avoids = t.avoid != kNoWorker && roster.at(t.avoid).info.incarnation == t.avoid_incarnation;
    if (avoids) selection.avoid = t.avoid;
    WorkerIndex chosen = task_class.capable_count == 0 ? kNoWorker : strategy.Select(selection);
    if (chosen == kNoWorker && avoids) {
      selection.avoid = kNoWorker;
      chosen = strategy.Select(selection);
    }
    if (chosen != kNoWorker) {
      INVARIANT(selection.Allowed(chosen));
      ++counted.selections;
      Assign(head, chosen);
      continue;
    }
    ++counted.nothing_fitted;
    task_class.blocked = true;
    blocked.push_back(class_index);
    SetServable(task_class);
  }
}

const std::string& Engine::Impl::StrategyName(std::string_view queue) const {
  const auto own = strategy_of_queue.find(queue);
  return own != strategy_of_queue.end() ? own->second : default_strategy;
}

void Engine::Impl::SetServable(const TaskClass& task_class) {
  for (Priority priority : kAllPriorities) {
    const LaneIndex lane = task_class.lanes[static_cast<std::size_t>(priority)];
    if (lane == kNoLane) continue;
    const QueueIndex queue = queues.Find(priority, task_class.queue);
    ready.SetServable(lane, !task_class.blocked && !(queue != kNoQueue && queues.at(queue).paused));
  }
}

// Workers that got room since the last turn wake the classes they can serve.
void Engine::Impl::Unblock() {
  if (freed.empty() || blocked.empty()) {
    freed.clear();
    return;
  }
  std::sort(freed.begin(), freed.end());
  freed.erase(std::unique(freed.begin(), freed.end()), freed.end());
  const auto still_blocked = [this](ClassIndex index) {
    TaskClass& task_class = classes.at(index);
    if (!task_class.blocked) return false;
    for (WorkerIndex worker : freed) {
      if (!task_class.capable.Test(worker) || !roster.open().Test(worker) || !roster.Fits(worker, task_class.needs)) {
        continue;
      }
      task_class.blocked = false;
      SetServable(task_class);
      return false;
    }
    return true;
  };
  blocked.erase(std::remove_if(blocked.begin(), blocked.end(), [&](ClassIndex i) { return !still_blocked(i); }),
                blocked.end());
  freed.clear();
}

std::int64_t Engine::Impl::LookAhead() const {
  const auto half = static_cast<std::int64_t>(roster.slots() / 2);
  const auto parked = static_cast<std::int64_t>(options.parked_per_queue_max / 2);
  return std::min({std::max<std::int64_t>(options.look_ahead, half), kLookAheadMax, std::max<std::int64_t>(parked, 1)});
}

void Engine::Impl::AskForMore() {
  const std::int64_t look_ahead = LookAhead();
  const auto busy = static_cast<std::int64_t>(roster.slots_busy());
  const std::int64_t free_slots =
      std::clamp<std::int64_t>(static_cast<std::int64_t>(roster.slots()) - busy, 0, kCreditPerQueueMax);
  std::int64_t room = static_cast<std::int64_t>(options.tasks_max) - static_cast<std::int64_t>(tasks.size());
  std::int64_t room_bytes = static_cast<std::int64_t>(options.task_bytes_max) - task_bytes;
  for (QueueIndex i = 0; i < queues.end(); ++i) {
    room -= queues.at(i).outstanding;
    room_bytes -= queues.at(i).outstanding * queues.at(i).mean_bytes;
  }
  for (QueueIndex i = 0; i < queues.end(); ++i) {
    QueueState& queue = queues.at(i);
    if (queue.paused && queue.incomplete == 0) continue;
    CreditInputs in;
    in.free_slots = recovering || queue.paused ? 0 : free_slots;
    in.look_ahead = queue.paused ? 0 : look_ahead;
    in.waiting = static_cast<std::int64_t>(queue.Waiting());
    in.incomplete = static_cast<std::int64_t>(queue.incomplete);
    in.outstanding = queue.outstanding;
    in.room = std::min(room, room_bytes / std::max<std::int64_t>(queue.mean_bytes, 1));
    // What is on its way to its end must be able to get there, however large the tasks are.
    if (queue.outstanding == 0) in.room = std::max<std::int64_t>(in.room, in.incomplete > 0 ? 1 : 0);
    const bool full = queue.Waiting() >= options.parked_per_queue_max ||
                      queue.Count(TaskState::kBlocked) >= options.parked_per_queue_max;
    if (full) {  // look at a few more from time to time: one of them may fit
      if (now < queue.probe_after) continue;
      in.free_slots = 0;
      in.waiting = 0;
    }
    const std::int64_t ask = CreditToAsk(in);
    if (ask <= 0) continue;
    if (full) queue.probe_after = now + options.give_back_delay;
    queue.outstanding += ask;
    room -= ask;
    room_bytes -= ask * queue.mean_bytes;
    turn->effects.emplace_back(engine::Pull{queue.priority, queue.name, static_cast<int>(ask)});
  }
}

void Engine::Impl::On(const QueueDepth& event) {
  const QueueIndex index = queues.Ensure(event.priority, event.queue);
  if (index == kNoQueue) return Tell(Incident::kLimitReached, "queue " + event.queue + ": too many queues");
  queues.at(index).stored = event.stored;
}

}  // namespace muster::engine
