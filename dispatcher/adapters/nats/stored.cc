#include "dispatcher/adapters/nats/stored.h"

#include <charconv>
#include <vector>

#include "dispatcher/adapters/nats/js_api.h"
#include "dispatcher/adapters/nats/message.h"

namespace muster::adapters::nats {

PubAck ParsePubAck(std::string_view json) {
  PubAck ack;
  // Nearly every answer is {"stream":"…","seq":123} with an optional "duplicate":true; no parser needed for that.
  if (json.find("\"error\"") == std::string_view::npos) {
    const auto key = json.find("\"seq\":");
    if (key != std::string_view::npos) {
      const char* begin = json.data() + key + 6;
      const char* end = json.data() + json.size();
      while (begin != end && *begin == ' ') ++begin;
      if (std::from_chars(begin, end, ack.sequence).ec == std::errc()) return ack;
    }
  }
  const auto body = nlohmann::json::parse(json, nullptr, false);
  ack.error = Text(Part(body, "error"), "description");
  if (ack.error.empty()) ack.error = "the server's answer is no acknowledgement";
  return ack;
}

void StoredPublisher::Publish(Connection* connection, const std::string& inbox, const std::string& subject,
                              const Headers& headers, std::string_view data, std::string_view message_id,
                              std::chrono::milliseconds ttl, std::uint64_t token) {
  std::uint64_t number = 0;
  {
    std::lock_guard lock(mutex_);
    number = next_++;
    waiting_.emplace(number, token);
    deadlines_.emplace_back(std::chrono::steady_clock::now() + timeout_, number);
  }
  const std::string reply = inbox + "." + std::to_string(number);
  natsMsg* raw = nullptr;
  natsStatus s = natsMsg_Create(&raw, subject.c_str(), reply.c_str(), data.data(), static_cast<int>(data.size()));
  const MessagePtr message(raw);
  for (const auto& [name, value] : headers) {
    if (s == NATS_OK) s = natsMsgHeader_Add(raw, name.c_str(), value.c_str());
  }
  if (s == NATS_OK && !message_id.empty()) s = natsMsgHeader_Set(raw, "Nats-Msg-Id", std::string(message_id).c_str());
  if (s == NATS_OK && ttl.count() > 0) {
    // Whole seconds, one at least: the server takes nothing finer.
    const auto seconds = std::chrono::ceil<std::chrono::seconds>(ttl).count();
    s = natsMsgHeader_Set(raw, "Nats-TTL", (std::to_string(seconds) + "s").c_str());
  }
  if (s == NATS_OK && connection->Publish(raw)) return;
  std::uint64_t ours = 0;
  {
    std::lock_guard lock(mutex_);
    if (!Take(number, &ours)) return;
  }
  sink_->Post(runtime::PublishDone{ours, false, 0, "the message could not be sent"});
}

bool StoredPublisher::Take(std::uint64_t number, std::uint64_t* token) {
  const auto found = waiting_.find(number);
  if (found == waiting_.end()) return false;
  *token = found->second;
  waiting_.erase(found);
  return true;
}

void StoredPublisher::OnAnswer(std::string_view number_text, natsMsg* message) {
  std::uint64_t number = 0;
  std::from_chars(number_text.data(), number_text.data() + number_text.size(), number);
  std::uint64_t token = 0;
  {
    std::lock_guard lock(mutex_);
    if (!Take(number, &token)) return;  // answered twice, or too late
    while (!deadlines_.empty() && waiting_.count(deadlines_.front().second) == 0) deadlines_.pop_front();
  }
  runtime::PublishDone done{token, false, 0, {}};
  if (StatusOf(message) == 503) {
    done.error = "no stream takes this subject";
  } else {
    PubAck ack = ParsePubAck(Data(message));
    done.ok = ack.error.empty();
    done.sequence = ack.sequence;
    done.error = std::move(ack.error);
  }
  sink_->Post(std::move(done));
}

void StoredPublisher::Tick() {
  std::vector<std::uint64_t> late;
  {
    std::lock_guard lock(mutex_);
    const auto now = std::chrono::steady_clock::now();
    while (!deadlines_.empty() && deadlines_.front().first <= now) {
      std::uint64_t token = 0;
      if (Take(deadlines_.front().second, &token)) late.push_back(token);
      deadlines_.pop_front();
    }
  }
  timeouts_.fetch_add(late.size(), std::memory_order_relaxed);
  for (const std::uint64_t token : late) {
    sink_->Post(runtime::PublishDone{token, false, 0, "no acknowledgement in time; it may be stored or not"});
  }
}

}  // namespace muster::adapters::nats
