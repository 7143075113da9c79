// Task messages: the one decoder of what publishers send, and the one encoder of what our clients send.
//
// A message on muster.tasks.<priority>.<queue> is a muster.v1.Task when its Content-Type is kTaskContentType; any other
// payload is the task's payload as it stands. In both forms the Muster-* headers are read; a field set in the protobuf
// form wins over its header. Priority and queue are those of the subject; a message that contradicts them is refused.
// Threads: pure functions. Untrusted input: any bytes, any headers; never throws, never aborts.
#ifndef MUSTER_SCHEMAS_TASK_CODEC_H_
#define MUSTER_SCHEMAS_TASK_CODEC_H_

#include <cstdint>
#include <string>
#include <string_view>

#include "muster/v1/task.pb.h"
#include "schemas/headers.h"
#include "schemas/status.h"

namespace muster {

struct TaskMessage {
  std::string_view subject;
  const Headers* headers = nullptr;  // may be null
  std::string_view data;
  std::string_view stream;     // where it is stored; with sequence and time it makes the id of a task without one,
  std::uint64_t sequence = 0;  // the same one at every redelivery
  std::int64_t stored_ns = 0;  // unix ns
};

// The whole task: id, queue, priority, type filled in; every field checked against limits.h.
// Errors: kBadMessage, kBadHeader, kBadQueue, kTooLarge, with `where` naming the header or field.
Result<v1::Task> DecodeTask(const TaskMessage& message);

struct EncodedTask {
  std::string subject;
  Headers headers;  // Content-Type, Nats-Msg-Id
  std::string data;
};
// For clients. The same checks as the decoder, so that a bad task is refused before it is sent.
// A task without id gets a new one (`fresh_id` is used; see NewTaskId).
Result<EncodedTask> EncodeTask(const v1::Task& task, std::string_view fresh_id);

// A new UUIDv7 in text. `random` are 74 random bits at least; `now_ms` unix time.
std::string NewTaskId(std::int64_t now_ms, std::uint64_t random_high, std::uint64_t random_low);

// kBadHeader where the id is not a subject token of limits::kTaskIdBytesMax at most.
Status CheckTaskId(std::string_view id);

}  // namespace muster

#endif  // MUSTER_SCHEMAS_TASK_CODEC_H_
