#include "worker_sdk/src/codec.h"

#include <unistd.h>

#include <algorithm>
#include <cmath>
#include <utility>

#include "muster/v1/worker.pb.h"
#include "schemas/limits.h"
#include "worker_sdk/src/clean_text.h"

namespace muster::session {
namespace {

using std::chrono::milliseconds;

constexpr std::uint32_t kProtocol = 1;
// What a report costs in its message beyond its strings.
constexpr std::size_t kReportOverheadBytes = 64;

Ref ToRef(v1::TaskRef& ref) {
  return {std::move(*ref.mutable_task_id()), ref.attempt(), ref.epoch()};
}

void Fill(const Ref& ref, v1::TaskRef& to) {
  to.set_task_id(ref.task);
  to.set_attempt(ref.attempt);
  to.set_epoch(ref.epoch);
}

Status ToStatus(v1::Error& error) {
  return Status(static_cast<ErrorCode>(error.code()), std::move(*error.mutable_message()),
                std::move(*error.mutable_where()));
}

// Text of the world in a protobuf string field: well-formed, and cut to the limit.
std::string Text(std::string_view text) {
  return CleanText(text, limits::kTextBytesMax);
}

void Fill(const Status& status, v1::Error& to) {
  to.set_code(static_cast<v1::ErrorCode>(status.code()));
  to.set_message(Text(status.message()));
  if (!status.where().empty()) to.set_where(Text(status.where()));
}

Duration Milliseconds(std::int64_t ms) {
  return milliseconds(std::clamp<std::int64_t>(ms, 0, limits::kDurationMsMax));
}

std::int64_t ToMs(Duration duration) {
  return std::chrono::duration_cast<milliseconds>(duration).count();
}

// False where the command is of a kind this version does not know: ignored, as docs/protocol.md says.
bool ToCommand(v1::Command& from, std::vector<Command>& to) {
  switch (from.what_case()) {
    case v1::Command::kWelcome:
      to.emplace_back(Welcome{from.welcome().beat_ms() == 0 ? Duration{} : Milliseconds(from.welcome().beat_ms())});
      return true;
    case v1::Command::kIdentify: to.emplace_back(Identify{}); return true;
    case v1::Command::kSettled: {
      Settled settled;
      settled.refs.reserve(static_cast<std::size_t>(from.settled().refs_size()));
      for (auto& ref : *from.mutable_settled()->mutable_refs()) settled.refs.push_back(ToRef(ref));
      to.emplace_back(std::move(settled));
      return true;
    }
    case v1::Command::kCancel:
      to.emplace_back(
          Cancel{ToRef(*from.mutable_cancel()->mutable_ref()), ToStatus(*from.mutable_cancel()->mutable_reason())});
      return true;
    case v1::Command::kDrain: to.emplace_back(Drain{Milliseconds(from.drain().timeout_ms())}); return true;
    case v1::Command::kUndrain: to.emplace_back(Undrain{}); return true;
    case v1::Command::kTakeInventory: to.emplace_back(TakeInventory{from.take_inventory().token()}); return true;
    case v1::Command::kRefused:
      to.emplace_back(Refused{ToStatus(*from.mutable_refused()->mutable_error())});
      return true;
    case v1::Command::WHAT_NOT_SET: return false;
  }
  return false;
}

std::size_t Size(const Report& report) {
  std::size_t size = kReportOverheadBytes + report.ref.task.size() + report.message.size();
  if (report.ending) {
    size += report.ending->result.size() + report.ending->content_type.size() + report.ending->error.message().size();
  }
  return size;
}

void FillEnding(const Ending& ending, v1::Report& to) {
  to.set_run_ms(ToMs(ending.run));
  switch (ending.kind) {
    case Ending::Kind::kSucceeded: {
      auto& succeeded = *to.mutable_succeeded();
      if (!ending.result.empty()) succeeded.set_result(ending.result);
      if (!ending.content_type.empty()) succeeded.set_content_type(Text(ending.content_type));
      break;
    }
    case Ending::Kind::kFailed:
      Fill(ending.error, *to.mutable_failed()->mutable_error());
      to.mutable_failed()->set_retry_after_ms(ToMs(ending.retry_after));
      break;
    case Ending::Kind::kReleased: to.mutable_released()->set_reason(Text(ending.error.message())); break;
    case Ending::Kind::kCancelled: to.mutable_cancelled(); break;
  }
}

void FillReport(const Report& report, v1::Report& to) {
  Fill(report.ref, *to.mutable_ref());
  switch (report.kind) {
    case Report::Kind::kAccepted: to.mutable_accepted(); break;
    case Report::Kind::kProgress:
      to.mutable_progress()->set_percent(report.percent);
      to.mutable_progress()->set_message(Text(report.message));
      break;
    case Report::Kind::kFinal: FillEnding(*report.ending, to); break;
  }
}

template <typename Message>
void SetWho(const Identity& who, Message& message) {
  message.set_worker(who.worker);
  message.set_incarnation(who.incarnation);
}

std::string HostName() {
  char name[256] = {};
  return ::gethostname(name, sizeof name - 1) == 0 ? name : "localhost";
}

}  // namespace

Result<Event> DecodeAssignments(std::string_view data) {
  v1::Assignments message;
  if (!message.ParseFromArray(data.data(), static_cast<int>(data.size()))) {
    return Status(ErrorCode::kBadMessage, "not a muster.v1.Assignments");
  }
  Assigned event;
  event.epoch = message.epoch();
  event.incarnation = message.incarnation();
  event.assignments.reserve(static_cast<std::size_t>(message.assignments_size()));
  for (auto& from : *message.mutable_assignments()) {
    auto body = std::make_shared<TaskBody>();
    body->task = std::move(*from.mutable_task());
    for (const auto& label : body->task.labels()) body->labels.emplace(label.first, label.second);
    Assignment to;
    to.ref = ToRef(*from.mutable_ref());
    if (to.ref.task.empty() || to.ref.task.size() > limits::kTaskIdBytesMax) {
      return Status(ErrorCode::kBadMessage, "an assignment without a task id");
    }
    to.fencing = from.fencing();
    to.timeout = Milliseconds(from.timeout_ms());
    to.max_attempts = from.max_attempts();
    to.failures = from.failures();
    to.body = std::move(body);
    event.assignments.push_back(std::move(to));
  }
  return Event(std::move(event));
}

Result<Event> DecodeControl(std::string_view data) {
  v1::Control message;
  if (!message.ParseFromArray(data.data(), static_cast<int>(data.size()))) {
    return Status(ErrorCode::kBadMessage, "not a muster.v1.Control");
  }
  Controlled event;
  event.epoch = message.epoch();
  event.incarnation = message.incarnation();
  event.commands.reserve(static_cast<std::size_t>(message.commands_size()));
  for (auto& command : *message.mutable_commands()) ToCommand(command, event.commands);
  return Event(std::move(event));
}

std::string EncodeHello(const Identity& who, const WorkerOptions& options, const std::vector<std::string>& types,
                        const Holding& holding, bool draining) {
  static const std::string kHost = HostName();
  v1::Hello hello;
  SetWho(who, hello);
  hello.set_protocol(kProtocol);
  hello.set_version(MUSTER_VERSION);
  hello.set_slots(options.slots);
  hello.set_prefetch(options.prefetch);
  hello.set_speed_milli(static_cast<std::uint32_t>(std::lround(options.speed * 1000)));
  for (const auto& capability : options.capabilities) hello.add_capabilities(capability);
  for (const auto& label : options.labels) (*hello.mutable_labels())[label.first] = Text(label.second);
  for (const auto& resource : options.resources) (*hello.mutable_resources())[resource.first] = resource.second;
  for (const auto& queue : options.queues) hello.add_queues(queue);
  for (const auto& type : types) hello.add_types(type);
  hello.set_beat_ms(static_cast<std::uint32_t>(options.beat.count()));
  hello.set_host(kHost);
  hello.set_pid(static_cast<std::uint32_t>(::getpid()));
  hello.set_region(Text(options.region));
  hello.set_group(Text(options.group));
  for (const auto& ref : holding.refs) Fill(ref, *hello.add_holding());
  hello.set_draining(draining);
  hello.set_holding_parts(holding.parts);
  hello.set_holding_part(holding.part);
  return hello.SerializeAsString();
}

std::string EncodeInventory(const Identity& who, const Holding& holding) {
  v1::Inventory inventory;
  SetWho(who, inventory);
  inventory.set_token(holding.token);
  inventory.set_parts(holding.parts);
  inventory.set_part(holding.part);
  for (const auto& ref : holding.refs) Fill(ref, *inventory.add_holding());
  return inventory.SerializeAsString();
}

std::string EncodeBeat(const Identity& who, const Beat& beat, const SystemLoad& load,
                       const std::map<std::string, double>& gauges) {
  v1::Beat message;
  SetWho(who, message);
  message.set_sequence(beat.sequence);
  message.set_active(beat.active);
  message.set_held(beat.held);
  message.set_cpu_percent(load.cpu_percent);
  message.set_memory_percent(load.memory_percent);
  message.set_memory_free(load.memory_free);
  for (const auto& gauge : gauges) (*message.mutable_gauges())[gauge.first] = gauge.second;
  message.set_draining(beat.draining);
  message.set_epoch(beat.epoch);
  return message.SerializeAsString();
}

std::string EncodeBye(const Identity& who, std::string_view reason) {
  v1::Bye bye;
  SetWho(who, bye);
  bye.set_reason(std::string(reason));
  return bye.SerializeAsString();
}

void EncodeReports(const Identity& who, std::span<const Report>& reports, std::string& data) {
  v1::Reports message;
  SetWho(who, message);
  std::size_t bytes = 0;
  std::size_t count = 0;
  while (count < reports.size()) {
    const std::size_t size = Size(reports[count]);
    if (count > 0 && bytes + size > limits::kBatchBytesMax) break;
    FillReport(reports[count], *message.add_reports());
    bytes += size;
    ++count;
  }
  reports = reports.subspan(count);
  message.SerializeToString(&data);
}

}  // namespace muster::session
