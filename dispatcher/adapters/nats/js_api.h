// JsApi: questions to JetStream in its JSON form. The library's own functions hide fields that the packaged versions do
// not know; the raw form is the same for all. Blocking: the manager thread and the start only.
#ifndef MUSTER_DISPATCHER_ADAPTERS_NATS_JS_API_H_
#define MUSTER_DISPATCHER_ADAPTERS_NATS_JS_API_H_

#include <chrono>
#include <cstdint>
#include <nlohmann/json.hpp>
#include <string>

#include "dispatcher/adapters/nats/connection.h"

namespace muster::adapters::nats {

// JetStream's own error numbers that we act upon.
inline constexpr int kConsumerNotFound = 10014;
inline constexpr int kNoMessageFound = 10037;
inline constexpr int kWrongLastSequence = 10071;
inline constexpr int kStreamNotFound = 10059;
inline constexpr int kFilterNotUnique = 10100;
inline constexpr int kOnlyOneUnfiltered = 10099;

struct JsError {
  int code = 0;  // JetStream's err_code; 0 = no error
  std::string text;
};

struct JsAnswer {
  nlohmann::json body;
  JsError error;
  bool ok() const { return error.code == 0; }
};

class JsApi {
 public:
  // `connection` must outlive this.
  explicit JsApi(Connection* connection, std::chrono::milliseconds timeout = std::chrono::seconds(5))
      : connection_(connection), timeout_(timeout) {}

  // `what` is the part of the subject after $JS.API. An error status means: no answer; JetStream's refusals are in
  // JsAnswer::error.
  Result<JsAnswer> Ask(const std::string& what, const nlohmann::json& body = nullptr);
  // As Ask, but refusals become an error status too ("what: description (err_code)").
  Result<nlohmann::json> Do(const std::string& what, const nlohmann::json& body = nullptr);

  // Publishes to a stream and waits for its answer.
  Result<JsAnswer> PublishAndWait(natsMsg* message);

  Connection* connection() { return connection_; }
  std::chrono::milliseconds timeout() const { return timeout_; }

 private:
  Connection* connection_;
  std::chrono::milliseconds timeout_;
};

// Fields of an answer; never throw. A missing or strange one is 0, "" or an empty object.
std::uint64_t Number(const nlohmann::json& object, const char* key);
std::string Text(const nlohmann::json& object, const char* key);
const nlohmann::json& Part(const nlohmann::json& object, const char* key);

Status Refused(const JsError& error, const std::string& where);

}  // namespace muster::adapters::nats

#endif  // MUSTER_DISPATCHER_ADAPTERS_NATS_JS_API_H_
