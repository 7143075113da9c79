#include <charconv>

#include "dispatcher/runtime/codec.h"
#include "schemas/limits.h"
#include "schemas/subjects.h"
#include "schemas/task_codec.h"

namespace muster::runtime {
namespace {

using engine::Duration;
using engine::Time;

// The headers of a dead letter, in bytes: what fits beside kPayloadBytesMax of raw bytes below max_payload (1 MiB).
constexpr std::size_t kLetterHeaderBytesMax = 32 * 1024;

Duration FromMillis(std::int64_t ms) {
  return Duration(ms * 1000);
}

Time StoredTime(const StoredMessage& message, Time now) {
  return message.stored_ns > 0 ? engine::FromUnixMicros(message.stored_ns / 1000) : now;
}

// When the task first entered a stream; see kStoredAtHeader. The header is ours, not the publisher's: it is taken out
// before the decoder, which knows no such header, sees the message.
Time TakeFirstStored(Headers* headers, Time stored) {
  if (FindHeader(*headers, kContentTypeHeader) != kTaskContentType) return stored;
  const std::string text(FindHeader(*headers, kStoredAtHeader));
  if (text.empty()) return stored;
  std::erase_if(*headers, [](const auto& header) { return header.first == kStoredAtHeader; });
  std::int64_t micros = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), micros);
  if (error != std::errc() || end != text.data() + text.size()) return stored;
  const std::int64_t oldest = engine::UnixMicros(stored - kStoredAtBackMax);
  if (micros < oldest || micros > engine::UnixMicros(stored)) return stored;
  return engine::FromUnixMicros(micros);
}

// The message's place names it: the same at every redelivery, so that its dead letter is stored once.
std::string PlaceId(const StoredMessage& message) {
  return message.stream + "-" + std::to_string(message.sequence) + "-" + std::to_string(message.stored_ns / 1000000);
}

engine::DeadLetterPtr UndecodableLetter(StoredMessage message, Status error, Time now) {
  auto letter = std::make_shared<engine::DeadLetter>();
  letter->id = PlaceId(message);
  const auto address = subjects::ParseTask(message.subject);
  letter->queue = address.ok() ? address->queue : std::string(subjects::kUndecodableQueue);
  letter->subject = CleanText(message.subject, limits::kTextBytesMax);
  std::size_t header_bytes = 0;
  for (const auto& [name, value] : message.headers) {
    header_bytes += name.size() + value.size();
    if (header_bytes > kLetterHeaderBytesMax) break;
    letter->headers.emplace_back(CleanText(name, name.size()), CleanText(value, value.size()));
  }
  std::string reason = CleanText(error.message(), limits::kTextBytesMax);
  if (message.data.size() > limits::kPayloadBytesMax) {
    reason += " (kept: the first " + std::to_string(limits::kPayloadBytesMax) + " of " +
              std::to_string(message.data.size()) + " bytes)";
    message.data.resize(limits::kPayloadBytesMax);
  }
  letter->raw = std::move(message.data);
  letter->error = Status(error.code(), std::move(reason), CleanText(error.where(), limits::kTextBytesMax));
  letter->dead = now;
  return letter;
}

void FillRetry(const v1::RetryPolicy& from, engine::RetryPolicy* to) {
  if (from.max_attempts() != 0) to->max_attempts = from.max_attempts();
  if (from.base_delay_ms() != 0) to->base_delay = FromMillis(from.base_delay_ms());
  if (from.max_delay_ms() != 0) to->max_delay = FromMillis(from.max_delay_ms());
  if (from.strategy() != v1::RETRY_STRATEGY_UNSPECIFIED) {
    to->strategy = static_cast<engine::RetryStrategy>(from.strategy());
  }
}

}  // namespace

TaskDecoder::TaskDecoder(const engine::EngineOptions& options) : retry_(options.retry), timeout_(options.timeout) {}

engine::Event TaskDecoder::Decode(StoredMessage message, Time now) {
  const Time stored = StoredTime(message, now);
  engine::Source source;
  source.stream = message.stream;
  source.sequence = message.sequence;
  source.stored = TakeFirstStored(&message.headers, stored);
  source.ack = std::move(message.ack);

  if (message.headers_damaged) {
    Status damage(ErrorCode::kBadHeader, "the header block is none: it must be lines of name: value", "headers");
    return engine::TaskUndecodable{UndecodableLetter(std::move(message), std::move(damage), now), std::move(source)};
  }
  TaskMessage view;
  view.subject = message.subject;
  view.headers = &message.headers;
  view.data = message.data;
  view.stream = message.stream;
  view.sequence = message.sequence;
  view.stored_ns = message.stored_ns;
  Result<v1::Task> task = DecodeTask(view);
  Status error = task.status();
  if (task.ok()) {
    Result<engine::TaskSpecPtr> spec = ToSpec(*task, task->SerializeAsString());
    if (spec.ok()) return engine::TaskArrived{std::move(spec).value(), std::move(source)};
    error = spec.status();
  }
  return engine::TaskUndecodable{UndecodableLetter(std::move(message), std::move(error), now), std::move(source)};
}

Result<engine::TaskSpecPtr> TaskDecoder::ToSpec(const v1::Task& task, std::string body) {
  auto spec = std::make_shared<engine::TaskSpec>();
  if (!task.require().empty()) {
    auto known = requirements_.find(task.require());
    if (known == requirements_.end()) {
      Result<Requirement> parsed = Requirement::Parse(task.require());
      if (!parsed.ok()) return Status(ErrorCode::kBadHeader, parsed.status().message(), "Muster-Require");
      if (requirements_.size() >= limits::kClassesMax) requirements_.clear();
      known = requirements_.emplace(task.require(), std::move(parsed).value()).first;
    }
    spec->require = known->second;
  }
  spec->id = engine::TaskIdOf(task.id());
  spec->name = task.id();
  spec->queue = task.queue();
  spec->priority = PriorityOf(task.priority());
  spec->type = task.type();
  for (const auto& [name, amount] : task.resources()) spec->resources.emplace(name, amount);
  spec->affinity = task.affinity();
  spec->tenant = task.tenant();
  spec->pool = task.pool();
  spec->retry = retry_;
  if (task.has_retry()) FillRetry(task.retry(), &spec->retry);
  spec->timeout = task.timeout_ms() != 0 ? FromMillis(task.timeout_ms()) : timeout_;
  if (task.deadline_ms() != 0) spec->deadline = engine::FromUnixMillis(task.deadline_ms());
  if (task.not_before_ms() != 0) spec->not_before = engine::FromUnixMillis(task.not_before_ms());
  spec->depends_on.assign(task.depends_on().begin(), task.depends_on().end());
  spec->run_after_failed_dependency = task.on_dependency_failure() == v1::DEPENDENCY_FAILURE_RELEASE;
  spec->store_result = task.result() != v1::RESULT_POLICY_DISCARD;
  spec->result_ttl = FromMillis(task.result_ttl_ms());
  spec->reply_to = task.reply_to();
  for (const auto& [name, value] : task.labels()) spec->labels.emplace(name, value);
  spec->payload_bytes = task.payload().size();
  spec->body = std::move(body);
  return engine::TaskSpecPtr(std::move(spec));
}

}  // namespace muster::runtime
