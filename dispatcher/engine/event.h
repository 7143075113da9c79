// Events: everything that can happen to the engine. Untrusted bytes were decoded and bounded before (runtime/codec.h).
#ifndef MUSTER_DISPATCHER_ENGINE_EVENT_H_
#define MUSTER_DISPATCHER_ENGINE_EVENT_H_

#include <cstdint>
#include <string>
#include <variant>
#include <vector>

#include "dispatcher/engine/turn.h"
#include "dispatcher/engine/types.h"

namespace muster::engine {

struct TaskArrived {
  TaskSpecPtr spec;
  Source source;
};
// A message on a task subject that is no task.
struct TaskUndecodable {
  DeadLetterPtr letter;
  Source source;
};

struct WorkerHello {
  WorkerInfo info;
  std::vector<Attempt> holding;
  bool whole = true;  // false: more parts of `holding` follow
};
struct WorkerBeat {
  std::string worker;
  std::uint64_t incarnation = 0;
  WorkerLoad load;
};
struct WorkerBye {
  std::string worker;
  std::uint64_t incarnation = 0;
  std::string reason;
};
struct WorkerInventory {
  std::string worker;
  std::uint64_t incarnation = 0;
  std::uint64_t token = 0;
  std::vector<Attempt> holding;
  bool whole = true;  // the last part has come
};
struct WorkerUnreachable {
  std::string worker;
};

struct WorkerReport {
  enum class What : std::uint8_t { kAccepted, kProgress, kSucceeded, kFailed, kReleased, kCancelled };
  std::string worker;
  std::uint64_t incarnation = 0;
  Attempt attempt;
  What what = What::kAccepted;
  Duration run{};
  std::string result;  // succeeded
  std::string content_type;
  Status error;  // failed; released: the reason
  Duration retry_after{};
  std::uint32_t percent = 0;  // progress
  std::string message;
};
struct BadWorkerMessage {
  std::string subject;
  std::string detail;
};

struct StoredDone {
  std::uint64_t token = 0;
  bool ok = false;
  bool gone = false;  // a delayed message that was not there any more
  std::uint64_t sequence = 0;
};
struct QueueDepth {
  Priority priority = Priority::kNormal;
  std::string queue;
  std::uint64_t stored = 0;
  std::uint64_t unacked = 0;
};
struct Connected {
  bool connected = false;
};

// Commands; `token` (not zero) is answered in Turn::answers.
struct CancelTask {
  std::string task;
  std::string reason;
  std::uint64_t token = 0;
};
struct DrainCommand {
  std::string worker;
  Duration timeout{};
  bool drain = true;
  std::uint64_t token = 0;
};
struct PauseCommand {
  std::string queue;
  bool all_priorities = true;
  Priority priority = Priority::kNormal;
  bool pause = true;
  std::uint64_t token = 0;
};
struct StrategyCommand {
  std::string strategy;
  std::string queue;
  std::uint64_t token = 0;
};

struct Tick {};  // time passed

using Event = std::variant<TaskArrived, TaskUndecodable, WorkerHello, WorkerBeat, WorkerBye, WorkerInventory,
                           WorkerUnreachable, WorkerReport, BadWorkerMessage, StoredDone, QueueDepth, Connected,
                           CancelTask, DrainCommand, PauseCommand, StrategyCommand, Tick>;

}  // namespace muster::engine

#endif  // MUSTER_DISPATCHER_ENGINE_EVENT_H_
