// DoneLedger: the ids of tasks that have ended, so that a repeated submission is not run twice and a dependency that
// ended earlier is known. Bounded by number and by age; 24 bytes an entry in an open table with linear probing.
#ifndef MUSTER_DISPATCHER_ENGINE_LEDGER_H_
#define MUSTER_DISPATCHER_ENGINE_LEDGER_H_

#include <cstdint>
#include <deque>
#include <optional>
#include <vector>

#include "dispatcher/engine/types.h"

namespace muster::engine {

class DoneLedger {
 public:
  explicit DoneLedger(std::size_t entries_max) : entries_max_(entries_max) {}

  // Remembers; the oldest is forgotten when there are too many. A second end of the same id changes nothing.
  void Add(const TaskId& id, TaskState state, Time finished);
  std::optional<TaskState> Find(const TaskId& id) const;
  // Forgets what ended before `before`; true when anything was forgotten.
  bool ForgetBefore(Time before);
  std::size_t size() const { return order_.size(); }
  // When the oldest that is remembered ended; kNever when there is none.
  Time oldest() const { return order_.empty() ? kNever : order_.front().finished; }

 private:
  struct Entry {
    TaskId id;
    TaskState state = TaskState::kNone;  // kNone = empty
  };
  struct Ended {
    TaskId id;
    Time finished;
  };
  std::size_t Place(const TaskId& id) const;  // of the id, or of the empty entry where it belongs
  void Grow();
  void Remove(const TaskId& id);

  std::size_t entries_max_;
  std::vector<Entry> table_;
  std::deque<Ended> order_;
};

}  // namespace muster::engine

#endif  // MUSTER_DISPATCHER_ENGINE_LEDGER_H_
