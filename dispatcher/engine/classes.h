// Requirement classes: tasks that the same workers can run share one class, interned by queue, type, constraint and
// resources. A class keeps the bitmap of the workers that could ever run it, so that a decision tests no labels.
// Unused classes beyond limits::kClassesMax are forgotten, oldest first. Threads: one.
#ifndef MUSTER_DISPATCHER_ENGINE_CLASSES_H_
#define MUSTER_DISPATCHER_ENGINE_CLASSES_H_

#include <array>
#include <cstdint>
#include <deque>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "dispatcher/engine/bitmap.h"
#include "dispatcher/engine/ready_queue.h"
#include "dispatcher/engine/roster.h"
#include "dispatcher/engine/types.h"

namespace muster::engine {

using ClassIndex = std::uint32_t;

struct TaskClass {
  std::string key;
  std::string queue;
  std::string type;
  Requirement require;
  Resources resources;
  std::vector<Need> needs;
  Bitmap capable;  // could run it if idle
  std::uint32_t capable_count = 0;
  std::uint32_t members = 0;                     // tasks of this class in memory
  bool blocked = false;                          // nothing fitted; until one of the capable gets room
  WorkerIndex cursor = 0;                        // round robin's place
  std::array<std::uint32_t, kPriorities> lanes;  // lane of each priority, kNoLane where none was needed yet
};

class Classes {
 public:
  Classes(Roster* roster, ReadyQueue* ready) : roster_(roster), ready_(ready) {}

  // The class of a task; made when it is new. Adds a member.
  ClassIndex Join(const TaskSpec& spec);
  void Leave(ClassIndex index);
  TaskClass& at(ClassIndex index) { return classes_[index]; }
  const TaskClass& at(ClassIndex index) const { return classes_[index]; }
  ClassIndex end() const { return static_cast<ClassIndex>(classes_.size()); }

  // A worker came, changed or left: every class is told. Appends the classes whose capable set became empty or ceased
  // to be empty.
  void OnWorker(WorkerIndex index, std::vector<ClassIndex>* changed);

  // Why this worker can never run the class; empty when it could.
  std::string RuledOut(const TaskClass& task_class, const WorkerInfo& info) const;

 private:
  bool Capable(const TaskClass& task_class, const WorkerInfo& info) const;
  void Forget();

  Roster* roster_;
  ReadyQueue* ready_;  // the lanes of a forgotten class go with it
  std::deque<TaskClass> classes_;
  std::unordered_map<std::string, ClassIndex> by_key_;
  std::vector<ClassIndex> unused_;
  std::deque<ClassIndex> idle_;  // became empty, in that order; may hold some that are in use again
  std::string scratch_;
};

}  // namespace muster::engine

#endif  // MUSTER_DISPATCHER_ENGINE_CLASSES_H_
