#include "dispatcher/runtime/api/verb.h"
#include "dispatcher/runtime/codec.h"
#include "dispatcher/runtime/codec_view.h"
#include "schemas/limits.h"
#include "schemas/task_codec.h"

namespace muster::runtime {
namespace {

constexpr std::uint32_t kListDefault = 100;
constexpr std::uint32_t kListMax = 1000;

Status ParseTaskRequest(ApiCall* call, v1::TaskRequest* request) {
  if (Status status = ParseRequest(call->data, request); !status.ok()) return status;
  if (request->id().empty()) return Status(ErrorCode::kBadRequest, "the task's id is missing", "id");
  if (Status status = CheckTaskId(request->id()); !status.ok()) {
    return Status(ErrorCode::kBadRequest, status.message(), "id");
  }
  return Status();
}

Status Unknown(const std::string& id) {
  return Status(ErrorCode::kNotFound,
                "no task " + id + " is known here: it may still wait in its stream, or has ended long ago", "id");
}

}  // namespace

Status ShowTask(ApiCall* call) {
  v1::TaskRequest request;
  if (Status status = ParseTaskRequest(call, &request); !status.ok()) return status;
  const auto view = call->context->engine->Show(request.id());
  if (!view) return Unknown(request.id());
  FillTaskView(*view, call->reply.mutable_task());
  return Status();
}

Status ListTasks(ApiCall* call) {
  v1::TaskListRequest request;
  if (Status status = ParseRequest(call->data, &request); !status.ok()) return status;
  engine::TaskFilter filter;
  for (const int state : request.states()) {
    if (!v1::TaskState_IsValid(state) || state == v1::TASK_STATE_UNSPECIFIED) {
      return Status(ErrorCode::kBadRequest, "there is no state " + std::to_string(state), "states");
    }
    filter.states.push_back(static_cast<engine::TaskState>(state));
  }
  filter.queue = request.queue();
  filter.worker = request.worker();
  const std::uint32_t limit = request.limit() == 0 ? kListDefault : request.limit();
  if (limit > kListMax) {
    return Status(ErrorCode::kLimit, "at most " + std::to_string(kListMax) + " tasks in one list", "limit");
  }
  filter.limit = limit + std::size_t{1};  // one more tells whether there are more
  v1::TaskList* list = call->reply.mutable_tasks();
  for (const engine::TaskView& view : call->context->engine->List(filter)) {
    if (static_cast<std::uint32_t>(list->tasks_size()) == limit) {
      list->set_more(true);
      break;
    }
    FillTaskView(view, list->add_tasks());
  }
  return Status();
}

Status ExplainTask(ApiCall* call) {
  v1::TaskRequest request;
  if (Status status = ParseTaskRequest(call, &request); !status.ok()) return status;
  const auto explanation = call->context->engine->Explain(call->context->now, request.id());
  if (!explanation) return Unknown(request.id());
  FillExplanation(*explanation, call->reply.mutable_explanation());
  return Status();
}

Status CancelTask(ApiCall* call) {
  v1::TaskRequest request;
  if (Status status = ParseTaskRequest(call, &request); !status.ok()) return status;
  call->command = engine::CancelTask{request.id(), CleanText(request.reason(), limits::kTextBytesMax), call->token};
  return Status();
}

}  // namespace muster::runtime
