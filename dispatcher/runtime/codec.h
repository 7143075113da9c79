// codec: bytes from the network to engine values and back. The only place where a message's bytes meet the engine.
//
// What comes in is untrusted: any bytes give an event (TaskUndecodable, BadWorkerMessage at worst), never an abort, and
// nothing beyond limits.h gets through. What goes out is ours.
// Threads: each object belongs to one thread; it keeps buffers and parsed messages for reuse.
#ifndef MUSTER_DISPATCHER_RUNTIME_CODEC_H_
#define MUSTER_DISPATCHER_RUNTIME_CODEC_H_

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "dispatcher/engine/event.h"
#include "dispatcher/engine/options.h"
#include "dispatcher/engine/turn.h"
#include "dispatcher/engine/types.h"
#include "dispatcher/runtime/transport.h"
#include "muster/v1/admin.pb.h"
#include "muster/v1/error.pb.h"
#include "muster/v1/task.pb.h"
#include "muster/v1/worker.pb.h"
#include "schemas/status.h"

namespace muster::runtime {

// When a task first entered its stream, unix microseconds in decimal: set where a message is moved to MUSTER_DELAYED
// and back, so that ageing counts from the first submission. Believed only in the protobuf form, and only between the
// message's own stored time and kStoredAtBackMax before it: a publisher could forge it, and gains no more than that.
inline constexpr std::string_view kStoredAtHeader = "Muster-Stored-At";
inline constexpr std::chrono::hours kStoredAtBackMax{24 * 30};

// ---- In ------------------------------------------------------------------------------------------------------------

// Messages of the task streams.
class TaskDecoder {
 public:
  // Uses the options' retry policy and run time-out for tasks that do not say.
  explicit TaskDecoder(const engine::EngineOptions& options);

  // TaskArrived, or TaskUndecodable with the reason. Takes the message's bytes.
  engine::Event Decode(StoredMessage message, engine::Time now);

  // The engine's view of a decoded task. `body` is its encoding. kBadHeader when `require` does not parse.
  Result<engine::TaskSpecPtr> ToSpec(const v1::Task& task, std::string body);

 private:
  engine::RetryPolicy retry_;
  engine::Duration timeout_;
  // Few distinct expressions serve very many tasks.
  std::unordered_map<std::string, Requirement> requirements_;
};

// Messages of workers: hello, beat, bye, inventory, reports.
class WorkerDecoder {
 public:
  // A hello that cannot be accepted: worth an answer, so that the worker's log says why.
  struct Refusal {
    std::string worker;
    std::uint64_t incarnation = 0;
    Status reason;
  };

  // Appends the events of one message: several for reports, BadWorkerMessage where it is refused.
  std::optional<Refusal> Decode(const CoreMessage& message, std::vector<engine::Event>* events);

 private:
  std::optional<Refusal> DecodeHello(const CoreMessage& message, std::vector<engine::Event>* events);
  Status DecodeBeat(std::string_view data, std::string_view worker, std::vector<engine::Event>* events);
  Status DecodeBye(std::string_view data, std::string_view worker, std::vector<engine::Event>* events);
  Status DecodeInventory(std::string_view data, std::string_view worker, std::vector<engine::Event>* events);
  Status DecodeReports(std::string_view data, const CoreMessage& message, std::string_view worker,
                       std::vector<engine::Event>* events);

  v1::Hello hello_;
  v1::Beat beat_;
  v1::Bye bye_;
  v1::Inventory inventory_;
  v1::Reports reports_;
};

// At most `bytes_max` bytes of `text`, cut between two characters, with '?' for every byte that is not UTF-8: protobuf
// strings and JSON must hold nothing else.
std::string CleanText(std::string_view text, std::size_t bytes_max);

// ---- Out -----------------------------------------------------------------------------------------------------------

// One entry of Assignments.assignments, appended to the bytes of an Assignments message.
void AppendAssignment(const engine::Assign& assign, std::string* out);
std::size_t AssignmentBytes(const engine::Assign& assign);
// The fixed fields that begin an Assignments or a Control message.
void AppendAssignmentsHead(std::uint64_t epoch, std::uint64_t incarnation, std::string* out);
void AppendControlHead(std::uint64_t epoch, std::uint64_t incarnation, std::string* out);
// One Control.commands entry.
void AppendCommand(const v1::Command& command, std::string* out);
// One Settled.refs entry, and the command made of the entries collected in `refs`.
void AppendSettledRef(const engine::Attempt& attempt, std::string* refs);
void AppendSettledCommand(std::string_view refs, std::string* out);

void FillResult(const engine::Outcome& outcome, v1::TaskResult* result);
// Appends a muster.v1.DeadLetter; the task's body goes in as it stands.
void AppendDeadLetter(const engine::DeadLetter& letter, std::string* out);

void FillError(const Status& status, v1::Error* error);
Status StatusOf(const v1::Error& error);
v1::Priority ProtoPriority(Priority priority);
// kNormal where unspecified or unknown.
Priority PriorityOf(v1::Priority priority);

}  // namespace muster::runtime

#endif  // MUSTER_DISPATCHER_RUNTIME_CODEC_H_
