#include "schemas/task_check.h"

#include <string>
#include <string_view>

#include "schemas/charset.h"
#include "schemas/limits.h"
#include "schemas/requirement.h"
#include "schemas/subjects.h"
#include "schemas/task_codec.h"

namespace muster::internal {
namespace {

// The year 10000 in unix ms.
constexpr std::int64_t kUnixMsEnd = 253'402'300'800'000;

Status Bad(std::string_view field, std::string message) {
  return Status(ErrorCode::kBadMessage, std::move(message), std::string(field));
}

Status CheckText(std::string_view field, std::string_view text) {
  if (charset::IsPlainText(text)) return Status();
  return Bad(field, charset::Quote(text) + " is not UTF-8 text without control characters");
}

Status CheckRequirement(std::string_view field, const std::string& text) {
  if (text.empty()) return Status();
  const Result<Requirement> requirement = Requirement::Parse(text);
  return requirement.ok() ? Status() : Bad(field, requirement.status().message());
}

Status CheckDuration(std::string_view field, std::int64_t ms) {
  if (ms >= 0 && ms <= limits::kDurationMsMax) return Status();
  return Bad(field, std::to_string(ms) + " ms is not between 0 and ten years");
}

Status CheckTime(std::string_view field, std::int64_t ms) {
  if (ms >= 0 && ms < kUnixMsEnd) return Status();
  return Bad(field, std::to_string(ms) + " is no unix time in ms between 1970 and 9999");
}

Status CheckRetry(const v1::RetryPolicy& retry) {
  if (retry.max_attempts() > limits::kAttemptsMax) {
    return Bad("retry.max_attempts", std::to_string(retry.max_attempts()) + " attempts are more than " +
                                         std::to_string(limits::kAttemptsMax));
  }
  if (Status status = CheckDuration("retry", retry.base_delay_ms()); !status.ok()) return status;
  if (Status status = CheckDuration("retry", retry.max_delay_ms()); !status.ok()) return status;
  if (retry.base_delay_ms() != 0 && retry.max_delay_ms() != 0 && retry.base_delay_ms() > retry.max_delay_ms()) {
    return Bad("retry", "the base delay is longer than the longest delay");
  }
  if (!v1::RetryStrategy_IsValid(retry.strategy())) {
    return Bad("retry", std::to_string(retry.strategy()) + " is no RetryStrategy");
  }
  return Status();
}

Status CheckResources(const v1::Task& task) {
  if (task.resources().size() > limits::kResourcesMax) {
    return Bad("resources", std::to_string(task.resources().size()) + " resources are more than " +
                                std::to_string(limits::kResourcesMax));
  }
  for (const auto& [name, amount] : task.resources()) {
    if (name.empty() || name.size() > limits::kNameBytesMax || charset::FindOther(charset::kName, name) < name.size()) {
      return Bad("resources", "the name " + charset::Quote(name) + " is not 1 to 64 of A-Z a-z 0-9 - _");
    }
    if (amount < 0 || amount > limits::kResourceAmountMax) {
      return Bad("resources", name + "=" + std::to_string(amount) + " is not between 0 and 2^50");
    }
  }
  return Status();
}

Status CheckLabels(const v1::Task& task) {
  if (task.labels().size() > limits::kLabelsMax) {
    return Bad("labels",
               std::to_string(task.labels().size()) + " labels are more than " + std::to_string(limits::kLabelsMax));
  }
  for (const auto& [key, value] : task.labels()) {
    if (key.empty()) return Bad("labels", "a label's name is empty");
    if (Status status = CheckWord("labels", key); !status.ok()) return status;
    if (Status status = CheckText("labels", value); !status.ok()) return status;
  }
  return Status();
}

Status CheckDependencies(const v1::Task& task) {
  if (task.depends_on_size() > static_cast<int>(limits::kDependenciesMax)) {
    return Bad("depends_on", std::to_string(task.depends_on_size()) + " dependencies are more than " +
                                 std::to_string(limits::kDependenciesMax));
  }
  for (int i = 0; i < task.depends_on_size(); ++i) {
    const std::string& id = task.depends_on(i);
    if (Status status = CheckTaskId(id); !status.ok()) return Bad("depends_on", status.message());
    if (!task.id().empty() && id == task.id()) return Bad("depends_on", "the task would wait for itself");
    for (int j = 0; j < i; ++j) {
      if (task.depends_on(j) == id) return Bad("depends_on", charset::Quote(id) + " is named twice");
    }
  }
  return Status();
}

// The dispatcher publishes there with its own rights: no wildcards, and neither the server's subjects nor Muster's.
Status CheckReplyTo(const std::string& subject) {
  if (subject.empty()) return Status();
  const auto bad = [&](std::string_view why) {
    return Bad("reply_to", charset::Quote(subject) + " cannot be answered: " + std::string(why));
  };
  if (subject.size() > limits::kTextBytesMax) return bad("it is longer than 512 bytes");
  if (subject.front() == '.' || subject.back() == '.' || subject.find("..") != std::string::npos) {
    return bad("a token of the subject is empty");
  }
  for (char c : subject) {
    if (c <= ' ' || c > '~') return bad("only printable ASCII without spaces may be in it");
    if (c == '*' || c == '>') return bad("it has a wildcard");
  }
  const std::string_view first = subjects::Token(subject, 0);
  if (first.front() == '$' || charset::EqualsIgnoreCase(first, "muster"))
    return bad("subjects of the system are not allowed");
  return Status();
}

Status CheckContentType(const std::string& type) {
  if (type.size() > limits::kTextBytesMax) return Bad("content_type", "it is longer than 512 bytes");
  for (char c : type) {
    if (c < ' ' || c > '~') return Bad("content_type", charset::Quote(type) + " is not printable ASCII");
  }
  return Status();
}

Status CheckEnums(const v1::Task& task) {
  if (!v1::DependencyFailure_IsValid(task.on_dependency_failure())) {
    return Bad("on_dependency_failure", std::to_string(task.on_dependency_failure()) + " is no DependencyFailure");
  }
  if (!v1::ResultPolicy_IsValid(task.result())) {
    return Bad("result", std::to_string(task.result()) + " is no ResultPolicy");
  }
  return Status();
}

bool IsLowerHex(std::string_view text) {
  for (char c : text) {
    if (!charset::IsDigit(c) && (c < 'a' || c > 'f')) return false;
  }
  return true;
}

// version-trace-parent-flags; what follows in a later version is allowed.
bool IsTraceparent(std::string_view text) {
  return text.size() >= 55 && text.size() <= limits::kTextBytesMax && IsLowerHex(text.substr(0, 2)) && text[2] == '-' &&
         IsLowerHex(text.substr(3, 32)) && text[35] == '-' && IsLowerHex(text.substr(36, 16)) && text[52] == '-' &&
         IsLowerHex(text.substr(53, 2)) && (text.size() == 55 || text[55] == '-') && charset::IsPlainText(text);
}

}  // namespace

Status CheckWord(std::string_view field, std::string_view text) {
  if (text.size() > limits::kNameBytesMax || charset::FindOther(charset::kWord, text) < text.size()) {
    return Bad(field, charset::Quote(text) + " is not 1 to 64 of A-Z a-z 0-9 - _ . : / @ +");
  }
  return Status();
}

Status CheckTask(const v1::Task& task) {
  if (task.payload().size() > limits::kPayloadBytesMax) {
    return Status(ErrorCode::kTooLarge,
                  "the payload has " + std::to_string(task.payload().size()) + " bytes; at most " +
                      std::to_string(limits::kPayloadBytesMax) + ". Put it elsewhere and send a reference.",
                  "payload");
  }
  if (!task.id().empty()) {
    if (Status status = CheckTaskId(task.id()); !status.ok()) return Bad("id", status.message());
  }
  for (const auto& status :
       {CheckWord("type", task.type()), CheckWord("tenant", task.tenant()), CheckWord("pool", task.pool()),
        CheckText("affinity", task.affinity()), CheckContentType(task.content_type()), CheckReplyTo(task.reply_to()),
        CheckRequirement("require", task.require()), CheckRequirement("prefer", task.prefer())}) {
    if (!status.ok()) return status;
  }
  for (const auto& status :
       {CheckDuration("timeout_ms", task.timeout_ms()), CheckDuration("result_ttl_ms", task.result_ttl_ms()),
        CheckTime("deadline_ms", task.deadline_ms()), CheckTime("not_before_ms", task.not_before_ms()),
        CheckTime("submitted_ms", task.submitted_ms()), CheckEnums(task)}) {
    if (!status.ok()) return status;
  }
  if (task.has_retry()) {
    if (Status status = CheckRetry(task.retry()); !status.ok()) return status;
  }
  if (Status status = CheckResources(task); !status.ok()) return status;
  if (Status status = CheckLabels(task); !status.ok()) return status;
  return CheckDependencies(task);
}

void TidyTask(v1::Task* task) {
  if (task->affinity().size() > limits::kTextBytesMax) {
    task->mutable_affinity()->resize(charset::CutText(task->affinity(), limits::kTextBytesMax).size());
  }
  if (task->labels_size() > 0) {
    for (auto& entry : *task->mutable_labels()) {
      entry.second.resize(charset::CutText(entry.second, limits::kTextBytesMax).size());
    }
  }
  if (!task->traceparent().empty() && !IsTraceparent(task->traceparent())) task->clear_traceparent();
  const std::string& state = task->tracestate();
  if (!state.empty() &&
      (task->traceparent().empty() || state.size() > limits::kTextBytesMax || !charset::IsPlainText(state))) {
    task->clear_tracestate();
  }
}

}  // namespace muster::internal
