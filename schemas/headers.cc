#include "schemas/headers.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <chrono>

#include "schemas/charset.h"
#include "schemas/header_table.h"
#include "schemas/limits.h"
#include "schemas/text.h"

namespace muster {
namespace internal {
namespace {

Status Bad(std::string message) {
  return Status(ErrorCode::kBadHeader, std::move(message));
}

// Splits at the first `separator`; removes the first part from `rest` and returns it trimmed.
std::string_view TakePart(std::string_view* rest, char separator) {
  const std::size_t end = rest->find(separator);
  const std::string_view part = charset::Trim(rest->substr(0, end));
  *rest = end == std::string_view::npos ? std::string_view() : rest->substr(end + 1);
  return part;
}

Status ParseMs(std::string_view text, std::int64_t* ms) {
  const Result<std::chrono::microseconds> duration = ParseDuration(text);
  if (!duration.ok()) return duration.status();
  if (duration->count() % 1000 != 0) return Bad(charset::Quote(text) + " is finer than a millisecond");
  *ms = duration->count() / 1000;
  return Status();
}

Status ParseAttempts(std::string_view text, std::uint32_t* attempts) {
  std::uint32_t number = 0;
  const auto parsed = std::from_chars(text.data(), text.data() + text.size(), number);
  if (parsed.ec != std::errc() || parsed.ptr != text.data() + text.size() || number == 0 ||
      number > limits::kAttemptsMax) {
    return Bad(charset::Quote(text) + " is no number of attempts; write a whole number from 1 to " +
               std::to_string(limits::kAttemptsMax));
  }
  *attempts = number;
  return Status();
}

Status SetAttempts(std::string_view text, v1::Task* task) {
  std::uint32_t attempts = 0;
  if (Status status = ParseAttempts(text, &attempts); !status.ok()) return status;
  const std::uint32_t before = task->retry().max_attempts();
  if (before != 0 && before != attempts) return Bad("Muster-Retry and Muster-Max-Attempts name different numbers");
  task->mutable_retry()->set_max_attempts(attempts);
  return Status();
}

struct RetryName {
  std::string_view name;
  v1::RetryStrategy strategy;
};
constexpr std::array<RetryName, 4> kRetryNames = {{{"fixed", v1::RETRY_STRATEGY_FIXED},
                                                   {"linear", v1::RETRY_STRATEGY_LINEAR},
                                                   {"exponential", v1::RETRY_STRATEGY_EXPONENTIAL},
                                                   {"jittered", v1::RETRY_STRATEGY_JITTERED}}};
constexpr std::string_view kRetryForm = "; write exponential, or fixed; base=1s; max=60s; attempts=5";

Status UnknownWord(std::string_view word, std::span<const std::string_view> names, std::string_view form) {
  std::string message = charset::Quote(word) + " is unknown";
  const std::string_view nearest = NearestName(word, names);
  if (!nearest.empty()) message.append("; did you mean ").append(nearest).append("?");
  return Bad(message.append(form));
}

Status SetRetryItem(std::string_view item, bool first, v1::RetryPolicy* retry, v1::Task* task) {
  const std::size_t equals = item.find('=');
  if (equals == std::string_view::npos) {
    for (const RetryName& known : kRetryNames) {
      if (known.name == item && first) {
        retry->set_strategy(known.strategy);
        return Status();
      }
    }
    static constexpr std::array<std::string_view, 4> kNames = {"fixed", "linear", "exponential", "jittered"};
    return UnknownWord(item, kNames, kRetryForm);
  }
  const std::string_view key = charset::Trim(item.substr(0, equals));
  const std::string_view value = charset::Trim(item.substr(equals + 1));
  if (key == "attempts") return SetAttempts(value, task);
  std::int64_t ms = 0;
  if (key == "base" || key == "max") {
    if (Status status = ParseMs(value, &ms); !status.ok()) return status;
    if (ms == 0) return Bad("a delay must be at least 1ms");
    const bool twice = key == "base" ? retry->base_delay_ms() != 0 : retry->max_delay_ms() != 0;
    if (twice) return Bad(std::string(key) + " is given twice");
    key == "base" ? retry->set_base_delay_ms(ms) : retry->set_max_delay_ms(ms);
    return Status();
  }
  static constexpr std::array<std::string_view, 3> kKeys = {"base", "max", "attempts"};
  return UnknownWord(key, kKeys, kRetryForm);
}

Status SetRetry(const HeaderValue& header, v1::Task* task) {
  std::string_view rest = header.value;
  bool first = true;
  if (rest.empty()) return Bad(std::string("it is empty").append(kRetryForm));
  while (!rest.empty()) {
    const std::string_view item = TakePart(&rest, ';');
    if (Status status = SetRetryItem(item, first, task->mutable_retry(), task); !status.ok()) return status;
    first = false;
  }
  return Status();
}

Status SetDependencies(const HeaderValue& header, v1::Task* task) {
  std::string_view rest = header.value;
  while (!rest.empty()) {
    const std::string_view id = TakePart(&rest, ',');
    if (id.empty()) return Bad("an id is empty; write ids with commas between them");
    if (task->depends_on_size() == static_cast<int>(limits::kDependenciesMax)) {
      return Bad("more than " + std::to_string(limits::kDependenciesMax) + " dependencies");
    }
    task->add_depends_on(std::string(id));
  }
  return Status();
}

Status SetLabel(std::string_view key, std::string_view value, v1::Task* task) {
  if (key.empty()) return Bad("a label's name is empty; write name=value");
  if (task->labels().size() >= limits::kLabelsMax) {
    return Bad("more than " + std::to_string(limits::kLabelsMax) + " labels");
  }
  if (!task->mutable_labels()->insert({std::string(key), std::string(value)}).second) {
    return Bad("the label " + charset::Quote(key) + " is given twice");
  }
  return Status();
}

Status SetLabels(const HeaderValue& header, v1::Task* task) {
  std::string_view rest = header.value;
  while (!rest.empty()) {
    const std::string_view item = TakePart(&rest, ',');
    const std::size_t equals = item.find('=');
    if (equals == std::string_view::npos) return Bad(charset::Quote(item) + " is no label; write name=value");
    const std::string_view key = charset::Trim(item.substr(0, equals));
    if (Status status = SetLabel(key, charset::Trim(item.substr(equals + 1)), task); !status.ok()) return status;
  }
  return Status();
}

Status SetResources(const HeaderValue& header, v1::Task* task) {
  const Result<Resources> resources = ParseResources(header.value);
  if (!resources.ok()) return resources.status();
  for (const auto& [name, amount] : *resources) (*task->mutable_resources())[name] = amount;
  return Status();
}

// One of two words.
Status Choose(std::string_view value, std::string_view a, std::string_view b, bool* is_b) {
  if (value != a && value != b) {
    return Bad(charset::Quote(value) + " is unknown; write " + std::string(a) + " or " + std::string(b));
  }
  *is_b = value == b;
  return Status();
}

Status SetOnFailure(const HeaderValue& header, v1::Task* task) {
  bool release = false;
  if (Status status = Choose(header.value, "fail", "release", &release); !status.ok()) return status;
  task->set_on_dependency_failure(release ? v1::DEPENDENCY_FAILURE_RELEASE : v1::DEPENDENCY_FAILURE_FAIL);
  return Status();
}

Status SetResult(const HeaderValue& header, v1::Task* task) {
  bool discard = false;
  if (Status status = Choose(header.value, "store", "discard", &discard); !status.ok()) return status;
  task->set_result(discard ? v1::RESULT_POLICY_DISCARD : v1::RESULT_POLICY_STORE);
  return Status();
}

using NumberSetter = void (v1::Task::*)(std::int64_t);

template <std::string* (v1::Task::*kMutable)()>
Status SetText(const HeaderValue& header, v1::Task* task) {
  (task->*kMutable)()->assign(header.value);
  return Status();
}

template <NumberSetter kSet>
Status SetDuration(const HeaderValue& header, v1::Task* task) {
  std::int64_t ms = 0;
  if (Status status = ParseMs(header.value, &ms); !status.ok()) return status;
  (task->*kSet)(ms);
  return Status();
}

template <NumberSetter kSet>
Status SetTime(const HeaderValue& header, v1::Task* task) {
  const Result<std::int64_t> ms = ParseTimestampMs(header.value, header.now_ms);
  if (!ms.ok()) return ms.status();
  (task->*kSet)(*ms);
  return Status();
}

constexpr std::string_view kDurationForm = "duration with a unit";
constexpr std::string_view kTimeForm = "RFC 3339, unix seconds, or +duration after the message was stored";
constexpr std::string_view kWordForm = "1 to 64 of A-Z a-z 0-9 - _ . : / @ +";

const std::array<HeaderRow, 23> kRows = {{
    {{"Muster-Id", "id", "1 to 64 of A-Z a-z 0-9 - _ : = + @ ~", "order-4711"}, SetText<&v1::Task::mutable_id>},
    {{"Muster-Type", "type", kWordForm, "image.resize"}, SetText<&v1::Task::mutable_type>},
    {{"Muster-Require", "require", "constraint expression", "gpu, region=eu-1"}, SetText<&v1::Task::mutable_require>},
    {{"Muster-Prefer", "prefer", "constraint expression", "zone=b"}, SetText<&v1::Task::mutable_prefer>},
    {{"Muster-Resources", "resources", "name=amount, with commas", "cpu=0.5,memory=4GiB"}, SetResources},
    {{"Muster-Affinity", "affinity", "text up to 512 bytes", "customer-17"}, SetText<&v1::Task::mutable_affinity>},
    {{"Muster-Tenant", "tenant", kWordForm, "acme"}, SetText<&v1::Task::mutable_tenant>},
    {{"Muster-Pool", "pool", kWordForm, "batch"}, SetText<&v1::Task::mutable_pool>},
    {{"Muster-Timeout", "timeout_ms", kDurationForm, "30s"}, SetDuration<&v1::Task::set_timeout_ms>},
    {{"Muster-Deadline", "deadline_ms", kTimeForm, "+10m"}, SetTime<&v1::Task::set_deadline_ms>},
    {{"Muster-Not-Before", "not_before_ms", kTimeForm, "2026-03-01T12:00:00Z"}, SetTime<&v1::Task::set_not_before_ms>},
    {{"Muster-Max-Attempts", "retry.max_attempts", "whole number from 1 to 1000", "5"},
     [](const HeaderValue& header, v1::Task* task) { return SetAttempts(header.value, task); }},
    {{"Muster-Retry", "retry", "strategy, then base= max= attempts= with semicolons",
      "fixed; base=1s; max=60s; attempts=5"},
     SetRetry},
    {{"Muster-Depends-On", "depends_on", "task ids, with commas", "order-1,order-2"}, SetDependencies},
    {{"Muster-On-Dependency-Failure", "on_dependency_failure", "fail or release", "release"}, SetOnFailure},
    {{"Muster-Result", "result", "store or discard", "discard"}, SetResult},
    {{"Muster-Result-TTL", "result_ttl_ms", kDurationForm, "1h"}, SetDuration<&v1::Task::set_result_ttl_ms>},
    {{"Muster-Reply-To", "reply_to", "a subject without wildcards", "orders.done"},
     SetText<&v1::Task::mutable_reply_to>},
    {{"Muster-Content-Type", "content_type", "media type of the payload; Content-Type where absent", "image/png"},
     SetText<&v1::Task::mutable_content_type>},
    {{"Muster-Labels", "labels", "name=value, with commas", "team=a,cost=low"}, SetLabels},
    {{"Muster-Label-", "labels", "the value; the label's name is in the header's", "a"},
     [](const HeaderValue& header, v1::Task* task) { return SetLabel(header.key, header.value, task); }},
    {{"traceparent", "traceparent", "W3C trace context; ignored where it is none",
      "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"},
     SetText<&v1::Task::mutable_traceparent>},
    {{"tracestate", "tracestate", "W3C trace context", "vendor=1"}, SetText<&v1::Task::mutable_tracestate>},
}};

bool IsPrefix(std::string_view name) {
  return name.back() == '-';
}

}  // namespace

std::span<const HeaderRow> HeaderRows() {
  return kRows;
}

int FindHeaderRow(std::string_view name) {
  for (std::size_t i = 0; i < kRows.size(); ++i) {
    const std::string_view known = kRows[i].info.name;
    const bool same = IsPrefix(known) ? name.size() >= known.size() : name.size() == known.size();
    if (same && charset::EqualsIgnoreCase(name.substr(0, known.size()), known)) return static_cast<int>(i);
  }
  return -1;
}

int FindHeaderRowOf(std::string_view field) {
  for (std::size_t i = 0; i < kRows.size(); ++i) {
    if (kRows[i].info.field == field) return static_cast<int>(i);
  }
  return -1;
}

std::string SuggestHeader(std::string_view name) {
  std::array<std::string_view, kRows.size()> names;
  std::size_t count = 0;
  // Compared without the common prefix, or every short name would look near.
  for (const HeaderRow& row : kRows) {
    if (row.info.name.starts_with(kHeaderPrefix)) names[count++] = row.info.name.substr(kHeaderPrefix.size());
  }
  const std::string_view nearest =
      NearestName(name.substr(std::min(name.size(), kHeaderPrefix.size())), std::span(names).first(count));
  if (nearest.empty()) return {};
  return std::string("; did you mean ").append(kHeaderPrefix).append(nearest).append("?");
}

}  // namespace internal

std::string_view FindHeader(const Headers& headers, std::string_view name) {
  for (const auto& [header, value] : headers) {
    if (charset::EqualsIgnoreCase(header, name)) return value;
  }
  return {};
}

std::span<const HeaderInfo> TaskHeaders() {
  static const std::array<HeaderInfo, internal::kRows.size()> kInfos = [] {
    std::array<HeaderInfo, internal::kRows.size()> infos;
    for (std::size_t i = 0; i < infos.size(); ++i) infos[i] = internal::kRows[i].info;
    return infos;
  }();
  return kInfos;
}

}  // namespace muster
