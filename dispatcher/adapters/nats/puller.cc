#include "dispatcher/adapters/nats/puller.h"

#include <charconv>
#include <cstdio>
#include <utility>

#include "dispatcher/adapters/logging.h"
#include "dispatcher/adapters/nats/message.h"
#include "schemas/subjects.h"

namespace muster::adapters::nats {
namespace {

using SteadyClock = std::chrono::steady_clock;

template <typename T>
T NumberAt(std::string_view subject, int token) {
  const std::string_view text = subjects::Token(subject, token);
  T value{};
  std::from_chars(text.data(), text.data() + text.size(), value);
  return value;
}

}  // namespace

Puller::Puller(const NatsOptions& options, QueueTable* queues, Connection* bulk, std::string inbox,
               runtime::InboundSink* sink, std::function<void()> on_doubt)
    : expires_(options.pull_expires),
      heartbeat_(options.pull_heartbeat),
      queues_(queues),
      bulk_(bulk),
      inbox_(std::move(inbox)),
      sink_(sink),
      on_doubt_(std::move(on_doubt)) {}

bool Puller::Pull(Priority priority, std::string_view name, int count) {
  std::lock_guard lock(queues_->mutex());
  Queue* queue = queues_->Find(priority, name);
  const bool known = queue != nullptr && (queue->ready || queue->wanted);
  if (queue == nullptr) queue = queues_->Add(priority, name);
  if (queue == nullptr) return true;  // over the limit of queues, or no name: nothing will ever come
  queue->credit.Ask(count);
  if (!known) queue->wanted = true;
  if (!queue->touched) {
    queue->touched = true;
    touched_.push_back(queue);
  }
  return known;
}

void Puller::Flush() {
  std::lock_guard lock(queues_->mutex());
  for (Queue* queue : touched_) {
    queue->touched = false;
    Request(queue);
  }
  touched_.clear();
}

void Puller::Request(Queue* queue) {
  if (!queue->ready || queue->doubtful || halted_ || !bulk_->connected()) return;
  const std::int64_t count = queue->credit.Wanted();
  if (count == 0) return;
  const auto now = SteadyClock::now();
  const std::uint32_t id = queue->credit.Requested(count, now, now + expires_);
  char reply[192];
  char body[128];
  std::snprintf(reply, sizeof(reply), "%s.%u.%u.%lld", inbox_.c_str(), queue->index, id, static_cast<long long>(count));
  const int size = std::snprintf(body, sizeof(body), R"({"batch":%lld,"expires":%lld,"idle_heartbeat":%lld})",
                                 static_cast<long long>(count), static_cast<long long>(expires_.count()) * 1000000,
                                 static_cast<long long>(heartbeat_.count()) * 1000000);
  requests_.fetch_add(1, std::memory_order_relaxed);
  if (!bulk_->Publish(queue->next_subject.c_str(), reply, {body, static_cast<std::size_t>(size)})) {
    queue->credit.Ended(id, count);  // asked again by Tick
  }
}

void Puller::OnMessage(natsMsg* message) {
  {
    std::lock_guard lock(queues_->mutex());
    if (Queue* queue = queues_->Find(Subject(message)); queue != nullptr) {
      queue->credit.Delivered(SteadyClock::now());
      queue->moved = true;
      if (queue->name.empty()) queue->credit.Ask(1);
      Request(queue);
    }
  }
  received_.fetch_add(1, std::memory_order_relaxed);
  sink_->Post(ToStored(message));
}

void Puller::OnStatus(std::string_view token, natsMsg* message) {
  const int status = StatusOf(message);
  const auto index = NumberAt<std::uint32_t>(token, 0);
  const auto id = NumberAt<std::uint32_t>(token, 1);
  const auto count = NumberAt<std::int64_t>(token, 2);
  bool doubt = false;
  {
    std::lock_guard lock(queues_->mutex());
    Queue* queue = queues_->At(index);
    if (queue == nullptr || status == 0) return;
    if (status == 100) {
      queue->credit.Heard(SteadyClock::now());
      return;
    }
    std::int64_t unserved = count;
    if (const std::string_view left = HeaderOf(message, "Nats-Pending-Messages"); !left.empty()) {
      std::from_chars(left.data(), left.data() + left.size(), unserved);
    }
    if (!queue->credit.Ended(id, unserved)) return;
    queue->credit.Heard(SteadyClock::now());
    if (status == 408) {
      Request(queue);
    } else {
      // 503: nobody has this consumer; 409: it was deleted, moves, or the server goes down; 400: refused. Never again
      // before the manager has looked, or this would go round as fast as the network can.
      queue->doubtful = true;
      queue->credit.Forget();
      doubt = true;
    }
  }
  if (doubt) {
    Log(LogLevel::kDebug, "pull.refused",
        {{"status", status}, {"why", HeaderOf(message, "Description")}, {"request", token}});
    on_doubt_();
  }
}

void Puller::OnReconnect() {
  std::lock_guard lock(queues_->mutex());
  // A broken network may leave old requests alive in the server for up to `expires`: what they bring beyond the credit
  // is paid back out of later credit (see credit.h).
  for (Queue& queue : queues_->all()) {
    queue.credit.Forget();
    Request(&queue);
  }
}

void Puller::Tick() {
  std::lock_guard lock(queues_->mutex());
  const auto now = SteadyClock::now();
  for (Queue& queue : queues_->all()) {
    queue.credit.Expire(now, heartbeat_, 2 * heartbeat_ + std::chrono::seconds(1));
    if (!queue.touched) Request(&queue);
  }
}

void Puller::Ready(Queue* queue) {
  queue->ready = true;
  queue->doubtful = false;
  Request(queue);
}

}  // namespace muster::adapters::nats
