#include "schemas/status.h"

namespace muster {

std::string_view ErrorCodeName(ErrorCode code) {
  switch (code) {
    case ErrorCode::kOk: return "ok";
    case ErrorCode::kBadMessage: return "bad_message";
    case ErrorCode::kBadHeader: return "bad_header";
    case ErrorCode::kBadQueue: return "bad_queue";
    case ErrorCode::kTooLarge: return "too_large";
    case ErrorCode::kQueueFull: return "queue_full";
    case ErrorCode::kDuplicate: return "duplicate";
    case ErrorCode::kRetryable: return "retryable";
    case ErrorCode::kPermanent: return "permanent";
    case ErrorCode::kTimeout: return "timeout";
    case ErrorCode::kOutOfMemory: return "out_of_memory";
    case ErrorCode::kGpuOutOfMemory: return "gpu_out_of_memory";
    case ErrorCode::kNoHandler: return "no_handler";
    case ErrorCode::kWorkerLost: return "worker_lost";
    case ErrorCode::kReleased: return "released";
    case ErrorCode::kNotAccepted: return "not_accepted";
    case ErrorCode::kCancelled: return "cancelled";
    case ErrorCode::kDeadlinePassed: return "deadline_passed";
    case ErrorCode::kDependencyFailed: return "dependency_failed";
    case ErrorCode::kAttemptsExhausted: return "attempts_exhausted";
    case ErrorCode::kUnknownDependency: return "unknown_dependency";
    case ErrorCode::kBadRequest: return "bad_request";
    case ErrorCode::kNotFound: return "not_found";
    case ErrorCode::kConflict: return "conflict";
    case ErrorCode::kUnavailable: return "unavailable";
    case ErrorCode::kLimit: return "limit";
    case ErrorCode::kInternal: return "internal";
  }
  return "unknown";
}

std::string Status::ToString() const {
  if (ok()) return "ok";
  std::string text;
  if (!where_.empty()) text.append(where_).append(": ");
  text.append(message_).append(" (").append(ErrorCodeName(code_)).append(")");
  return text;
}

}  // namespace muster
