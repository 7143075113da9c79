// The invariants of docs/architecture.md that the engine's own state can show. Called by the simulator, the model tests
// and the fuzzer after every turn; costly.
#include "dispatcher/engine/engine_impl.h"
#include "schemas/invariant.h"

namespace muster::engine {

void Engine::CheckInvariants() const {
  const Impl& e = *impl_;
  std::array<std::uint64_t, kTaskStates> by_state{};
  std::size_t used = 0;
  std::int64_t bytes = 0;
  for (TaskHandle handle = 0; handle < e.tasks.end(); ++handle) {
    const Task& t = e.tasks.at(handle);
    if (!t.used) continue;
    ++used;
    if (t.complete) bytes += static_cast<std::int64_t>(t.spec->body.size());
    ++by_state[static_cast<std::size_t>(t.state)];
    INVARIANT(!IsTerminal(t.state) && t.state != TaskState::kNone);  // 2: ended tasks leave the table
    INVARIANT(!e.ledger.Find(t.spec->id));                           // 1: one terminal state
    const bool on_worker = t.state == TaskState::kAssigned || t.state == TaskState::kRunning;
    INVARIANT(t.worker == kNoWorker || on_worker);
    INVARIANT((t.worker == kNoWorker) || t.reserved);  // 3, 4: one lease, one reservation
    INVARIANT(!t.reserved || t.worker != kNoWorker);
    INVARIANT(!t.in_lane || t.state == TaskState::kQueued || t.state == TaskState::kParked);
    if (t.worker == kNoWorker) continue;
    const Worker& worker = e.roster.at(t.worker);
    INVARIANT(worker.present && worker.info.incarnation == t.incarnation);
    INVARIANT(t.journaled);  // 8: no lease the journal does not know
    INVARIANT(worker.tasks[t.place] == handle);
  }
  INVARIANT(used == e.tasks.size());
  INVARIANT(bytes == e.task_bytes);
  std::uint64_t now_total = 0;
  for (int state = 0; state < kTaskStates; ++state) {
    INVARIANT(by_state[static_cast<std::size_t>(state)] == e.counters.now[static_cast<std::size_t>(state)]);  // 9
    now_total += by_state[static_cast<std::size_t>(state)];
  }
  INVARIANT(now_total == e.tasks.size());
  std::uint64_t busy = 0;
  std::uint64_t slots = 0;
  for (WorkerIndex index = 0; index < e.roster.end(); ++index) {
    const Worker& worker = e.roster.at(index);
    if (!worker.present) continue;
    INVARIANT(worker.active == worker.tasks.size());  // 4
    busy += worker.active;
    slots += worker.info.slots;
    std::vector<std::int64_t> reserved(worker.free.size());
    for (TaskHandle handle : worker.tasks) {
      for (const Need& need : e.classes.at(e.tasks.at(handle).task_class).needs) {
        if (need.resource >= reserved.size()) reserved.resize(need.resource + 1);
        reserved[need.resource] += need.amount;
      }
    }
    for (std::uint32_t id = 0; id < worker.free.size(); ++id) {
      const auto offered = worker.info.resources.find(e.roster.ResourceName(id));
      const std::int64_t total = offered == worker.info.resources.end() ? 0 : offered->second;
      INVARIANT(worker.free[id] == total - reserved[id]);
    }
  }
  INVARIANT(busy == e.roster.slots_busy());
  INVARIANT(slots == e.roster.slots());
  if (e.recovering) return;
  // 6: after a turn no waiting task has an eligible worker with room.
  for (ClassIndex i = 0; i < e.classes.end(); ++i) {
    const TaskClass& task_class = e.classes.at(i);
    for (LaneIndex lane : task_class.lanes) {
      if (lane == kNoLane || e.ready.size(lane) == 0) continue;
      if (e.queues.at(e.tasks.at(e.ready.Head(lane).task).queue).paused) continue;
      for (WorkerIndex index = 0; index < e.roster.end(); ++index) {
        const bool eligible = task_class.capable.Test(index) && e.roster.open().Test(index);
        INVARIANT(!eligible || !e.roster.Fits(index, task_class.needs));
      }
    }
  }
}

}  // namespace muster::engine
