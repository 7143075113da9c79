// A turn: what the engine wants done after one or more events. The loop commits the changes, then performs the effects,
// then tells the transitions; in that order, always. Reused: Clear() keeps the capacity.
#ifndef MUSTER_DISPATCHER_ENGINE_TURN_H_
#define MUSTER_DISPATCHER_ENGINE_TURN_H_

#include <cstdint>
#include <string>
#include <variant>
#include <vector>

#include "dispatcher/engine/types.h"

namespace muster::engine {

// ---- Changes: to make durable --------------------------------------------------------------------------------------
// A task that was assigned, or waits for a retry. Overwrites the record of the same id.
struct PutInFlight {
  TaskId id;
  std::string name;
  TaskState state = TaskState::kAssigned;
  std::uint32_t attempt = 0;
  std::uint32_t failures = 0;
  std::string worker;
  std::uint64_t incarnation = 0;
  std::uint64_t epoch = 0;
  Time assigned = kUnset;
  Time due = kUnset;
  std::string queue;
  Priority priority = Priority::kNormal;
  std::string type;
  Resources reserved;
  Status last_error;
  bool cancel_wanted = false;
  std::vector<std::string> lost_workers;
  std::string stream;
  std::uint64_t sequence = 0;
};
struct EraseInFlight {
  TaskId id;
};

// What is still owed to the world for a task that has ended.
enum class Pending : std::uint8_t { kNothing = 0, kResult = 1, kDeadLetter = 2 };

// A dead letter: the task, or the raw message where nothing could be decoded.
struct DeadLetter {
  std::string id;
  std::string queue;  // subjects::kUndecodableQueue where unknown
  std::string body;   // encoded muster.v1.Task; empty: see raw
  std::string raw;
  std::string subject;
  std::vector<std::pair<std::string, std::string>> headers;
  Status error;
  std::uint32_t attempts = 0;
  std::string last_worker;
  Time dead = kUnset;
};
using DeadLetterPtr = std::shared_ptr<const DeadLetter>;

struct PutDone {
  OutcomePtr outcome;
  Pending pending = Pending::kNothing;
  DeadLetterPtr dead_letter;  // with kDeadLetter
  bool result_wanted = true;  // with kDeadLetter: the result is stored after it
};
// Forget what finished before `before`.
struct EraseDoneBefore {
  Time before;
};
struct PutQueue {
  std::string name;
  Priority priority = Priority::kNormal;
  bool paused = false;
};
struct PutDelayed {
  TaskId id;
  std::string name;
  Time due = kUnset;
  std::uint64_t sequence = 0;  // in MUSTER_DELAYED
};
struct EraseDelayed {
  TaskId id;
  Time due = kUnset;
};
struct PutEpoch {
  std::uint64_t epoch = 0;
};

using Change =
    std::variant<PutInFlight, EraseInFlight, PutDone, EraseDoneBefore, PutQueue, PutDelayed, EraseDelayed, PutEpoch>;

// ---- Effects: to perform after the changes are durable ------------------------------------------------------------
struct Assign {
  std::string worker;
  std::uint64_t incarnation = 0;
  TaskSpecPtr spec;
  std::uint32_t attempt = 0;
  std::uint64_t epoch = 0;
  std::uint64_t fencing = 0;
  std::uint32_t failures = 0;
};
struct Settle {
  std::string worker;
  std::uint64_t incarnation = 0;
  Attempt attempt;
};
struct CancelRun {
  std::string worker;
  std::uint64_t incarnation = 0;
  Attempt attempt;
  Status reason;  // kCancelled, kTimeout, kDeadlinePassed; kWorkerLost = revoked, a newer attempt exists
};
struct WelcomeWorker {
  std::string worker;
  std::uint64_t incarnation = 0;
};
struct RefuseWorker {
  std::string worker;
  std::uint64_t incarnation = 0;
  Status reason;
};
struct IdentifyWorker {
  std::string worker;
};  // empty = all of them
struct DrainWorker {
  std::string worker;
  std::uint64_t incarnation = 0;
  Duration timeout{};
};
struct UndrainWorker {
  std::string worker;
  std::uint64_t incarnation = 0;
};
struct TakeInventory {
  std::string worker;
  std::uint64_t incarnation = 0;
  std::uint64_t token = 0;
};

struct Ack {
  std::string ack;
};
struct Nak {
  std::string ack;
  Duration delay{};
};
struct Pull {
  Priority priority = Priority::kNormal;
  std::string queue;
  int count = 0;
};
// Answered by the event StoredDone with the same token.
struct StoreResult {
  OutcomePtr outcome;
  std::uint64_t token = 0;
};
struct StoreDeadLetter {
  DeadLetterPtr letter;
  std::uint64_t token = 0;
};
struct StoreDelayed {
  TaskSpecPtr spec;
  Time stored = kUnset;
  std::uint64_t token = 0;
};
// Read a message of MUSTER_DELAYED; publish it on its task subject; answered by StoredDone; then remove it.
struct ReleaseDelayed {
  std::uint64_t sequence = 0;
  std::uint64_t token = 0;
};
struct RemoveDelayed {
  std::uint64_t sequence = 0;
};
struct ReplyOutcome {
  OutcomePtr outcome;
};  // to outcome->reply_to, at most once
struct Signal {
  std::string scaling_class;
  bool up = true;
  std::uint32_t from = 0;
  std::uint32_t to = 0;
  std::string metric;
  double value = 0;
  double threshold = 0;
  std::string queue;
  Priority priority = Priority::kNormal;
};

using Effect = std::variant<Assign, Settle, CancelRun, WelcomeWorker, RefuseWorker, IdentifyWorker, DrainWorker,
                            UndrainWorker, TakeInventory, Ack, Nak, Pull, StoreResult, StoreDeadLetter, StoreDelayed,
                            ReleaseDelayed, RemoveDelayed, ReplyOutcome, Signal>;

// ---- Transitions: to tell whoever watches -------------------------------------------------------------------------
struct TaskTransition {
  TaskState from = TaskState::kNone;
  TaskState to = TaskState::kQueued;
  TaskSpecPtr spec;    // null where the task is known only from the journal
  OutcomePtr outcome;  // set when `to` is terminal
  std::string worker;
  std::uint32_t attempt = 0;
  Status reason;
  Time stored = kUnset;  // when the stream took the task
};
struct ProgressTold {
  std::string task;
  std::string worker;
  std::uint32_t attempt = 0;
  std::uint32_t percent = 0;
  std::string message;
};
struct WorkerTransition {
  enum class What : std::uint8_t { kJoined, kLeft, kLost, kDraining, kUndrained, kRefused };
  What what = What::kJoined;
  std::string worker;
  std::uint64_t incarnation = 0;
  std::string reason;
  std::uint32_t tasks = 0;  // that it held
};
// Something refused or repaired that an operator may want to count.
enum class Incident : std::uint8_t {
  kDuplicateSubmission,
  kUndecodable,
  kStaleReport,
  kUnknownWorker,
  kBadWorkerMessage,
  kAssignmentResent,
  kGivenBack,
  kReacknowledged,
  kLimitReached,
};
inline constexpr int kIncidents = 9;
std::string_view IncidentName(Incident incident);
struct IncidentTold {
  Incident incident;
  std::string detail;
};

using Transition = std::variant<TaskTransition, ProgressTold, WorkerTransition, IncidentTold>;

// The answer to a command event that carried a token.
struct Answer {
  std::uint64_t token = 0;
  Status status;
  bool changed = false;
  std::string message;
};

struct Turn {
  std::vector<Change> changes;
  std::vector<Effect> effects;
  std::vector<Transition> transitions;
  std::vector<Answer> answers;

  void Clear() {
    changes.clear();
    effects.clear();
    transitions.clear();
    answers.clear();
  }
};

}  // namespace muster::engine

#endif  // MUSTER_DISPATCHER_ENGINE_TURN_H_
