#include <algorithm>

#include "dispatcher/runtime/codec.h"
#include "dispatcher/runtime/wire.h"

namespace muster::runtime {
namespace {

std::size_t RefBytes(std::string_view name, std::uint32_t attempt, std::uint64_t epoch) {
  return wire::DelimitedBytes(v1::TaskRef::kTaskIdFieldNumber, name.size()) +
         wire::NumberBytes(v1::TaskRef::kAttemptFieldNumber, attempt) +
         wire::NumberBytes(v1::TaskRef::kEpochFieldNumber, epoch);
}

// A TaskRef as field `field` of the message that `out` holds.
void AppendRef(int field, std::string_view name, std::uint32_t attempt, std::uint64_t epoch, std::string* out) {
  wire::AppendDelimiter(field, RefBytes(name, attempt, epoch), out);
  wire::AppendDelimited(v1::TaskRef::kTaskIdFieldNumber, name, out);
  wire::AppendNumber(v1::TaskRef::kAttemptFieldNumber, attempt, out);
  wire::AppendNumber(v1::TaskRef::kEpochFieldNumber, epoch, out);
}

std::uint64_t TimeoutMillis(const engine::TaskSpec& spec) {
  return static_cast<std::uint64_t>(std::max<std::int64_t>(spec.timeout.count(), 0) / 1000);
}

}  // namespace

std::size_t AssignmentBytes(const engine::Assign& assign) {
  using A = v1::Assignment;
  const engine::TaskSpec& spec = *assign.spec;
  return wire::DelimitedBytes(A::kRefFieldNumber, RefBytes(spec.name, assign.attempt, assign.epoch)) +
         wire::NumberBytes(A::kFencingFieldNumber, assign.fencing) +
         wire::DelimitedBytes(A::kTaskFieldNumber, spec.body.size()) +
         wire::NumberBytes(A::kTimeoutMsFieldNumber, TimeoutMillis(spec)) +
         wire::NumberBytes(A::kMaxAttemptsFieldNumber, spec.retry.max_attempts) +
         wire::NumberBytes(A::kFailuresFieldNumber, assign.failures);
}

void AppendAssignment(const engine::Assign& assign, std::string* out) {
  using A = v1::Assignment;
  const engine::TaskSpec& spec = *assign.spec;
  wire::AppendDelimiter(v1::Assignments::kAssignmentsFieldNumber, AssignmentBytes(assign), out);
  AppendRef(A::kRefFieldNumber, spec.name, assign.attempt, assign.epoch, out);
  wire::AppendNumber(A::kFencingFieldNumber, assign.fencing, out);
  wire::AppendDelimited(A::kTaskFieldNumber, spec.body, out);
  wire::AppendNumber(A::kTimeoutMsFieldNumber, TimeoutMillis(spec), out);
  wire::AppendNumber(A::kMaxAttemptsFieldNumber, spec.retry.max_attempts, out);
  wire::AppendNumber(A::kFailuresFieldNumber, assign.failures, out);
}

void AppendAssignmentsHead(std::uint64_t epoch, std::uint64_t incarnation, std::string* out) {
  wire::AppendNumber(v1::Assignments::kEpochFieldNumber, epoch, out);
  wire::AppendNumber(v1::Assignments::kIncarnationFieldNumber, incarnation, out);
}

void AppendControlHead(std::uint64_t epoch, std::uint64_t incarnation, std::string* out) {
  wire::AppendNumber(v1::Control::kEpochFieldNumber, epoch, out);
  wire::AppendNumber(v1::Control::kIncarnationFieldNumber, incarnation, out);
}

void AppendCommand(const v1::Command& command, std::string* out) {
  wire::AppendDelimiter(v1::Control::kCommandsFieldNumber, command.ByteSizeLong(), out);
  command.AppendToString(out);
}

void AppendSettledRef(const engine::Attempt& attempt, std::string* refs) {
  AppendRef(v1::Settled::kRefsFieldNumber, attempt.name, attempt.attempt, attempt.epoch, refs);
}

void AppendSettledCommand(std::string_view refs, std::string* out) {
  wire::AppendDelimiter(v1::Control::kCommandsFieldNumber,
                        wire::DelimitedBytes(v1::Command::kSettledFieldNumber, refs.size()), out);
  wire::AppendDelimited(v1::Command::kSettledFieldNumber, refs, out);
}

void FillResult(const engine::Outcome& outcome, v1::TaskResult* result) {
  result->set_task_id(outcome.name);
  result->set_state(static_cast<v1::TaskState>(outcome.state));
  result->set_attempt(outcome.attempt);
  result->set_worker(outcome.worker);
  result->set_queue(outcome.queue);
  result->set_type(outcome.type);
  result->set_result(outcome.result);
  result->set_content_type(outcome.content_type);
  if (!outcome.error.ok()) FillError(outcome.error, result->mutable_error());
  result->set_submitted_ms(engine::UnixMillis(outcome.stored));
  result->set_assigned_ms(engine::UnixMillis(outcome.assigned));
  result->set_finished_ms(engine::UnixMillis(outcome.finished));
  result->set_run_ms(outcome.run.count() / 1000);
}

void AppendDeadLetter(const engine::DeadLetter& letter, std::string* out) {
  v1::DeadLetter message;
  message.set_id(letter.id);
  if (letter.body.empty()) message.set_raw(letter.raw);
  message.set_subject(letter.subject);
  for (const auto& [name, value] : letter.headers) (*message.mutable_headers())[name] = value;
  FillError(letter.error, message.mutable_error());
  message.set_attempts(letter.attempts);
  message.set_last_worker(letter.last_worker);
  message.set_dead_ms(engine::UnixMillis(letter.dead));
  message.AppendToString(out);
  if (!letter.body.empty()) wire::AppendDelimited(v1::DeadLetter::kTaskFieldNumber, letter.body, out);
}

void FillError(const Status& status, v1::Error* error) {
  error->set_code(static_cast<v1::ErrorCode>(status.code()));
  error->set_message(status.message());
  error->set_where(status.where());
}

Status StatusOf(const v1::Error& error) {
  if (error.code() == v1::ERROR_CODE_UNSPECIFIED) return Status();
  const int code = v1::ErrorCode_IsValid(error.code()) ? error.code() : v1::ERROR_CODE_INTERNAL;
  return Status(static_cast<ErrorCode>(code), error.message(), error.where());
}

v1::Priority ProtoPriority(Priority priority) {
  return static_cast<v1::Priority>(static_cast<int>(priority) + 1);
}

Priority PriorityOf(v1::Priority priority) {
  if (priority <= v1::PRIORITY_UNSPECIFIED || priority > v1::PRIORITY_BACKGROUND) return Priority::kNormal;
  return static_cast<Priority>(static_cast<int>(priority) - 1);
}

}  // namespace muster::runtime
