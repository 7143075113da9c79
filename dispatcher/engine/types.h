// The engine's values: what a task asks, what a worker offers, what became of a task. Plain structs, no behaviour.
#ifndef MUSTER_DISPATCHER_ENGINE_TYPES_H_
#define MUSTER_DISPATCHER_ENGINE_TYPES_H_

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "dispatcher/engine/time.h"
#include "schemas/priority.h"
#include "schemas/requirement.h"
#include "schemas/status.h"
#include "schemas/text.h"

namespace muster::engine {

// A task's identity in 128 bits: a UUID's own bits, or a hash of any other id. Its text is kept beside it.
struct TaskId {
  std::uint64_t high = 0;
  std::uint64_t low = 0;
  auto operator<=>(const TaskId&) const = default;
};
TaskId TaskIdOf(std::string_view text);

struct TaskIdHash {
  std::size_t operator()(const TaskId& id) const {
    return static_cast<std::size_t>(id.low ^ (id.high * 0x9e3779b97f4a7c15ULL));
  }
};

enum class TaskState : std::uint8_t {
  kNone = 0,  // before the first transition
  kQueued = 1,
  kDelayed = 2,
  kBlocked = 3,
  kParked = 4,
  kAssigned = 5,
  kRunning = 6,
  kSucceeded = 7,
  kFailed = 8,
  kDead = 9,
  kCancelled = 10,
  kExpired = 11,
};
inline constexpr int kTaskStates = 12;
std::string_view TaskStateName(TaskState state);
constexpr bool IsTerminal(TaskState state) {
  return state >= TaskState::kSucceeded;
}

enum class RetryStrategy : std::uint8_t { kFixed = 1, kLinear = 2, kExponential = 3, kJittered = 4 };

struct RetryPolicy {
  std::uint32_t max_attempts = 3;
  Duration base_delay = std::chrono::seconds(1);
  Duration max_delay = std::chrono::seconds(60);
  RetryStrategy strategy = RetryStrategy::kExponential;
};

// What was submitted. Immutable once made; shared by the task table and the effects that send it.
struct TaskSpec {
  TaskId id;
  std::string name;  // the id as text
  std::string queue;
  Priority priority = Priority::kNormal;
  std::string type;
  Requirement require;
  Resources resources;
  std::string affinity;
  std::string tenant;
  std::string pool;
  RetryPolicy retry;   // defaults filled in
  Duration timeout{};  // of one attempt; zero = none
  Time deadline = kNever;
  Time not_before = kUnset;
  std::vector<std::string> depends_on;
  bool run_after_failed_dependency = false;
  bool store_result = true;
  Duration result_ttl{};
  std::string reply_to;
  std::map<std::string, std::string> labels;
  std::size_t payload_bytes = 0;
  std::string body;  // the encoded muster.v1.Task; opaque here
};
using TaskSpecPtr = std::shared_ptr<const TaskSpec>;

// The stored message behind a task.
struct Source {
  std::string ack;  // empty: not (yet) in hand, as after a restart
  std::string stream;
  std::uint64_t sequence = 0;
  Time stored = kUnset;
};

// What a worker says of itself.
struct WorkerInfo {
  std::string name;
  std::uint64_t incarnation = 0;
  std::string version;
  std::uint32_t slots = 1;
  std::uint32_t prefetch = 0;
  std::uint32_t speed_milli = 1000;
  CapabilitySet capabilities;
  LabelMap labels;
  Resources resources;
  std::vector<std::string> queues;  // empty = all
  std::vector<std::string> types;   // empty = all
  Duration beat = std::chrono::milliseconds(500);
  std::string host;
  std::uint32_t pid = 0;
  std::string region;
  std::string group;
  bool draining = false;
};

struct WorkerLoad {
  std::uint32_t active = 0;
  std::uint32_t held = 0;
  std::uint32_t cpu_percent = 0;
  std::uint32_t memory_percent = 0;
  std::int64_t memory_free = 0;
  bool draining = false;
  std::map<std::string, double> gauges;
};

// One attempt on a worker, as messages name it.
struct Attempt {
  TaskId id;
  std::string name;
  std::uint32_t attempt = 0;
  std::uint64_t epoch = 0;
};

// How a task ended, once and for all.
struct Outcome {
  TaskId id;
  std::string name;
  TaskState state = TaskState::kSucceeded;
  std::uint32_t attempt = 0;
  std::string worker;
  std::string queue;
  Priority priority = Priority::kNormal;
  std::string type;
  std::string result;
  std::string content_type;
  Status error;
  Time stored = kUnset;
  Time assigned = kUnset;
  Time finished = kUnset;
  Duration run{};
  std::string reply_to;
  Duration result_ttl{};
};
using OutcomePtr = std::shared_ptr<const Outcome>;

}  // namespace muster::engine

#endif  // MUSTER_DISPATCHER_ENGINE_TYPES_H_
