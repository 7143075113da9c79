#include "dispatcher/adapters/event_json.h"

#include <google/protobuf/util/json_util.h>

#include <array>
#include <cstdint>
#include <string>
#include <string_view>

#include "muster/v1/event.pb.h"

namespace muster::adapters {
namespace {

// Task events are the bulk; protobuf's printer takes some 20 us for one, which would be a tenth of the dispatcher's
// time. Written by hand in the same form (a test holds the two equal): names in camel case, 64-bit numbers as strings,
// fields that have their default left out.
class JsonObject {
 public:
  void Text(std::string_view name, std::string_view value) {
    if (value.empty()) return;
    Name(name);
    text_.push_back('"');
    for (const char c : value) Character(c);
    text_.push_back('"');
  }
  void Number(std::string_view name, std::uint64_t value) {
    if (value == 0) return;
    Name(name);
    text_.append(std::to_string(value));
  }
  std::string Done() { return text_.append(text_.empty() ? "{}" : "}"); }

 private:
  void Name(std::string_view name) { text_.append(text_.empty() ? "{\"" : ",\"").append(name).append("\":"); }
  void Character(char c) {
    constexpr std::string_view kHex = "0123456789abcdef";
    const auto byte = static_cast<unsigned char>(c);
    constexpr std::string_view kNamed = "\"\\\b\f\n\r\t";
    constexpr std::string_view kNames = "\"\\bfnrt";
    if (const std::size_t at = kNamed.find(c); at != kNamed.npos) {
      text_.push_back('\\');
      text_.push_back(kNames[at]);
    } else if (byte < 0x20 || c == '<' || c == '>' || byte == 0x7f) {
      text_.append("\\u00").push_back(kHex[byte >> 4]);
      text_.push_back(kHex[byte & 15]);
    } else {
      text_.push_back(c);
    }
  }
  std::string text_;
};

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

// The common case: nothing went wrong.
std::string PlainTaskEvent(engine::Time now, const engine::TaskTransition& told) {
  const engine::TaskSpec* spec = told.spec.get();
  const engine::Outcome* outcome = told.outcome.get();
  JsonObject json;
  if (spec != nullptr || outcome != nullptr) json.Text("taskId", spec != nullptr ? spec->name : outcome->name);
  if (told.from != engine::TaskState::kNone) json.Text("from", v1::TaskState_Name(ToProto(told.from)));
  if (told.to != engine::TaskState::kNone) json.Text("to", v1::TaskState_Name(ToProto(told.to)));
  if (spec != nullptr || outcome != nullptr) {
    json.Text("queue", spec != nullptr ? spec->queue : outcome->queue);
    json.Text("priority", v1::Priority_Name(ToProto(spec != nullptr ? spec->priority : outcome->priority)));
    json.Text("type", spec != nullptr ? spec->type : outcome->type);
  }
  json.Text("worker", !told.worker.empty() || outcome == nullptr ? told.worker : outcome->worker);
  json.Number("attempt", told.attempt);
  json.Text("timeMs", std::to_string(engine::UnixMillis(now)));
  return json.Done();
}

}  // namespace

std::string ToJson(engine::Time now, const engine::TaskTransition& told) {
  if (told.reason.ok()) return PlainTaskEvent(now, told);
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
  event.set_reason(told.reason.message());
  event.mutable_error()->set_code(static_cast<v1::ErrorCode>(static_cast<int>(told.reason.code())));
  event.mutable_error()->set_message(told.reason.message());
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
