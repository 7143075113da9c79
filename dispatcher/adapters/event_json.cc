#include "dispatcher/adapters/event_json.h"

#include <google/protobuf/util/json_util.h>

#include <array>

#include "muster/v1/event.pb.h"

namespace muster::adapters {
namespace {

std::string Print(const google::protobuf::Message& message) {
  std::string json;
  const auto status = google::protobuf::util::MessageToJsonString(message, &json);
  return status.ok() ? json : std::string();
}

v1::TaskState ToProto(engine::TaskState state) {
  return static_cast<v1::TaskState>(static_cast<int>(state));
}
v1::Priority ToProto(Priority priority) {
  return static_cast<v1::Priority>(static_cast<int>(priority) + 1);
}

}  // namespace

std::string ToJson(engine::Time now, const engine::TaskTransition& told) {
  v1::TaskEvent event;
  event.set_from(ToProto(told.from));
  event.set_to(ToProto(told.to));
  if (told.spec != nullptr) {
    event.set_task_id(told.spec->name);
    event.set_queue(told.spec->queue);
    event.set_priority(ToProto(told.spec->priority));
    event.set_type(told.spec->type);
  } else if (told.outcome != nullptr) {
    event.set_task_id(told.outcome->name);
    event.set_queue(told.outcome->queue);
    event.set_priority(ToProto(told.outcome->priority));
    event.set_type(told.outcome->type);
  }
  event.set_worker(!told.worker.empty() || told.outcome == nullptr ? told.worker : told.outcome->worker);
  event.set_attempt(told.attempt);
  if (!told.reason.ok()) {
    event.set_reason(told.reason.message());
    event.mutable_error()->set_code(static_cast<v1::ErrorCode>(static_cast<int>(told.reason.code())));
    event.mutable_error()->set_message(told.reason.message());
  }
  event.set_time_ms(engine::UnixMillis(now));
  return Print(event);
}

std::string ToJson(engine::Time now, const engine::ProgressTold& told) {
  v1::ProgressEvent event;
  event.set_task_id(told.task);
  event.set_attempt(told.attempt);
  event.set_worker(told.worker);
  event.set_percent(told.percent);
  event.set_message(told.message);
  event.set_time_ms(engine::UnixMillis(now));
  return Print(event);
}

std::string ToJson(engine::Time now, const engine::WorkerTransition& told) {
  v1::WorkerEvent event;
  event.set_worker(told.worker);
  event.set_incarnation(told.incarnation);
  event.set_reason(told.reason);
  event.set_tasks(told.tasks);
  event.set_time_ms(engine::UnixMillis(now));
  return Print(event);
}

std::string_view VerbOf(engine::WorkerTransition::What what) {
  constexpr std::array<std::string_view, 6> kVerbs = {"joined", "left", "lost", "draining", "undrained", "refused"};
  return kVerbs[static_cast<std::size_t>(what)];
}

}  // namespace muster::adapters
