#include "schemas/task_codec.h"

#include <google/protobuf/stubs/common.h>
#if GOOGLE_PROTOBUF_VERSION < 3022000
#include <google/protobuf/stubs/logging.h>
#endif
#include <xxhash.h>

#include <optional>

#include "schemas/charset.h"
#include "schemas/header_table.h"
#include "schemas/limits.h"
#include "schemas/subjects.h"
#include "schemas/task_check.h"

namespace muster {
namespace {

// The envelope of a muster.v1.Task around the largest payload: all other fields at their bounds stay below this.
constexpr std::size_t kMessageBytesMax = limits::kPayloadBytesMax + 128 * 1024;

v1::Priority ToProto(Priority priority) {
  return static_cast<v1::Priority>(static_cast<int>(priority) + 1);
}

std::optional<Priority> FromProto(v1::Priority priority) {
  if (priority == v1::PRIORITY_UNSPECIFIED) return Priority::kNormal;
  if (!v1::Priority_IsValid(priority)) return std::nullopt;
  return static_cast<Priority>(static_cast<int>(priority) - 1);
}

bool IsTaskContentType(std::string_view value) {
  return charset::EqualsIgnoreCase(charset::Trim(value.substr(0, value.find(';'))), kTaskContentType);
}

// What the headers of a message say.
struct ReadHeaders {
  v1::Task task;
  bool any = false;               // `task` has something in it
  bool is_task = false;           // Content-Type: the data is a muster.v1.Task
  std::string_view content_type;  // Content-Type, where it is not that
  std::string_view message_id;    // Nats-Msg-Id
};

Status BadHeader(std::string message, std::string_view header) {
  // A name from outside is quoted where it is not one of ours.
  return Status(ErrorCode::kBadHeader, std::move(message),
                charset::FindOther(charset::kWord, header) == header.size() && header.size() <= 128
                    ? std::string(header)
                    : charset::Quote(header));
}

// Headers that are part of the protocol but not of the table.
bool ReadForeign(std::string_view name, std::string_view value, ReadHeaders* read) {
  if (charset::EqualsIgnoreCase(name, kMsgIdHeader)) {
    read->message_id = value;
    return true;
  }
  if (charset::EqualsIgnoreCase(name, kContentTypeHeader)) {
    if (IsTaskContentType(value)) {
      read->is_task = true;
    } else {
      read->content_type = value;
    }
    return true;
  }
  return false;
}

Status ReadHeader(std::string_view name, std::string_view value, std::int64_t now_ms, std::uint64_t* seen,
                  ReadHeaders* read) {
  if (ReadForeign(name, value, read)) return Status();
  const bool ours = name.size() >= internal::kHeaderPrefix.size() &&
                    charset::EqualsIgnoreCase(name.substr(0, internal::kHeaderPrefix.size()), internal::kHeaderPrefix);
  // Other people's headers pass, but for the two of the trace context.
  if (!ours && (name.empty() || charset::ToLower(name.front()) != 't')) return Status();
  const int row = internal::FindHeaderRow(name);
  if (row < 0) {
    if (!ours) return Status();
    return BadHeader("unknown header" + internal::SuggestHeader(name), name);
  }
  const internal::HeaderRow& header = internal::HeaderRows()[static_cast<std::size_t>(row)];
  internal::HeaderValue parsed{{}, charset::Trim(value), now_ms};
  if (!charset::IsPlainText(parsed.value)) {
    if (!ours) return Status();
    return BadHeader(charset::Quote(value) + " is not UTF-8 text without control characters", name);
  }
  const std::uint64_t bit = std::uint64_t{1} << row;
  if (header.info.name.ends_with('-')) {
    parsed.key = name.substr(header.info.name.size());
  } else if ((*seen & bit) != 0) {
    if (!ours) return Status();
    return BadHeader("given twice", header.info.name);
  }
  *seen |= bit;
  if (ours && parsed.value.empty()) {
    return BadHeader("it is empty; write for example " + std::string(header.info.example), name);
  }
  if (Status status = header.set(parsed, &read->task); !status.ok()) {
    return BadHeader(status.message(), name);
  }
  read->any = true;
  return Status();
}

// The field's own complaint, under the name of the header that set it.
Status AsHeaderError(const Status& status, std::uint64_t seen) {
  const auto rows = internal::HeaderRows();
  for (std::size_t i = 0; i < rows.size(); ++i) {
    if ((seen & (std::uint64_t{1} << i)) == 0 || !status.where().starts_with(rows[i].info.field.substr(0, 5))) continue;
    if (status.where() == rows[i].info.field ||
        (status.where() == "retry.max_attempts" && rows[i].info.field == "retry")) {
      return Status(ErrorCode::kBadHeader, status.message(), std::string(rows[i].info.name));
    }
  }
  return Status(ErrorCode::kBadHeader, status.message(), status.where());
}

Status ReadAllHeaders(const TaskMessage& message, ReadHeaders* read) {
  std::uint64_t seen = 0;
  for (const auto& [name, value] : *message.headers) {
    if (Status status = ReadHeader(name, value, message.stored_ns / 1'000'000, &seen, read); !status.ok()) {
      return status;
    }
  }
  if (!read->any) return Status();
  const Status status = internal::CheckTask(read->task);
  return status.ok() ? status : AsHeaderError(status, seen);
}

// A field of the message wins over its header; labels are joined name by name.
void MergeUnder(ReadHeaders* read, v1::Task* task) {
  v1::Task& below = read->task;
  if (task->resources_size() > 0) below.clear_resources();
  if (task->depends_on_size() > 0) below.clear_depends_on();
  // The payload is large and only the message has one: it is moved around the merge.
  std::string payload = std::move(*task->mutable_payload());
  task->clear_payload();
  below.MergeFrom(*task);
  task->Swap(&below);
  *task->mutable_payload() = std::move(payload);
}

Status ParseTaskMessage(std::string_view data, v1::Task* task) {
  if (data.size() > kMessageBytesMax) {
    return Status(
        ErrorCode::kTooLarge,
        "the message has " + std::to_string(data.size()) + " bytes; at most " + std::to_string(kMessageBytesMax),
        "data");
  }
#if GOOGLE_PROTOBUF_VERSION < 3022000
  // The library would write a line to stderr for every hostile message.
  google::protobuf::LogSilencer silencer;
#endif
  if (!task->ParseFromArray(data.data(), static_cast<int>(data.size()))) {
    return Status(ErrorCode::kBadMessage,
                  "the data is no muster.v1.Task, or a text in it is not UTF-8; for a plain payload leave out "
                  "Content-Type: " +
                      std::string(kTaskContentType),
                  "data");
  }
  return Status();
}

// A UUIDv7-shaped id from the message's place: the same at every redelivery, another one when a stream of the same name
// is made anew and begins at 1 again.
std::string DerivedTaskId(const TaskMessage& message) {
  std::string place(message.stream);
  place.push_back('\0');  // no stream's name has it
  for (std::uint64_t number : {message.sequence, static_cast<std::uint64_t>(message.stored_ns)}) {
    for (int shift = 0; shift < 64; shift += 8) place.push_back(static_cast<char>(number >> shift));
  }
  const XXH128_hash_t hash = XXH3_128bits(place.data(), place.size());
  return NewTaskId(message.stored_ns / 1'000'000, hash.high64, hash.low64);
}

Status CheckAddress(const subjects::TaskAddress& address, const v1::Task& task) {
  if (!task.queue().empty() && task.queue() != address.queue) {
    return Status(ErrorCode::kBadQueue,
                  "the message says queue " + charset::Quote(task.queue()) + ", its subject says " +
                      charset::Quote(address.queue),
                  "queue");
  }
  if (task.priority() != v1::PRIORITY_UNSPECIFIED && task.priority() != ToProto(address.priority)) {
    return Status(ErrorCode::kBadQueue,
                  "the message says priority " + std::to_string(task.priority()) + ", its subject says " +
                      std::string(PriorityName(address.priority)),
                  "priority");
  }
  return Status();
}

Status CheckSelfDependency(const v1::Task& task) {
  for (const std::string& id : task.depends_on()) {
    if (id == task.id()) return Status(ErrorCode::kBadMessage, "the task would wait for itself", "depends_on");
  }
  return Status();
}

}  // namespace

Status CheckTaskId(std::string_view id) {
  if (!id.empty() && id.size() <= limits::kTaskIdBytesMax && charset::FindOther(charset::kId, id) == id.size()) {
    return Status();
  }
  return Status(ErrorCode::kBadHeader, "the id " + charset::Quote(id) + " is not 1 to 64 of A-Z a-z 0-9 - _ : = + @ ~",
                "id");
}

std::string NewTaskId(std::int64_t now_ms, std::uint64_t random_high, std::uint64_t random_low) {
  // RFC 9562: 48 bits of time, version 7, 12 random bits, variant 2, 62 random bits.
  const std::uint64_t high = (static_cast<std::uint64_t>(now_ms) << 16) | 0x7000 | (random_high & 0x0fff);
  const std::uint64_t low = (std::uint64_t{2} << 62) | (random_low >> 2);
  static constexpr char kHex[] = "0123456789abcdef";
  std::string id;
  id.reserve(36);
  for (int digit = 0; digit < 32; ++digit) {
    if (digit == 8 || digit == 12 || digit == 16 || digit == 20) id.push_back('-');
    const std::uint64_t word = digit < 16 ? high : low;
    id.push_back(kHex[(word >> (60 - 4 * (digit % 16))) & 15]);
  }
  return id;
}

Result<v1::Task> DecodeTask(const TaskMessage& message) {
  Result<subjects::TaskAddress> address = subjects::ParseTask(message.subject);
  if (!address.ok()) return address.status();
  // The result is filled in place: a Task has some thirty fields to move.
  Result<v1::Task> result{v1::Task()};
  v1::Task& task = *result;

  std::optional<ReadHeaders> read;
  if (message.headers != nullptr && !message.headers->empty()) {
    read.emplace();
    if (Status status = ReadAllHeaders(message, &*read); !status.ok()) return status;
  }
  if (read && read->is_task) {
    if (Status status = ParseTaskMessage(message.data, &task); !status.ok()) return status;
    if (Status status = CheckAddress(*address, task); !status.ok()) return status;
    if (Status status = internal::CheckTask(task); !status.ok()) return status;
    if (read->any) {
      MergeUnder(&*read, &task);
      // Each half was in range; together they may not be (labels, delays).
      if (Status status = internal::CheckTask(task); !status.ok()) return status;
    }
  } else {
    if (message.data.size() > limits::kPayloadBytesMax) {
      return Status(ErrorCode::kTooLarge,
                    "the payload has " + std::to_string(message.data.size()) + " bytes; at most " +
                        std::to_string(limits::kPayloadBytesMax) + ". Put it elsewhere and send a reference.",
                    "payload");
    }
    if (read && read->any) task.Swap(&read->task);
    task.set_payload(message.data.data(), message.data.size());
    if (read && task.content_type().empty() && !read->content_type.empty()) {
      task.mutable_content_type()->assign(read->content_type);
      v1::Task alone;
      alone.set_content_type(task.content_type());
      if (Status status = internal::CheckTask(alone); !status.ok()) {
        return Status(ErrorCode::kBadHeader, status.message(), std::string(kContentTypeHeader));
      }
    }
  }
  if (read) internal::TidyTask(&task);

  if (task.id().empty()) {
    const bool named = read && CheckTaskId(read->message_id).ok();
    task.set_id(named ? std::string(read->message_id) : DerivedTaskId(message));
  }
  if (Status status = CheckSelfDependency(task); !status.ok()) return status;
  if (task.type().empty()) task.set_type(address->queue);
  *task.mutable_queue() = std::move(address->queue);
  task.set_priority(ToProto(address->priority));
  return result;
}

Result<EncodedTask> EncodeTask(const v1::Task& task, std::string_view fresh_id) {
  const std::optional<Priority> priority = FromProto(task.priority());
  if (!priority) {
    return Status(ErrorCode::kBadMessage, std::to_string(task.priority()) + " is no Priority", "priority");
  }
  if (Status status = subjects::CheckName("queue", task.queue()); !status.ok()) return status;
  if (Status status = internal::CheckTask(task); !status.ok()) return status;
  v1::Task whole = task;
  internal::TidyTask(&whole);
  if (whole.id().empty()) {
    if (Status status = CheckTaskId(fresh_id); !status.ok()) return status;
    whole.set_id(fresh_id.data(), fresh_id.size());
    if (Status status = CheckSelfDependency(whole); !status.ok()) return status;
  }
  whole.set_priority(ToProto(*priority));
  Result<EncodedTask> result{EncodedTask()};
  result->subject = subjects::Task(*priority, whole.queue());
  result->headers.emplace_back(kContentTypeHeader, kTaskContentType);
  result->headers.emplace_back(kMsgIdHeader, whole.id());
  if (!whole.SerializeToString(&result->data)) {
    return Status(ErrorCode::kBadMessage, "the task cannot be written", "data");
  }
  return result;
}

}  // namespace muster
