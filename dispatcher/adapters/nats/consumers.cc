#include "dispatcher/adapters/nats/consumers.h"

#include <algorithm>
#include <cstdio>

#include "schemas/subjects.h"

namespace muster::adapters::nats {
namespace {

ConsumerInfo Read(const nlohmann::json& body) {
  ConsumerInfo info;
  info.name = Text(body, "name");
  info.filter = Text(Part(body, "config"), "filter_subject");
  info.epoch = subjects::ParseConsumerEpoch(info.name);
  info.pending = Number(body, "num_pending");
  info.unacked = Number(body, "num_ack_pending");
  info.last_delivered =
      std::max(Number(Part(body, "delivered"), "stream_seq"), Number(Part(body, "ack_floor"), "stream_seq"));
  return info;
}

// FNV-1a: the name must be the same in every process and release.
std::uint64_t Hash(std::string_view text) {
  std::uint64_t hash = 14695981039346656037ULL;
  for (char c : text) hash = (hash ^ static_cast<unsigned char>(c)) * 1099511628211ULL;
  return hash;
}

}  // namespace

std::string ConsumerName(const std::string& subject, std::uint64_t epoch) {
  const Result<subjects::TaskAddress> address = subjects::ParseTask(subject);
  if (address.ok()) return subjects::TaskConsumer(address->queue, epoch);
  char name[32];
  // No queue's name holds a '~', so this meets none of theirs.
  std::snprintf(name, sizeof(name), "~%016llx", static_cast<unsigned long long>(Hash(subject)));
  return subjects::TaskConsumer(name, epoch);
}

Result<std::vector<ConsumerInfo>> ListConsumers(JsApi& api, const std::string& stream) {
  std::vector<ConsumerInfo> all;
  for (;;) {
    Result<nlohmann::json> page = api.Do("CONSUMER.LIST." + stream, {{"offset", all.size()}});
    if (!page.ok()) return page.status();
    const auto& consumers = Part(*page, "consumers");
    if (!consumers.is_array() || consumers.empty()) return all;
    for (const auto& one : consumers) all.push_back(Read(one));
    if (all.size() >= Number(*page, "total")) return all;
  }
}

Result<ConsumerInfo> AskConsumer(JsApi& api, const std::string& stream, const std::string& name) {
  Result<nlohmann::json> body = api.Do("CONSUMER.INFO." + stream + "." + name);
  if (!body.ok()) return body.status();
  return Read(*body);
}

Status CreateConsumer(JsApi& api, const std::string& stream, const std::string& name, const std::string& subject) {
  const nlohmann::json request = {{"stream_name", stream},
                                  {"config",
                                   {{"name", name},
                                    {"durable_name", name},
                                    {"filter_subject", subject},
                                    {"deliver_policy", "all"},
                                    {"ack_policy", "explicit"},
                                    // A backstop only: a lost worker is noticed by the dispatcher within seconds.
                                    {"ack_wait", std::int64_t{3600} * 1000 * 1000 * 1000},
                                    {"max_deliver", -1},
                                    // Explicit: the default of 1000 blocks the whole queue, credit is the real bound.
                                    {"max_ack_pending", 1000000},
                                    {"max_waiting", 512},
                                    {"replay_policy", "instant"}}}};
  return api.Do("CONSUMER.CREATE." + stream + "." + name + "." + subject, request).status();
}

Status DeleteConsumer(JsApi& api, const std::string& stream, const std::string& name) {
  Status status = api.Do("CONSUMER.DELETE." + stream + "." + name).status();
  return status.code() == ErrorCode::kNotFound ? Status() : status;
}

}  // namespace muster::adapters::nats
