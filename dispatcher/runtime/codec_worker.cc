#include <cmath>

#include "dispatcher/runtime/codec.h"
#include "schemas/limits.h"
#include "schemas/subjects.h"
#include "schemas/task_check.h"
#include "schemas/task_codec.h"

namespace muster::runtime {
namespace {

using engine::Duration;

constexpr std::uint32_t kProtocol = 1;
constexpr std::uint32_t kBeatMsDefault = 500;
constexpr std::uint32_t kBeatMsMin = 10;
constexpr std::uint32_t kBeatMsMax = 600000;
constexpr std::uint32_t kSpeedMilliMax = 1000000;
// Parts of one hello or inventory: everything a worker of kSlotsMax slots and as much prefetch could hold.
constexpr std::uint32_t kPartsMax = 2 * limits::kSlotsMax / limits::kHoldingPerMessageMax;

Status Bad(std::string message, std::string where) {
  return Status(ErrorCode::kBadMessage, std::move(message), std::move(where));
}

Status TooMany(std::string_view field, std::size_t size, std::size_t most) {
  return Bad(std::to_string(size) + " entries, at most " + std::to_string(most) + " are allowed", std::string(field));
}

template <typename Message>
Status Parse(std::string_view data, std::string_view worker, Message* message) {
  message->Clear();
  if (!message->ParseFromArray(data.data(), static_cast<int>(data.size()))) {
    return Bad("the bytes are no " + message->GetTypeName(), "");
  }
  if (message->worker() != worker) return Bad("not the worker of the subject", "worker");
  if (message->incarnation() == 0) return Bad("must not be 0", "incarnation");
  return Status();
}

Status CheckRef(const v1::TaskRef& ref) {
  if (Status status = CheckTaskId(ref.task_id()); !status.ok()) return Bad(status.message(), "ref.task_id");
  if (ref.attempt() == 0) return Bad("must not be 0", "ref.attempt");
  return Status();
}

engine::Attempt AttemptOf(const v1::TaskRef& ref) {
  return engine::Attempt{engine::TaskIdOf(ref.task_id()), ref.task_id(), ref.attempt(), ref.epoch()};
}

template <typename Refs>
Status FillHolding(const Refs& refs, std::vector<engine::Attempt>* holding) {
  if (static_cast<std::size_t>(refs.size()) > limits::kHoldingPerMessageMax) {
    return TooMany("holding", static_cast<std::size_t>(refs.size()), limits::kHoldingPerMessageMax);
  }
  holding->reserve(static_cast<std::size_t>(refs.size()));
  for (const v1::TaskRef& ref : refs) {
    if (Status status = CheckRef(ref); !status.ok()) return status;
    holding->push_back(AttemptOf(ref));
  }
  return Status();
}

Status CheckParts(std::uint32_t parts, std::uint32_t part) {
  if (parts > kPartsMax) return TooMany("parts", parts, kPartsMax);
  if (parts == 0 ? part != 0 : part >= parts) return Bad("part of a message that has fewer", "part");
  return Status();
}

template <typename Map>
Status FillResources(std::string_view field, const Map& from, Resources* to) {
  if (from.size() > limits::kResourcesMax) return TooMany(field, from.size(), limits::kResourcesMax);
  for (const auto& [name, amount] : from) {
    if (name.empty() || name.size() > limits::kNameBytesMax)
      return Bad("a name that is empty or too long", std::string(field));
    if (amount < 0 || amount > limits::kResourceAmountMax)
      return Bad("an amount out of range", std::string(field) + "." + name);
    to->emplace(name, amount);
  }
  return Status();
}

Status FillLabels(const v1::Hello& hello, engine::WorkerInfo* info) {
  if (hello.labels_size() > static_cast<int>(limits::kLabelsMax)) {
    return TooMany("labels", static_cast<std::size_t>(hello.labels_size()), limits::kLabelsMax);
  }
  for (const auto& [name, value] : hello.labels()) {
    if (name.empty() || name.size() > limits::kNameBytesMax) return Bad("a name that is empty or too long", "labels");
    if (value.size() > limits::kTextBytesMax) return Bad("a value that is too long", "labels." + name);
    info->labels.emplace(name, value);
  }
  if (hello.capabilities_size() > static_cast<int>(limits::kCapabilitiesMax)) {
    return TooMany("capabilities", static_cast<std::size_t>(hello.capabilities_size()), limits::kCapabilitiesMax);
  }
  for (const std::string& name : hello.capabilities()) {
    if (name.empty() || name.size() > limits::kNameBytesMax)
      return Bad("a name that is empty or too long", "capabilities");
    info->capabilities.insert(name);
  }
  return Status();
}

template <typename Names, typename Check>
Status FillNames(std::string_view field, const Names& from, std::size_t most, const Check& check,
                 std::vector<std::string>* to) {
  if (static_cast<std::size_t>(from.size()) > most) return TooMany(field, static_cast<std::size_t>(from.size()), most);
  for (const std::string& name : from) {
    const Status status = name.empty() ? Status(ErrorCode::kBadRequest, "an empty name") : check(name);
    if (!status.ok()) return Bad(status.message(), std::string(field));
    to->push_back(name);
  }
  return Status();
}

Status FillInfo(const v1::Hello& hello, engine::WorkerInfo* info) {
  if (hello.protocol() != kProtocol) {
    return Bad("protocol " + std::to_string(hello.protocol()) + " is not spoken here; 1 is", "protocol");
  }
  if (hello.slots() == 0 || hello.slots() > limits::kSlotsMax) {
    return Bad("must be 1 to " + std::to_string(limits::kSlotsMax), "slots");
  }
  if (hello.prefetch() > limits::kSlotsMax)
    return Bad("must be at most " + std::to_string(limits::kSlotsMax), "prefetch");
  if (hello.speed_milli() > kSpeedMilliMax) return Bad("must be at most 1000000", "speed_milli");
  const std::uint32_t beat_ms = hello.beat_ms() == 0 ? kBeatMsDefault : hello.beat_ms();
  if (beat_ms < kBeatMsMin || beat_ms > kBeatMsMax) return Bad("must be 10 to 600000", "beat_ms");

  info->name = hello.worker();
  info->incarnation = hello.incarnation();
  info->version = CleanText(hello.version(), limits::kNameBytesMax);
  info->slots = hello.slots();
  info->prefetch = hello.prefetch();
  info->speed_milli = hello.speed_milli() == 0 ? 1000 : hello.speed_milli();
  info->beat = std::chrono::milliseconds(beat_ms);
  info->host = CleanText(hello.host(), limits::kTextBytesMax);
  info->pid = hello.pid();
  info->region = CleanText(hello.region(), limits::kNameBytesMax);
  info->group = CleanText(hello.group(), limits::kNameBytesMax);
  info->draining = hello.draining();
  if (Status status = FillLabels(hello, info); !status.ok()) return status;
  if (Status status = FillResources("resources", hello.resources(), &info->resources); !status.ok()) return status;
  const auto is_queue = [](const std::string& name) { return subjects::CheckName("queue", name); };
  const auto is_type = [](const std::string& name) { return internal::CheckWord("type", name); };
  if (Status status = FillNames("queues", hello.queues(), limits::kQueuesMax, is_queue, &info->queues); !status.ok())
    return status;
  return FillNames("types", hello.types(), limits::kCapabilitiesMax, is_type, &info->types);
}

// What a worker may say of an attempt; anything else is read as "retry".
ErrorCode AttemptError(v1::ErrorCode code) {
  return code >= v1::ERROR_CODE_RETRYABLE && code <= v1::ERROR_CODE_NO_HANDLER ? static_cast<ErrorCode>(code)
                                                                               : ErrorCode::kRetryable;
}

Duration RunTime(std::int64_t ms) {
  return std::chrono::milliseconds(std::min(std::max<std::int64_t>(ms, 0), limits::kDurationMsMax));
}

void FillSucceeded(v1::Succeeded* from, engine::WorkerReport* to) {
  if (from->result().size() > limits::kResultBytesMax) {
    // The worker ran it to the end; running it again would give the same. Refused for good, and visibly.
    to->what = engine::WorkerReport::What::kFailed;
    to->error = Status(ErrorCode::kPermanent,
                       "the result has " + std::to_string(from->result().size()) + " bytes, at most " +
                           std::to_string(limits::kResultBytesMax) + " are allowed",
                       "result");
    return;
  }
  to->what = engine::WorkerReport::What::kSucceeded;
  to->result = std::move(*from->mutable_result());
  to->content_type = CleanText(from->content_type(), limits::kTextBytesMax);
}

Status FillReport(v1::Report* from, engine::WorkerReport* to) {
  using What = engine::WorkerReport::What;
  if (Status status = CheckRef(from->ref()); !status.ok()) return status;
  to->attempt = AttemptOf(from->ref());
  to->run = RunTime(from->run_ms());
  switch (from->what_case()) {
    case v1::Report::kAccepted: to->what = What::kAccepted; break;
    case v1::Report::kProgress:
      to->what = What::kProgress;
      to->percent = std::min<std::uint32_t>(from->progress().percent(), 100);
      to->message = CleanText(from->progress().message(), limits::kTextBytesMax);
      break;
    case v1::Report::kSucceeded: FillSucceeded(from->mutable_succeeded(), to); break;
    case v1::Report::kFailed:
      to->what = What::kFailed;
      to->error = Status(AttemptError(from->failed().error().code()),
                         CleanText(from->failed().error().message(), limits::kTextBytesMax),
                         CleanText(from->failed().error().where(), limits::kTextBytesMax));
      to->retry_after = RunTime(from->failed().retry_after_ms());
      break;
    case v1::Report::kReleased:
      to->what = What::kReleased;
      to->error = Status(ErrorCode::kReleased, CleanText(from->released().reason(), limits::kTextBytesMax));
      break;
    case v1::Report::kCancelled: to->what = What::kCancelled; break;
    case v1::Report::WHAT_NOT_SET: return Bad("says nothing", "what");
  }
  return Status();
}

}  // namespace

std::optional<WorkerDecoder::Refusal> WorkerDecoder::Decode(const CoreMessage& message,
                                                            std::vector<engine::Event>* events) {
  const std::string_view worker = subjects::LastToken(message.subject);
  const std::string_view noun = subjects::Token(message.subject, 1);
  const std::string_view kind = noun == "report" ? noun : subjects::Token(message.subject, 2);
  Status status = subjects::CheckName("worker", worker);
  std::optional<Refusal> refusal;
  if (status.ok()) {
    if (kind == "report") {
      status = DecodeReports(message.data, message, worker, events);
    } else if (kind == "beat") {
      status = DecodeBeat(message.data, worker, events);
    } else if (kind == "hello") {
      return DecodeHello(message, events);
    } else if (kind == "bye") {
      status = DecodeBye(message.data, worker, events);
    } else if (kind == "inventory") {
      status = DecodeInventory(message.data, worker, events);
    } else {
      status = Bad("not a kind of message that workers send", "");
    }
  }
  if (!status.ok()) {
    events->emplace_back(
        engine::BadWorkerMessage{CleanText(message.subject, limits::kTextBytesMax), status.ToString()});
  }
  return std::nullopt;
}

std::optional<WorkerDecoder::Refusal> WorkerDecoder::DecodeHello(const CoreMessage& message,
                                                                 std::vector<engine::Event>* events) {
  const std::string_view worker = subjects::LastToken(message.subject);
  engine::WorkerHello hello;
  Status status = Parse(message.data, worker, &hello_);
  const bool readable = status.ok();
  if (status.ok()) status = FillInfo(hello_, &hello.info);
  if (status.ok()) status = CheckParts(hello_.holding_parts(), hello_.holding_part());
  if (status.ok()) status = FillHolding(hello_.holding(), &hello.holding);
  if (status.ok()) {
    hello.whole = hello_.holding_part() + 1 >= hello_.holding_parts();
    events->emplace_back(std::move(hello));
    return std::nullopt;
  }
  events->emplace_back(engine::BadWorkerMessage{CleanText(message.subject, limits::kTextBytesMax), status.ToString()});
  if (!readable) return std::nullopt;
  return Refusal{std::string(worker), hello_.incarnation(), std::move(status)};
}

Status WorkerDecoder::DecodeBeat(std::string_view data, std::string_view worker, std::vector<engine::Event>* events) {
  if (Status status = Parse(data, worker, &beat_); !status.ok()) return status;
  engine::WorkerBeat beat;
  beat.worker = std::string(worker);
  beat.incarnation = beat_.incarnation();
  beat.load.active = std::min(beat_.active(), limits::kSlotsMax);
  beat.load.held = std::min(beat_.held(), limits::kSlotsMax);
  beat.load.cpu_percent = std::min<std::uint32_t>(beat_.cpu_percent(), 100);
  beat.load.memory_percent = std::min<std::uint32_t>(beat_.memory_percent(), 100);
  beat.load.memory_free = std::min(std::max<std::int64_t>(beat_.memory_free(), 0), limits::kResourceAmountMax);
  beat.load.draining = beat_.draining();
  if (beat_.gauges_size() > static_cast<int>(limits::kLabelsMax)) {
    return TooMany("gauges", static_cast<std::size_t>(beat_.gauges_size()), limits::kLabelsMax);
  }
  for (const auto& [name, value] : beat_.gauges()) {
    if (name.empty() || name.size() > limits::kNameBytesMax) return Bad("a name that is empty or too long", "gauges");
    if (!std::isfinite(value)) return Bad("not a finite number", "gauges." + name);
    beat.load.gauges.emplace(name, value);
  }
  events->emplace_back(std::move(beat));
  return Status();
}

Status WorkerDecoder::DecodeBye(std::string_view data, std::string_view worker, std::vector<engine::Event>* events) {
  if (Status status = Parse(data, worker, &bye_); !status.ok()) return status;
  events->emplace_back(
      engine::WorkerBye{std::string(worker), bye_.incarnation(), CleanText(bye_.reason(), limits::kTextBytesMax)});
  return Status();
}

Status WorkerDecoder::DecodeInventory(std::string_view data, std::string_view worker,
                                      std::vector<engine::Event>* events) {
  if (Status status = Parse(data, worker, &inventory_); !status.ok()) return status;
  if (Status status = CheckParts(inventory_.parts(), inventory_.part()); !status.ok()) return status;
  engine::WorkerInventory inventory;
  inventory.worker = std::string(worker);
  inventory.incarnation = inventory_.incarnation();
  inventory.token = inventory_.token();
  inventory.whole = inventory_.part() + 1 >= inventory_.parts();
  if (Status status = FillHolding(inventory_.holding(), &inventory.holding); !status.ok()) return status;
  events->emplace_back(std::move(inventory));
  return Status();
}

Status WorkerDecoder::DecodeReports(std::string_view data, const CoreMessage& message, std::string_view worker,
                                    std::vector<engine::Event>* events) {
  if (Status status = Parse(data, worker, &reports_); !status.ok()) return status;
  if (reports_.reports_size() > static_cast<int>(limits::kHoldingPerMessageMax)) {
    return TooMany("reports", static_cast<std::size_t>(reports_.reports_size()), limits::kHoldingPerMessageMax);
  }
  for (v1::Report& from : *reports_.mutable_reports()) {
    engine::WorkerReport report;
    // One bad report does not spoil its neighbours: each stands for an attempt of its own.
    if (Status status = FillReport(&from, &report); !status.ok()) {
      events->emplace_back(
          engine::BadWorkerMessage{CleanText(message.subject, limits::kTextBytesMax), status.ToString()});
      continue;
    }
    report.worker = std::string(worker);
    report.incarnation = reports_.incarnation();
    events->emplace_back(std::move(report));
  }
  return Status();
}

}  // namespace muster::runtime
