#include "dispatcher/adapters/nats/lease.h"

#include <algorithm>
#include <charconv>
#include <memory>
#include <string>

#include "schemas/subjects.h"

namespace muster::adapters::nats {
namespace {

std::string Stream() {
  return "KV_" + std::string(subjects::kLeaseBucket);
}
std::string Key() {
  return "$KV." + std::string(subjects::kLeaseBucket) + ".epoch";
}

// The few characters of a number in base64, as STREAM.MSG.GET answers.
std::string FromBase64(std::string_view text) {
  std::string out;
  unsigned bits = 0;
  int count = 0;
  for (char c : text) {
    unsigned value = 0;
    if (c >= 'A' && c <= 'Z')
      value = static_cast<unsigned>(c - 'A');
    else if (c >= 'a' && c <= 'z')
      value = static_cast<unsigned>(c - 'a') + 26;
    else if (c >= '0' && c <= '9')
      value = static_cast<unsigned>(c - '0') + 52;
    else if (c == '+')
      value = 62;
    else if (c == '/')
      value = 63;
    else
      break;
    bits = (bits << 6) | value;
    count += 6;
    if (count >= 8) {
      count -= 8;
      out.push_back(static_cast<char>((bits >> count) & 0xff));
    }
  }
  return out;
}

}  // namespace

Status EnsureLeaseBucket(JsApi& api, int replicas) {
  Result<JsAnswer> info = api.Ask("STREAM.INFO." + Stream());
  if (!info.ok()) return info.status();
  if (info->ok()) return {};
  if (info->error.code != kStreamNotFound) return Refused(info->error, Stream());
  // The form every client's key-value API gives a bucket, so that theirs can read it.
  const nlohmann::json config = {
      {"name", Stream()},         {"subjects", {"$KV." + std::string(subjects::kLeaseBucket) + ".>"}},
      {"retention", "limits"},    {"storage", "file"},
      {"discard", "new"},         {"max_msgs_per_subject", 1},
      {"num_replicas", replicas}, {"allow_rollup_hdrs", true},
      {"deny_delete", true},      {"allow_direct", true}};
  return api.Do("STREAM.CREATE." + Stream(), config).status();
}

Result<LeaseValue> ReadLease(JsApi& api) {
  // Not a direct get: those may be answered by a follower that is behind.
  Result<JsAnswer> answer = api.Ask("STREAM.MSG.GET." + Stream(), {{"last_by_subj", Key()}});
  if (!answer.ok()) return answer.status();
  if (answer->error.code == kNoMessageFound) return LeaseValue{};
  if (!answer->ok()) return Refused(answer->error, Key());
  const auto& message = Part(answer->body, "message");
  LeaseValue value;
  value.revision = Number(message, "seq");
  const std::string text = FromBase64(Text(message, "data"));
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value.epoch);
  if (error != std::errc() || end != text.data() + text.size()) {
    return Status(ErrorCode::kConflict,
                  "the lease holds \"" + text + "\", which is no epoch; delete the bucket " +
                      std::string(subjects::kLeaseBucket) + " if no dispatcher runs",
                  Key());
  }
  return value;
}

Result<std::uint64_t> TakeNextEpoch(JsApi& api, std::uint64_t at_least) {
  for (int tries = 0; tries < 20; ++tries) {
    Result<LeaseValue> lease = ReadLease(api);
    if (!lease.ok()) return lease.status();
    const std::uint64_t next = std::max(lease->epoch, at_least) + 1;
    const std::string data = std::to_string(next);
    natsMsg* raw = nullptr;
    natsStatus s = natsMsg_Create(&raw, Key().c_str(), nullptr, data.data(), static_cast<int>(data.size()));
    if (s != NATS_OK) return ToStatus(s, "cannot build the lease's message", Key());
    const MessagePtr message(raw);
    const std::string revision = std::to_string(lease->revision);
    natsMsgHeader_Set(raw, "Nats-Expected-Last-Subject-Sequence", revision.c_str());
    Result<JsAnswer> answer = api.PublishAndWait(raw);
    // No answer: the write may have happened. Reading again decides, and at worst one epoch is skipped.
    if (!answer.ok() && tries < 3) continue;
    if (!answer.ok()) return answer.status();
    if (answer->ok()) return next;
    if (answer->error.code != kWrongLastSequence) return Refused(answer->error, Key());
  }
  return Status(ErrorCode::kConflict, "other dispatchers keep taking the lease; is one being restarted in a loop?",
                Key());
}

}  // namespace muster::adapters::nats
