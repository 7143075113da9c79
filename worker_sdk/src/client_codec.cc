#include "worker_sdk/src/client_codec.h"

#include <google/protobuf/util/json_util.h>

#include <algorithm>
#include <utility>

#include "muster/v1/admin.pb.h"
#include "muster/v1/event.pb.h"
#include "muster/v1/task.pb.h"
#include "schemas/task_codec.h"

namespace muster {
namespace {

using std::chrono::milliseconds;

std::int64_t UnixMs(std::chrono::system_clock::time_point time) {
  return std::chrono::duration_cast<milliseconds>(time.time_since_epoch()).count();
}

v1::Priority ToProto(Priority priority) {
  return static_cast<v1::Priority>(static_cast<int>(priority) + 1);
}

Priority FromProto(v1::Priority priority) {
  const int number = static_cast<int>(priority);
  return number < 1 || number > kPriorities ? Priority::kNormal : static_cast<Priority>(number - 1);
}

TaskState FromProto(v1::TaskState state) {
  const int number = static_cast<int>(state);
  return number < 0 || number > static_cast<int>(TaskState::kExpired) ? TaskState::kUnknown
                                                                      : static_cast<TaskState>(number);
}

Status FromProto(const v1::Error& error) {
  return Status(static_cast<ErrorCode>(error.code()), error.message(), error.where());
}

v1::Task ToProto(const Task& task) {
  v1::Task to;
  to.set_id(task.id);
  to.set_queue(task.queue);
  to.set_priority(ToProto(task.priority));
  to.set_type(task.type);
  to.set_payload(task.payload);
  to.set_content_type(task.content_type);
  to.set_require(task.require);
  to.set_prefer(task.prefer);
  for (const auto& resource : task.resources) (*to.mutable_resources())[resource.first] = resource.second;
  to.set_affinity(task.affinity);
  to.set_tenant(task.tenant);
  to.set_pool(task.pool);
  if (task.max_attempts != 0) to.mutable_retry()->set_max_attempts(task.max_attempts);
  if (task.retry_base.count() != 0) to.mutable_retry()->set_base_delay_ms(task.retry_base.count());
  if (task.retry_max.count() != 0) to.mutable_retry()->set_max_delay_ms(task.retry_max.count());
  to.set_timeout_ms(task.timeout.count());
  if (task.deadline) to.set_deadline_ms(UnixMs(*task.deadline));
  if (task.not_before) to.set_not_before_ms(UnixMs(*task.not_before));
  for (const auto& id : task.depends_on) to.add_depends_on(id);
  if (task.run_when_dependency_failed) to.set_on_dependency_failure(v1::DEPENDENCY_FAILURE_RELEASE);
  if (!task.keep_result) to.set_result(v1::RESULT_POLICY_DISCARD);
  to.set_result_ttl_ms(task.result_ttl.count());
  to.set_reply_to(task.reply_to);
  to.set_traceparent(task.traceparent);
  to.set_tracestate(task.tracestate);
  for (const auto& label : task.labels) (*to.mutable_labels())[label.first] = label.second;
  return to;
}

Result<v1::ApiReply> DecodeReply(std::string_view data) {
  v1::ApiReply reply;
  if (!reply.ParseFromArray(data.data(), static_cast<int>(data.size()))) {
    return Status(ErrorCode::kInternal, "the dispatcher's answer is not a muster.v1.ApiReply");
  }
  if (reply.has_error() && reply.error().code() != v1::ERROR_CODE_UNSPECIFIED) return FromProto(reply.error());
  return reply;
}

}  // namespace

Result<EncodedSubmission> EncodeSubmission(const Task& task, std::string_view fresh_id, std::int64_t now_ms) {
  v1::Task to = ToProto(task);
  if (to.id().empty()) to.set_id(std::string(fresh_id));
  to.set_submitted_ms(now_ms);
  Result<EncodedTask> encoded = EncodeTask(to, fresh_id);
  if (!encoded.ok()) return encoded.status();
  EncodedSubmission submission;
  submission.id = to.id();
  submission.message.subject = std::move(encoded->subject);
  submission.message.headers = std::move(encoded->headers);
  submission.message.data = std::move(encoded->data);
  return submission;
}

std::string EncodeQueueRequest(std::string_view queue, Priority priority) {
  v1::QueueRequest request;
  request.set_queue(std::string(queue));
  request.set_priority(ToProto(priority));
  return request.SerializeAsString();
}

std::string EncodeTaskRequest(std::string_view id, std::string_view reason) {
  v1::TaskRequest request;
  request.set_id(std::string(id));
  request.set_reason(std::string(reason));
  return request.SerializeAsString();
}

Result<TaskResult> DecodeTaskResult(std::string_view data) {
  v1::TaskResult from;
  if (!from.ParseFromArray(data.data(), static_cast<int>(data.size())) || from.task_id().empty()) {
    return Status(ErrorCode::kInternal, "what is stored as the result is not a muster.v1.TaskResult");
  }
  TaskResult to;
  to.id = std::move(*from.mutable_task_id());
  to.state = FromProto(from.state());
  to.result = std::move(*from.mutable_result());
  to.content_type = from.content_type();
  if (from.has_error()) to.error = FromProto(from.error());
  to.attempt = from.attempt();
  to.worker = from.worker();
  to.queue = from.queue();
  to.type = from.type();
  to.run = milliseconds(from.run_ms());
  to.submitted = milliseconds(from.submitted_ms());
  to.assigned = milliseconds(from.assigned_ms());
  to.finished = milliseconds(from.finished_ms());
  return to;
}

Result<bool> DecodeDone(std::string_view data) {
  const auto reply = DecodeReply(data);
  if (!reply.ok()) return reply.status();
  return reply->done().changed();
}

Result<TaskStatus> DecodeTaskStatus(std::string_view data) {
  const auto reply = DecodeReply(data);
  if (!reply.ok()) return reply.status();
  if (!reply->has_task()) return Status(ErrorCode::kInternal, "the dispatcher's answer has no task");
  const v1::TaskView& from = reply->task();
  TaskStatus to;
  to.id = from.id();
  to.state = FromProto(from.state());
  to.queue = from.queue();
  to.priority = FromProto(from.priority());
  to.type = from.type();
  to.attempt = from.attempt();
  to.failures = from.failures();
  to.max_attempts = from.max_attempts();
  to.worker = from.worker();
  to.reason = from.reason();
  to.progress_percent = from.progress_percent();
  to.progress_message = from.progress_message();
  return to;
}

Result<ProgressView> DecodeProgress(std::string_view json) {
  v1::ProgressEvent from;
  google::protobuf::util::JsonParseOptions options;
  options.ignore_unknown_fields = true;
  if (!google::protobuf::util::JsonStringToMessage(std::string(json), &from, options).ok()) {
    return Status(ErrorCode::kBadMessage, "not a muster.v1.ProgressEvent in JSON");
  }
  return ProgressView{from.task_id(), from.attempt(), from.worker(), from.percent(), from.message()};
}

}  // namespace muster
