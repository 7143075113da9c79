// TaskTable: every task in the dispatcher's memory, by handle and by id. Handles are reused; a task's generation tells
// an old timer that its task has moved on.
#ifndef MUSTER_DISPATCHER_ENGINE_TASK_TABLE_H_
#define MUSTER_DISPATCHER_ENGINE_TASK_TABLE_H_

#include <cstdint>
#include <deque>
#include <string>
#include <unordered_map>
#include <vector>

#include "dispatcher/engine/classes.h"
#include "dispatcher/engine/queues.h"
#include "dispatcher/engine/ready_queue.h"
#include "dispatcher/engine/roster.h"
#include "dispatcher/engine/types.h"

namespace muster::engine {

struct Task {
  bool used = false;
  TaskState state = TaskState::kNone;
  // False while only the journal (or a worker) knows the task: the message has not been read again, so it cannot be
  // sent.
  bool complete = false;
  bool journaled = false;  // a PutInFlight stands in the journal
  bool in_lane = false;
  bool in_class = false;
  bool shell_class = false;  // joined before the message was read again: the constraint was not known
  bool reserved = false;     // holds a slot of `worker`
  TaskSpecPtr spec;          // never null; a shell with the names where not complete
  Source source;
  QueueIndex queue = 0;
  ClassIndex task_class = 0;
  Rank rank;
  std::uint64_t generation = 0;
  std::uint32_t attempt = 0;
  std::uint32_t failures = 0;
  std::uint32_t resends = 0;
  WorkerIndex worker = kNoWorker;
  std::uint32_t place = 0;  // in Worker::tasks
  std::string worker_name;
  WorkerIndex avoid = kNoWorker;  // where the last attempt came to nothing
  std::uint64_t avoid_incarnation = 0;
  std::uint64_t incarnation = 0;
  std::uint64_t epoch = 0;  // of the last attempt
  Time assigned = kUnset;
  Time due = kUnset;
  Status last_error;
  Status cancel;  // why the running attempt was told to stop; ok = it was not
  std::vector<std::string> lost_workers;
  std::vector<std::string> waits_for;  // dependencies that have not ended
  std::uint32_t progress_percent = 0;
  std::string progress_message;
};

class TaskTable {
 public:
  // REQUIRES: the id is not in the table.
  TaskHandle Add(const TaskId& id) {
    TaskHandle handle = static_cast<TaskHandle>(tasks_.size());
    if (unused_.empty()) {
      tasks_.emplace_back();
    } else {
      handle = unused_.back();
      unused_.pop_back();
    }
    tasks_[handle].used = true;
    by_id_.emplace(id, handle);
    return handle;
  }
  void Remove(TaskHandle handle) {
    Task& task = tasks_[handle];
    by_id_.erase(task.spec->id);
    const std::uint64_t generation = task.generation + 1;
    task = Task();
    task.generation = generation;
    unused_.push_back(handle);
  }
  TaskHandle Find(const TaskId& id) const {
    const auto found = by_id_.find(id);
    return found == by_id_.end() ? kNoTask : found->second;
  }
  Task& at(TaskHandle handle) { return tasks_[handle]; }
  const Task& at(TaskHandle handle) const { return tasks_[handle]; }
  TaskHandle end() const { return static_cast<TaskHandle>(tasks_.size()); }
  std::size_t size() const { return by_id_.size(); }

 private:
  std::deque<Task> tasks_;
  std::vector<TaskHandle> unused_;
  std::unordered_map<TaskId, TaskHandle, TaskIdHash> by_id_;
};

}  // namespace muster::engine

#endif  // MUSTER_DISPATCHER_ENGINE_TASK_TABLE_H_
