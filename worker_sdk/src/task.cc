#include "muster/task.h"

#include <array>
#include <utility>

namespace muster {

std::string_view TaskStateName(TaskState state) {
  static constexpr std::array<std::string_view, 12> kNames = {"unknown", "queued",   "delayed",   "blocked",
                                                              "parked",  "assigned", "running",   "succeeded",
                                                              "failed",  "dead",     "cancelled", "expired"};
  return kNames[static_cast<std::size_t>(state)];
}

Outcome Outcome::Success(std::string result, std::string content_type) {
  Outcome outcome;
  outcome.result_ = std::move(result);
  outcome.content_type_ = std::move(content_type);
  return outcome;
}

Outcome Outcome::Retry(std::string message, std::chrono::milliseconds after) {
  return Retry(ErrorCode::kRetryable, std::move(message), after);
}

Outcome Outcome::Retry(ErrorCode code, std::string message, std::chrono::milliseconds after) {
  Outcome outcome;
  outcome.kind_ = Kind::kRetry;
  outcome.error_ = Status(code, std::move(message));
  outcome.retry_after_ = after;
  return outcome;
}

Outcome Outcome::Fail(std::string message) {
  Outcome outcome;
  outcome.kind_ = Kind::kFail;
  outcome.error_ = Status(ErrorCode::kPermanent, std::move(message));
  return outcome;
}

Outcome Outcome::Cancelled() {
  Outcome outcome;
  outcome.kind_ = Kind::kCancelled;
  return outcome;
}

}  // namespace muster
