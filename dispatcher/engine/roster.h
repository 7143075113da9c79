// Roster: the workers, what each has free, and the index that finds the least loaded of any set without a scan.
//
// A worker has a dense index, reused after it has left. `open` workers are live, not draining and have room. Each open
// worker sits in one of 128 levels by (active + 1) / (slots * speed), quarter-octave steps; levels 0..63 hold workers
// with a free slot, 64..127 those that have only prefetch room. So "free slot first, then shortest expected delay" is:
// the first level whose bitmap meets the eligible set. Assigning and finishing move one bit: O(1). The rule: research
// on slot-limited workers, docs/decisions/0003-selection-index.md. Threads: one.
#ifndef MUSTER_DISPATCHER_ENGINE_ROSTER_H_
#define MUSTER_DISPATCHER_ENGINE_ROSTER_H_

#include <array>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "dispatcher/engine/bitmap.h"
#include "dispatcher/engine/types.h"

namespace muster::engine {

using WorkerIndex = std::uint32_t;
inline constexpr WorkerIndex kNoWorker = static_cast<WorkerIndex>(-1);

// An amount of an interned resource name.
struct Need {
  std::uint32_t resource = 0;
  std::int64_t amount = 0;
};

struct Worker {
  bool present = false;
  WorkerInfo info;
  WorkerLoad load;
  bool draining = false;  // by command, or by its own word
  Time since = kUnset;
  Time last_beat = kUnset;
  Time lost_at = kNever;             // without another beat
  Time silent_armed = kNever;        // when the timer that watches lost_at goes off
  std::uint32_t active = 0;          // slots reserved by us
  std::vector<std::int64_t> free;    // by interned resource name
  std::vector<std::uint32_t> tasks;  // handles of what it holds
  std::uint64_t succeeded = 0;
  std::uint64_t failed = 0;
  std::uint64_t lost = 0;
  double response_ms = 0;
  std::uint32_t responses = 0;
  std::uint64_t inventory_token = 0;
  Time inventory_asked = kUnset;
  std::vector<Attempt> inventory;  // parts so far
};

class Roster {
 public:
  static constexpr int kLevels = 128;
  static constexpr int kFreeSlotLevels = 64;

  // kNoWorker when limits::kWorkersMax are present. REQUIRES: no worker of that name is present.
  WorkerIndex Add(WorkerInfo info, Time now);
  void Remove(WorkerIndex index);
  // New description of the same process; what is reserved stays.
  void Update(WorkerIndex index, WorkerInfo info);
  WorkerIndex Find(std::string_view name) const;
  Worker& at(WorkerIndex index) { return workers_[index]; }
  const Worker& at(WorkerIndex index) const { return workers_[index]; }
  WorkerIndex end() const { return static_cast<WorkerIndex>(workers_.size()); }
  std::size_t size() const { return by_name_.size(); }

  void SetDraining(WorkerIndex index, bool draining);

  // REQUIRES: Fits().
  void Reserve(WorkerIndex index, const std::vector<Need>& needs);
  void Release(WorkerIndex index, const std::vector<Need>& needs);
  // Room for a task with these needs, now.
  bool Fits(WorkerIndex index, const std::vector<Need>& needs) const;
  // Room if it were idle.
  bool CouldFit(const WorkerInfo& info, const Resources& resources) const;
  std::uint32_t capacity(WorkerIndex index) const { return workers_[index].info.slots + workers_[index].info.prefetch; }

  std::vector<Need> InternNeeds(const Resources& resources);
  const std::string& ResourceName(std::uint32_t resource) const { return resource_names_[resource]; }

  // (active + 1) / (slots * speed): the expected delay in units of one task's time on the reference worker.
  double Score(WorkerIndex index) const;

  const Bitmap& level(int level) const { return levels_[static_cast<std::size_t>(level)]; }
  bool level_used(int level) const { return level_count_[static_cast<std::size_t>(level)] != 0; }
  const Bitmap& open() const { return open_; }
  const Bitmap& free_slot() const { return free_slot_; }

  std::uint64_t slots() const { return slots_; }
  std::uint64_t slots_busy() const { return slots_busy_; }
  const std::map<std::string, WorkerIndex, std::less<>>& by_name() const { return by_name_; }

 private:
  static constexpr int kNoLevel = -1;
  int LevelOf(WorkerIndex index) const;
  void Reindex(WorkerIndex index);
  std::uint32_t Intern(std::string_view resource);

  std::vector<Worker> workers_;
  std::vector<std::int8_t> level_of_;
  std::vector<WorkerIndex> unused_;
  std::map<std::string, WorkerIndex, std::less<>> by_name_;
  std::array<Bitmap, kLevels> levels_;
  std::array<std::uint32_t, kLevels> level_count_{};
  Bitmap open_;
  Bitmap free_slot_;
  std::vector<std::string> resource_names_;
  std::map<std::string, std::uint32_t, std::less<>> resource_ids_;
  std::uint64_t slots_ = 0;
  std::uint64_t slots_busy_ = 0;
};

}  // namespace muster::engine

#endif  // MUSTER_DISPATCHER_ENGINE_ROSTER_H_
