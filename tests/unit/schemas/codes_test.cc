// Enumerations that exist twice, once for the wire and once for the engine, are held equal here.
#include <algorithm>
#include <string>

#include "dispatcher/engine/types.h"
#include "muster/v1/error.pb.h"
#include "muster/v1/task.pb.h"
#include "schemas/priority.h"
#include "schemas/status.h"
#include "tests/support/catch.h"

namespace muster {
namespace {

// "ERROR_CODE_BAD_HEADER" without its prefix, in lower case.
std::string WireName(const std::string& name, std::size_t prefix) {
  std::string text = name.substr(prefix);
  std::transform(text.begin(), text.end(), text.begin(),
                 [](char c) { return c == '_' ? c : static_cast<char>(c | 0x20); });
  return text;
}

TEST_CASE("error codes: number for number and name for name those of the protocol") {
  const google::protobuf::EnumDescriptor* wire = v1::ErrorCode_descriptor();
  for (int i = 0; i < wire->value_count(); ++i) {
    const auto code = static_cast<ErrorCode>(wire->value(i)->number());
    const std::string name = WireName(wire->value(i)->name(), std::string("ERROR_CODE_").size());
    CHECK(std::string(ErrorCodeName(code)) == (wire->value(i)->number() == 0 ? "ok" : name));
  }
  int known = 0;
  for (int number = 0; number < 256; ++number) {
    if (ErrorCodeName(static_cast<ErrorCode>(number)) != "unknown") ++known;
  }
  CHECK(known == wire->value_count());
}

TEST_CASE("task states: number for number those of the protocol") {
  using engine::TaskState;
  static_assert(static_cast<int>(TaskState::kQueued) == v1::TASK_STATE_QUEUED);
  static_assert(static_cast<int>(TaskState::kDelayed) == v1::TASK_STATE_DELAYED);
  static_assert(static_cast<int>(TaskState::kBlocked) == v1::TASK_STATE_BLOCKED);
  static_assert(static_cast<int>(TaskState::kParked) == v1::TASK_STATE_PARKED);
  static_assert(static_cast<int>(TaskState::kAssigned) == v1::TASK_STATE_ASSIGNED);
  static_assert(static_cast<int>(TaskState::kRunning) == v1::TASK_STATE_RUNNING);
  static_assert(static_cast<int>(TaskState::kSucceeded) == v1::TASK_STATE_SUCCEEDED);
  static_assert(static_cast<int>(TaskState::kFailed) == v1::TASK_STATE_FAILED);
  static_assert(static_cast<int>(TaskState::kDead) == v1::TASK_STATE_DEAD);
  static_assert(static_cast<int>(TaskState::kCancelled) == v1::TASK_STATE_CANCELLED);
  static_assert(static_cast<int>(TaskState::kExpired) == v1::TASK_STATE_EXPIRED);
  CHECK(engine::kTaskStates == v1::TaskState_descriptor()->value_count());
}

TEST_CASE("priorities: the protocol's number is ours plus one, under the same name") {
  for (Priority priority : kAllPriorities) {
    const auto* value = v1::Priority_descriptor()->FindValueByNumber(static_cast<int>(priority) + 1);
    REQUIRE(value != nullptr);
    CHECK(WireName(value->name(), std::string("PRIORITY_").size()) == PriorityName(priority));
  }
  CHECK(v1::Priority_descriptor()->value_count() == kPriorities + 1);
}

TEST_CASE("retry strategies: number for number those of the protocol") {
  using engine::RetryStrategy;
  static_assert(static_cast<int>(RetryStrategy::kFixed) == v1::RETRY_STRATEGY_FIXED);
  static_assert(static_cast<int>(RetryStrategy::kLinear) == v1::RETRY_STRATEGY_LINEAR);
  static_assert(static_cast<int>(RetryStrategy::kExponential) == v1::RETRY_STRATEGY_EXPONENTIAL);
  static_assert(static_cast<int>(RetryStrategy::kJittered) == v1::RETRY_STRATEGY_JITTERED);
  CHECK(v1::RetryStrategy_descriptor()->value_count() == 5);
}

}  // namespace
}  // namespace muster
