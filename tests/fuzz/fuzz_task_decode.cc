// Any message on a task subject: decoded or refused; what is decoded can be sent again and means the same.
// Input: the subject on the first line, then "Name: value" lines, an empty line, the data.
#include <google/protobuf/util/message_differencer.h>

#include <cstdint>

#include "schemas/invariant.h"
#include "schemas/subjects.h"
#include "schemas/task_codec.h"

namespace muster {
namespace {

std::string_view TakeLine(std::string_view* rest) {
  const std::size_t end = rest->find('\n');
  const std::string_view line = rest->substr(0, end);
  *rest = end == std::string_view::npos ? std::string_view() : rest->substr(end + 1);
  return line;
}

void Run(std::string_view input) {
  TaskMessage message;
  message.subject = TakeLine(&input);
  Headers headers;
  while (!input.empty()) {
    const std::string_view line = TakeLine(&input);
    if (line.empty()) break;
    const std::size_t colon = line.find(": ");
    headers.emplace_back(line.substr(0, colon), colon == std::string_view::npos ? "" : line.substr(colon + 2));
  }
  message.headers = &headers;
  message.data = input;
  message.stream = "S";
  message.sequence = 1;
  message.stored_ns = 1'772'366'400'000'000'000;
  const Result<v1::Task> task = DecodeTask(message);
  if (!task.ok()) {
    INVARIANT(!task.status().message().empty() && !task.status().where().empty());
    return;
  }
  INVARIANT(CheckTaskId(task->id()).ok());
  INVARIANT(subjects::CheckName("queue", task->queue()).ok());
  const Result<EncodedTask> encoded = EncodeTask(*task, "");
  INVARIANT(encoded.ok());
  INVARIANT(encoded->subject == message.subject);
  message.headers = &encoded->headers;
  message.data = encoded->data;
  const Result<v1::Task> again = DecodeTask(message);
  INVARIANT(again.ok());
  INVARIANT(google::protobuf::util::MessageDifferencer::Equals(*task, *again));
}

}  // namespace
}  // namespace muster

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  muster::Run(std::string_view(reinterpret_cast<const char*>(data), size));
  return 0;
}
