#include "dispatcher/runtime/api/verb.h"
#include "dispatcher/runtime/codec.h"
#include "dispatcher/runtime/codec_view.h"
#include "schemas/subjects.h"

namespace muster::runtime {
namespace {

Status ParseQueueRequest(ApiCall* call, v1::QueueRequest* request) {
  if (Status status = ParseRequest(call->data, request); !status.ok()) return status;
  if (Status status = subjects::CheckName("queue", request->queue()); !status.ok()) {
    return Status(ErrorCode::kBadRequest, status.message(), "queue");
  }
  if (!v1::Priority_IsValid(request->priority())) {
    return Status(ErrorCode::kBadRequest, "there is no priority " + std::to_string(request->priority()), "priority");
  }
  return Status();
}

bool Asked(const v1::QueueRequest& request, Priority priority) {
  return request.priority() == v1::PRIORITY_UNSPECIFIED || ProtoPriority(priority) == request.priority();
}

Status Pause(ApiCall* call, bool pause) {
  v1::QueueRequest request;
  if (Status status = ParseQueueRequest(call, &request); !status.ok()) return status;
  call->command = engine::PauseCommand{request.queue(), request.priority() == v1::PRIORITY_UNSPECIFIED,
                                       PriorityOf(request.priority()), pause, call->token};
  return Status();
}

}  // namespace

Status ListQueues(ApiCall* call) {
  v1::QueueRequest request;
  if (Status status = ParseRequest(call->data, &request); !status.ok()) return status;
  v1::QueueList* list = call->reply.mutable_queues();
  for (const engine::QueueView& view : call->context->engine->Queues(call->context->now)) {
    if (Asked(request, view.priority)) FillQueueView(view, list->add_queues());
  }
  return Status();
}

Status ShowQueue(ApiCall* call) {
  v1::QueueRequest request;
  if (Status status = ParseQueueRequest(call, &request); !status.ok()) return status;
  v1::QueueList* list = call->reply.mutable_queues();
  for (const engine::QueueView& view : call->context->engine->Queues(call->context->now)) {
    if (view.name == request.queue() && Asked(request, view.priority)) FillQueueView(view, list->add_queues());
  }
  if (list->queues_size() != 0) return Status();
  call->reply.clear_queues();
  return Status(ErrorCode::kNotFound, "no queue " + request.queue() + " has been seen", "queue");
}

Status PauseQueue(ApiCall* call) {
  return Pause(call, true);
}
Status ResumeQueue(ApiCall* call) {
  return Pause(call, false);
}

Status EnsureQueue(ApiCall* call) {
  v1::QueueRequest request;
  if (Status status = ParseQueueRequest(call, &request); !status.ok()) return status;
  const std::vector<engine::QueueView> known = call->context->engine->Queues(call->context->now);
  for (const Priority priority : kAllPriorities) {
    if (!Asked(request, priority)) continue;
    bool is_known = false;
    for (const engine::QueueView& view : known) {
      is_known = is_known || (view.name == request.queue() && view.priority == priority);
    }
    if (!is_known) call->ensure.push_back(QueueAddress{priority, request.queue()});
  }
  call->reply.mutable_queue_ready()->set_created(!call->ensure.empty());
  return Status();
}

}  // namespace muster::runtime
