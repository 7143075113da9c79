// Status and Result: how every interface of Muster says that something went wrong.
//
// What the world can cause is a Status; what only we can cause is an INVARIANT. No exception crosses our interfaces.
// Threads: values; share nothing. The codes are those of muster/v1/error.proto, number for number (a test holds them
// equal).
#ifndef MUSTER_SCHEMAS_STATUS_H_
#define MUSTER_SCHEMAS_STATUS_H_

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <variant>

namespace muster {

enum class ErrorCode : std::uint8_t {
  kOk = 0,
  kBadMessage = 1,
  kBadHeader = 2,
  kBadQueue = 3,
  kTooLarge = 4,
  kQueueFull = 5,
  kDuplicate = 6,
  kRetryable = 16,
  kPermanent = 17,
  kTimeout = 18,
  kOutOfMemory = 19,
  kGpuOutOfMemory = 20,
  kNoHandler = 21,
  kWorkerLost = 32,
  kReleased = 33,
  kNotAccepted = 34,
  kCancelled = 48,
  kDeadlinePassed = 49,
  kDependencyFailed = 50,
  kAttemptsExhausted = 51,
  kUnknownDependency = 52,
  kBadRequest = 64,
  kNotFound = 65,
  kConflict = 66,
  kUnavailable = 67,
  kLimit = 68,
  kInternal = 69,
};

// "bad_header" for kBadHeader: the name in JSON, logs and metrics.
std::string_view ErrorCodeName(ErrorCode code);

class [[nodiscard]] Status {
 public:
  Status() = default;
  // `where` names the header, field, flag, file:line or subject at fault.
  Status(ErrorCode code, std::string message, std::string where = {})
      : code_(code), message_(std::move(message)), where_(std::move(where)) {}

  bool ok() const { return code_ == ErrorCode::kOk; }
  ErrorCode code() const { return code_; }
  const std::string& message() const { return message_; }
  const std::string& where() const { return where_; }

  // "where: message (code)", for logs and terminals.
  std::string ToString() const;

  bool operator==(const Status&) const = default;

 private:
  ErrorCode code_ = ErrorCode::kOk;
  std::string message_;
  std::string where_;
};

// A value or the reason why there is none. REQUIRES: ok() before value().
template <typename T>
class [[nodiscard]] Result {
 public:
  Result(T value) : state_(std::in_place_index<0>, std::move(value)) {}         // NOLINT(google-explicit-constructor)
  Result(Status status) : state_(std::in_place_index<1>, std::move(status)) {}  // NOLINT(google-explicit-constructor)

  bool ok() const { return state_.index() == 0; }
  const T& value() const& { return std::get<0>(state_); }
  T& value() & { return std::get<0>(state_); }
  T&& value() && { return std::get<0>(std::move(state_)); }
  const T& operator*() const& { return value(); }
  T& operator*() & { return value(); }
  const T* operator->() const { return &value(); }
  T* operator->() { return &value(); }
  // kOk when there is a value.
  Status status() const { return ok() ? Status() : std::get<1>(state_); }

 private:
  std::variant<T, Status> state_;
};

}  // namespace muster

#endif  // MUSTER_SCHEMAS_STATUS_H_
