// Client codec: between the client's values and the bytes of docs/protocol.md. Threads: pure functions. Untrusted
// input.
#ifndef MUSTER_WORKER_SDK_CLIENT_CODEC_H_
#define MUSTER_WORKER_SDK_CLIENT_CODEC_H_

#include <string>
#include <string_view>

#include "muster/client.h"
#include "worker_sdk/nats/link.h"

namespace muster {

struct EncodedSubmission {
  std::string id;
  LinkPublish message;
};
// The errors of the encoder in schemas/task_codec.h. `fresh_id` is used where the task has none; `now_ms` is unix time.
Result<EncodedSubmission> EncodeSubmission(const Task& task, std::string_view fresh_id, std::int64_t now_ms);

std::string EncodeQueueRequest(std::string_view queue, Priority priority);
std::string EncodeTaskRequest(std::string_view id, std::string_view reason);

// kInternal where the bytes are not what was asked for; else what the dispatcher says.
Result<TaskResult> DecodeTaskResult(std::string_view data);
Result<bool> DecodeDone(std::string_view data);
Result<TaskStatus> DecodeTaskStatus(std::string_view data);
Result<ProgressView> DecodeProgress(std::string_view json);

}  // namespace muster

#endif  // MUSTER_WORKER_SDK_CLIENT_CODEC_H_
