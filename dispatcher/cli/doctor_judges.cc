// The pure part of doctor: what an answer of the server means.
#include <google/protobuf/struct.pb.h>
#include <google/protobuf/util/json_util.h>

#include <cmath>
#include <cstdlib>

#include "dispatcher/cli/doctor.h"
#include "dispatcher/cli/human.h"
#include "schemas/subjects.h"
#include "schemas/text.h"

namespace muster::cli {
namespace {

using google::protobuf::Struct;
using google::protobuf::Value;

// Clocks further apart than this make deadlines and not-before times visibly wrong.
constexpr std::int64_t kClockMsMax = 1000;

Struct Parse(std::string_view json) {
  Struct object;
  if (!google::protobuf::util::JsonStringToMessage(std::string(json), &object).ok()) object.Clear();
  return object;
}

// The member at the end of `path`; null where there is none.
const Value* Find(const Struct& object, std::initializer_list<const char*> path) {
  const Struct* at = &object;
  const Value* found = nullptr;
  for (const char* name : path) {
    if (at == nullptr) return nullptr;
    const auto member = at->fields().find(name);
    if (member == at->fields().end()) return nullptr;
    found = &member->second;
    at = found->has_struct_value() ? &found->struct_value() : nullptr;
  }
  return found;
}

std::string TextAt(const Struct& object, std::initializer_list<const char*> path) {
  const Value* value = Find(object, path);
  return value == nullptr ? std::string() : value->string_value();
}

double NumberAt(const Struct& object, std::initializer_list<const char*> path) {
  const Value* value = Find(object, path);
  return value == nullptr ? 0 : value->number_value();
}

std::uint64_t CountAt(const Struct& object, std::initializer_list<const char*> path) {
  const double number = NumberAt(object, path);
  return number <= 0 ? 0 : static_cast<std::uint64_t>(number);
}

Finding Good(std::string what, std::string detail) {
  return {Verdict::kGood, std::move(what), std::move(detail), {}};
}
Finding Warning(std::string what, std::string detail, std::string advice) {
  return {Verdict::kWarning, std::move(what), std::move(detail), std::move(advice)};
}
Finding Bad(std::string what, std::string detail, std::string advice) {
  return {Verdict::kBad, std::move(what), std::move(detail), std::move(advice)};
}

}  // namespace

Finding JudgeVersion(std::string_view version) {
  const std::string what = "NATS version";
  char* end = nullptr;
  const std::string text(version);
  const long major = std::strtol(text.c_str(), &end, 10);
  const long minor = end != nullptr && *end == '.' ? std::strtol(end + 1, nullptr, 10) : 0;
  if (major == 0 && minor == 0) return Warning(what, "not known: " + text, "use nats-server 2.12 or 2.14");
  if (major < 2 || (major == 2 && minor < 10)) {
    return Bad(what, text + " loses confirmed acknowledgements when it is killed: finished tasks would come back",
               "use nats-server 2.12 or 2.14 (2.10 at least)");
  }
  if (major == 2 && minor == 10) {
    return Warning(what, text + " works, with guards; its line is no longer maintained",
                   "use nats-server 2.12 or 2.14 where you can");
  }
  return Good(what, text);
}

std::vector<Finding> JudgeStream(std::string_view name, bool is_tasks, std::string_view json) {
  const Struct info = Parse(json);
  const std::string what = "stream " + std::string(name);
  const std::string cure =
      "stop musterd, change it with the nats tool or remove it while it is empty, and start musterd";
  std::vector<Finding> findings;
  const auto want = [&](bool right, const std::string& wrong) {
    if (!right) findings.push_back(Bad(what, wrong, cure));
  };
  want(TextAt(info, {"config", "storage"}) == "file", "is kept in memory: a restart of the server loses it");
  if (is_tasks) {
    want(TextAt(info, {"config", "retention"}) == "workqueue", "is no work queue: finished tasks would never leave it");
    want(TextAt(info, {"config", "discard"}) == "new", "drops its oldest tasks when it is full");
    want(NumberAt(info, {"config", "max_age"}) == 0, "drops tasks when they get old");
  }
  const std::uint64_t messages = CountAt(info, {"state", "messages"});
  const std::uint64_t bytes = CountAt(info, {"state", "bytes"});
  const std::uint64_t bytes_max = CountAt(info, {"config", "max_bytes"});
  const std::uint64_t messages_max = CountAt(info, {"config", "max_msgs"});
  const bool nearly_full =
      (bytes_max > 0 && bytes > bytes_max / 10 * 9) || (messages_max > 0 && messages > messages_max / 10 * 9);
  if (is_tasks && nearly_full) {
    findings.push_back(Warning(what, "is over 90% full: " + HumanCount(messages) + " messages, " + HumanSize(bytes),
                               "add workers, or submit less; when it is full publishers get \"queue full\""));
  }
  if (findings.empty()) findings.push_back(Good(what, HumanCount(messages) + " messages, " + HumanSize(bytes)));
  return findings;
}

std::vector<Finding> JudgeConsumers(std::string_view stream, std::string_view info_json, std::string_view list_json,
                                    std::uint64_t epoch) {
  const std::uint64_t last = CountAt(Parse(info_json), {"state", "last_seq"});
  const Struct list = Parse(list_json);
  const std::string what = "consumers of " + std::string(stream);
  std::vector<Finding> findings;
  const Value* consumers = Find(list, {"consumers"});
  std::uint64_t count = 0;
  std::uint64_t waiting = 0;
  if (consumers == nullptr || !consumers->has_list_value()) return {Good(what, "none yet")};
  for (const Value& value : consumers->list_value().values()) {
    const Struct& consumer = value.struct_value();
    const std::string name = TextAt(consumer, {"name"});
    const std::uint64_t its_epoch = subjects::ParseConsumerEpoch(name);
    ++count;
    waiting += CountAt(consumer, {"num_ack_pending"});
    if (CountAt(consumer, {"delivered", "stream_seq"}) > last ||
        CountAt(consumer, {"ack_floor", "stream_seq"}) > last) {
      findings.push_back(Bad(what, name + " is ahead of its stream: new tasks are stored but never delivered",
                             "restart musterd: it makes such consumers anew when it starts"));
    }
    if (its_epoch == 0) {
      findings.push_back(Warning(what, name + " is none of ours, and takes tasks away from musterd",
                                 "remove it: nats consumer rm " + std::string(stream) + " " + name));
    } else if (epoch != 0 && its_epoch != epoch) {
      findings.push_back(Warning(
          what, name + " belongs to epoch " + std::to_string(its_epoch) + ", musterd has " + std::to_string(epoch),
          "a takeover is under way, or two dispatchers use one server; look again in a minute"));
    }
  }
  if (findings.empty()) {
    findings.push_back(Good(what, HumanCount(count) + ", " + HumanCount(waiting) + " tasks delivered and not ended"));
  }
  return findings;
}

Finding JudgeClock(std::string_view info_json, std::int64_t before_ms, std::int64_t after_ms) {
  const std::string what = "clocks";
  const std::string text = TextAt(Parse(info_json), {"ts"});
  const auto server_ms = ParseTimestampMs(text, 0);
  if (text.empty() || !server_ms.ok())
    return Warning(what, "the server does not tell its time", "compare the clocks by hand");
  std::int64_t off_ms = 0;
  if (*server_ms < before_ms) off_ms = *server_ms - before_ms;
  if (*server_ms > after_ms) off_ms = *server_ms - after_ms;
  const std::string seen = "the NATS server's is within " +
                           ShortDuration(static_cast<double>(std::llabs(off_ms) + after_ms - before_ms)) + " of ours";
  if (std::llabs(off_ms) <= kClockMsMax) return Good(what, seen);
  return Bad(what,
             "the NATS server's is " + ShortDuration(static_cast<double>(std::llabs(off_ms))) +
                 (off_ms < 0 ? " behind" : " ahead of") + " ours",
             "run chrony or systemd-timesyncd on both machines: deadlines and delays go by these clocks");
}

}  // namespace muster::cli
