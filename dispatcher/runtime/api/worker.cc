#include "dispatcher/runtime/api/verb.h"
#include "dispatcher/runtime/codec_view.h"
#include "schemas/limits.h"
#include "schemas/subjects.h"

namespace muster::runtime {
namespace {

Status ParseWorkerRequest(ApiCall* call, v1::WorkerRequest* request) {
  if (Status status = ParseRequest(call->data, request); !status.ok()) return status;
  if (Status status = subjects::CheckName("worker", request->worker()); !status.ok()) {
    return Status(ErrorCode::kBadRequest, status.message(), "worker");
  }
  if (request->timeout_ms() < 0 || request->timeout_ms() > limits::kDurationMsMax) {
    return Status(ErrorCode::kBadRequest, "out of range", "timeout_ms");
  }
  return Status();
}

Status Drain(ApiCall* call, bool drain) {
  v1::WorkerRequest request;
  if (Status status = ParseWorkerRequest(call, &request); !status.ok()) return status;
  call->command =
      engine::DrainCommand{request.worker(), std::chrono::milliseconds(request.timeout_ms()), drain, call->token};
  return Status();
}

}  // namespace

Status ListWorkers(ApiCall* call) {
  v1::WorkerRequest request;
  if (Status status = ParseRequest(call->data, &request); !status.ok()) return status;
  v1::WorkerList* list = call->reply.mutable_workers();
  for (const engine::WorkerView& view : call->context->engine->Workers()) FillWorkerView(view, list->add_workers());
  return Status();
}

Status ShowWorker(ApiCall* call) {
  v1::WorkerRequest request;
  if (Status status = ParseWorkerRequest(call, &request); !status.ok()) return status;
  const auto view = call->context->engine->ShowWorker(request.worker());
  if (!view) return Status(ErrorCode::kNotFound, "no worker " + request.worker() + " is registered", "worker");
  FillWorkerView(*view, call->reply.mutable_workers()->add_workers());
  return Status();
}

Status DrainWorker(ApiCall* call) {
  return Drain(call, true);
}
Status UndrainWorker(ApiCall* call) {
  return Drain(call, false);
}

}  // namespace muster::runtime
