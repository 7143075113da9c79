#include "dispatcher/adapters/nats/js_api.h"

#include <utility>

namespace muster::adapters::nats {

namespace {

Result<JsAnswer> Parse(const Result<MessagePtr>& reply, const std::string& subject) {
  if (!reply.ok()) return reply.status();
  const natsMsg* message = reply->get();
  JsAnswer answer;
  const char* data = natsMsg_GetData(message);
  answer.body = nlohmann::json::parse(data, data + natsMsg_GetDataLength(message), nullptr, false);
  if (!answer.body.is_object()) {
    return Status(ErrorCode::kUnavailable, "the server's answer is no JSON object", subject);
  }
  if (const auto error = answer.body.find("error"); error != answer.body.end() && error->is_object()) {
    answer.error.code = static_cast<int>(Number(*error, error->contains("err_code") ? "err_code" : "code"));
    if (answer.error.code == 0) answer.error.code = -1;
    answer.error.text = Text(*error, "description");
  }
  return answer;
}

}  // namespace

Result<JsAnswer> JsApi::Ask(const std::string& what, const nlohmann::json& body) {
  const std::string subject = "$JS.API." + what;
  return Parse(connection_->Request(subject, body.is_null() ? std::string() : body.dump(), timeout_), subject);
}

Result<JsAnswer> JsApi::PublishAndWait(natsMsg* message) {
  return Parse(connection_->Request(message, timeout_), natsMsg_GetSubject(message));
}

Result<nlohmann::json> JsApi::Do(const std::string& what, const nlohmann::json& body) {
  Result<JsAnswer> answer = Ask(what, body);
  if (!answer.ok()) return answer.status();
  if (!answer->ok()) return Refused(answer->error, "$JS.API." + what);
  return std::move(answer->body);
}

std::uint64_t Number(const nlohmann::json& object, const char* key) {
  if (!object.is_object()) return 0;
  const auto found = object.find(key);
  if (found == object.end() || !found->is_number()) return 0;
  if (found->is_number_integer() && !found->is_number_unsigned() && found->get<std::int64_t>() < 0) return 0;
  return found->get<std::uint64_t>();
}

std::string Text(const nlohmann::json& object, const char* key) {
  if (!object.is_object()) return {};
  const auto found = object.find(key);
  return found != object.end() && found->is_string() ? found->get<std::string>() : std::string();
}

const nlohmann::json& Part(const nlohmann::json& object, const char* key) {
  static const nlohmann::json& nothing = *new nlohmann::json(nlohmann::json::object());
  if (!object.is_object()) return nothing;
  const auto found = object.find(key);
  return found != object.end() ? *found : nothing;
}

Status Refused(const JsError& error, const std::string& where) {
  ErrorCode code = ErrorCode::kUnavailable;
  if (error.code == kStreamNotFound || error.code == kConsumerNotFound || error.code == kNoMessageFound) {
    code = ErrorCode::kNotFound;
  } else if (error.code == kFilterNotUnique || error.code == kOnlyOneUnfiltered || error.code == kWrongLastSequence) {
    code = ErrorCode::kConflict;
  }
  return {code, "JetStream refused: " + error.text + " (err_code " + std::to_string(error.code) + ")", where};
}

}  // namespace muster::adapters::nats
