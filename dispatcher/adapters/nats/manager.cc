#include "dispatcher/adapters/nats/manager.h"

#include <utility>

#include "dispatcher/adapters/logging.h"
#include "dispatcher/adapters/nats/lease.h"
#include "dispatcher/adapters/nats/streams.h"
#include "dispatcher/adapters/nats/takeover.h"
#include "schemas/limits.h"
#include "schemas/subjects.h"

namespace muster::adapters::nats {
namespace {

// Questions about a queue's numbers in one round; more queues than that take turns.
constexpr std::size_t kNumbersPerRound = 64;
constexpr std::chrono::milliseconds kNumbersEvery{900};
constexpr std::chrono::milliseconds kTick{100};
// Between two tries to make a consumer that was refused.
constexpr std::chrono::milliseconds kRetryAfter{250};
constexpr std::chrono::seconds kRetryConflictAfter{5};

bool HasWildcard(std::string_view subject) {
  for (int i = 0;; ++i) {
    const std::string_view token = subjects::Token(subject, i);
    if (token.empty()) return false;
    if (token == "*" || token == ">") return true;
  }
}

}  // namespace

Manager::Manager(Parts parts) : parts_(std::move(parts)), api_(parts_.control, std::chrono::milliseconds(2000)) {}

Manager::~Manager() {
  Stop();
}

void Manager::Start() {
  thread_ = std::thread([this] { Run(); });
  times_ = std::thread([this] { RunTimes(); });
}

void Manager::Stop() {
  {
    std::lock_guard lock(mutex_);
    stopping_ = true;
    changed_.notify_all();
  }
  if (thread_.joinable()) thread_.join();
  if (times_.joinable()) times_.join();
}

void Manager::Wake() {
  std::lock_guard lock(mutex_);
  woken_ = true;
  changed_.notify_all();
}

void Manager::Reconnected() {
  std::lock_guard lock(mutex_);
  fresh_ = offer_again_ = woken_ = true;
  changed_.notify_all();
}

void Manager::RunTimes() {
  std::unique_lock lock(mutex_);
  while (!stopping_) {
    lock.unlock();
    parts_.tick();
    lock.lock();
    changed_.wait_for(lock, kTick, [this] { return stopping_; });
  }
}

void Manager::Run() {
  std::unique_lock lock(mutex_);
  while (!stopping_) {
    woken_ = false;
    const bool fresh = fresh_ && parts_.control->connected();
    if (fresh) fresh_ = false;
    if (fresh && std::exchange(offer_again_, false)) offer_due_ = true;
    lock.unlock();
    const Time now = std::chrono::steady_clock::now();
    if (fresh) {
      parts_.announce();
      next_lease_ = next_guard_ = next_discover_ = now;
    }
    if (offer_due_ && !fenced_ && parts_.control->connected()) offer_due_ = !OfferAgain();
    if (!fenced_ && parts_.control->connected()) Round(now);
    lock.lock();
    changed_.wait_for(lock, kTick, [this] { return stopping_ || woken_; });
  }
}

void Manager::Round(Time now) {
  if (now >= next_lease_) {
    if (!CheckLease()) return;
    next_lease_ = now + parts_.options->lease_every;
  }
  Repair(now);
  if (!fenced_ && now >= next_guard_) {
    next_guard_ = now + parts_.options->guard_every;
    Guard();
  }
  if (!fenced_ && now >= next_discover_) {
    next_discover_ = now + parts_.options->discover_every;
    Discover(now);
  }
}

bool Manager::CheckLease() {
  Result<LeaseValue> lease = ReadLease(api_);
  if (!lease.ok()) {
    Log(LogLevel::kDebug, "lease.unreadable", {{"why", lease.status().ToString()}});
    return false;
  }
  if (lease->epoch <= parts_.epoch) return true;
  Fence("a dispatcher took epoch " + std::to_string(lease->epoch) + " after ours, " + std::to_string(parts_.epoch));
  return false;
}

void Manager::Fence(const std::string& detail) {
  if (fenced_.exchange(true)) return;
  parts_.puller->Halt();
  Log(LogLevel::kError, "dispatcher.fenced", {{"why", detail}});
  parts_.sink->Post(runtime::Fenced{detail});
}

// What the server had delivered, or we had acknowledged, may have been lost with the connection: a killed server
// forgets the last acknowledgements it was given, and counts what was in the wire as delivered. Either would be offered
// again only when AckWait ends, an hour later. A new consumer offers everything that is not acknowledged at once; what
// is known already costs a look into the table.
bool Manager::OfferAgain() {
  if (!CheckLease()) return false;
  std::vector<Queue*> made;
  {
    std::lock_guard lock(parts_.queues->mutex());
    for (Queue& queue : parts_.queues->all()) {
      if (queue.ready) made.push_back(&queue);
    }
  }
  for (Queue* queue : made) {
    const Status gone = DeleteConsumer(api_, subjects::TaskStream(queue->priority), queue->consumer);
    if (!gone.ok() && gone.code() != ErrorCode::kNotFound) return false;
    std::lock_guard lock(parts_.queues->mutex());
    queue->doubtful = true;
    queue->not_before = {};
    queue->credit.Forget();
  }
  return true;
}

void Manager::Repair(Time now) {
  std::vector<Queue*> work;
  {
    std::lock_guard lock(parts_.queues->mutex());
    for (Queue& queue : parts_.queues->all()) {
      if ((!queue.ready || queue.doubtful || queue.wanted) && now >= queue.not_before) work.push_back(&queue);
    }
  }
  if (work.empty()) return;
  // A consumer is only ever made after a look at the lease: otherwise a fenced dispatcher, seeing its consumer deleted,
  // would make it again before the newer one could, and take back what is not its own.
  if (!CheckLease()) return;
  for (Queue* queue : work) {
    if (!fenced_) RepairOne(queue, now);
  }
}

void Manager::RepairOne(Queue* queue, Time now) {
  // Name, subject and consumer of a queue never change; the rest is read and written under the lock.
  bool newer = false;
  const std::string stream = subjects::TaskStream(queue->priority);
  Status status = ClaimSubject(api_, parts_.epoch, stream, queue->consumer, queue->subject, &newer);
  if (newer) return Fence(status.ToString());
  if (status.code() == ErrorCode::kNotFound) {
    Log(LogLevel::kError, "stream.missing", {{"stream", stream}, {"doing", "making it again"}});
    Status made = EnsureStreams(api_, *parts_.options, parts_.server);
    if (!made.ok()) Log(LogLevel::kError, "stream.refused", {{"why", made.ToString()}});
  }
  if (!status.ok()) {
    const bool conflict = status.code() == ErrorCode::kConflict;
    Log(conflict ? LogLevel::kError : LogLevel::kWarn, "consumer.refused",
        {{"subject", queue->subject}, {"why", status.ToString()}});
    std::lock_guard lock(parts_.queues->mutex());
    queue->not_before = now + (conflict ? std::chrono::milliseconds(kRetryConflictAfter) : kRetryAfter);
    return;
  }
  bool tell = false;
  {
    std::lock_guard lock(parts_.queues->mutex());
    tell = queue->wanted || !queue->told;
    queue->wanted = false;
    // A moment's rest, should the server refuse again at once.
    queue->not_before = now + kRetryAfter;
    parts_.puller->Ready(queue);
  }
  if (tell) ReadNumbers(queue, now);
}

void Manager::Discover(Time now) {
  budget_ = kNumbersPerRound;
  for (Priority priority : kAllPriorities) {
    if (!fenced_) DiscoverStream(priority, now);
  }
}

void Manager::DiscoverStream(Priority priority, Time now) {
  Result<nlohmann::json> info = api_.Do("STREAM.INFO." + subjects::TaskStream(priority), {{"subjects_filter", ">"}});
  if (!info.ok()) {
    Log(LogLevel::kDebug, "discovery.failed", {{"why", info.status().ToString()}});
    return;
  }
  const auto& state = Part(*info, "state");
  const auto& held = Part(state, "subjects");
  const std::uint64_t last_sequence = Number(state, "last_seq");
  std::vector<Queue*> fresh;
  std::vector<Queue*> stale;
  {
    std::lock_guard lock(parts_.queues->mutex());
    for (const auto& [subject, count] : held.items()) {
      // A literal '*' cannot be the filter of a consumer of its own; the server refuses such subjects to strict
      // clients.
      Queue* queue = HasWildcard(subject) ? nullptr : parts_.queues->Add(priority, subject);
      if (queue == nullptr) {
        if (!std::exchange(complained_, true)) {
          Log(LogLevel::kError, "queue.refused",
              {{"subject", subject}, {"queues", parts_.queues->size()}, {"queues_max", limits::kQueuesMax}});
        }
        continue;
      }
      if (!queue->ready) fresh.push_back(queue);
    }
    for (Queue& queue : parts_.queues->all()) {
      if (queue.priority != priority) continue;
      const auto found = held.find(queue.subject);
      const std::uint64_t count = found != held.end() && found->is_number_unsigned() ? found->get<std::uint64_t>() : 0;
      if (count != queue.in_stream) queue.moved = true;
      queue.in_stream = count;
      queue.last_sequence = last_sequence;
      if (queue.ready && (queue.moved || !queue.told) && now - queue.asked >= kNumbersEvery) stale.push_back(&queue);
    }
  }
  if (!fresh.empty() && !CheckLease()) return;
  for (Queue* queue : fresh) {
    if (fenced_) return;
    if (now >= queue->not_before) RepairOne(queue, now);
  }
  for (Queue* queue : stale) {
    if (budget_ == 0) return;
    --budget_;
    ReadNumbers(queue, now);
  }
}

void Manager::ReadNumbers(Queue* queue, Time now) {
  std::unique_lock lock(parts_.queues->mutex());
  queue->moved = false;
  queue->asked = now;
  lock.unlock();
  Result<ConsumerInfo> info = AskConsumer(api_, subjects::TaskStream(queue->priority), queue->consumer);
  if (info.ok()) return Tell(queue, info->pending, info->unacked);
  lock.lock();
  queue->moved = true;
  if (info.status().code() == ErrorCode::kNotFound) queue->doubtful = true;
}

void Manager::Tell(Queue* queue, std::uint64_t stored, std::uint64_t unacked) {
  runtime::QueueSeen seen{queue->priority, queue->name, stored, unacked, 0};
  {
    std::lock_guard lock(parts_.queues->mutex());
    if (queue->told && queue->stored == stored && queue->unacked == unacked) return;
    queue->told = true;
    queue->stored = stored;
    queue->unacked = unacked;
    seen.last_sequence = queue->last_sequence;
  }
  if (!seen.queue.empty()) parts_.sink->Post(std::move(seen));
}

// After the loss of its newest block a stream begins again at a lower sequence, and a consumer that remembers a higher
// one delivers nothing, while publishers are still told that their tasks are safe.
void Manager::Guard() {
  for (Priority priority : kAllPriorities) {
    const std::string stream = subjects::TaskStream(priority);
    Result<std::vector<ConsumerInfo>> consumers = ListConsumers(api_, stream);
    if (!consumers.ok()) return;
    // Asked after the consumers, so that it is not behind them for a good reason.
    Result<nlohmann::json> info = api_.Do("STREAM.INFO." + stream);
    if (!info.ok()) return;
    const std::uint64_t last = Number(Part(*info, "state"), "last_seq");
    for (const ConsumerInfo& consumer : *consumers) {
      if (consumer.epoch != parts_.epoch || consumer.last_delivered <= last) continue;
      if (!CheckLease()) return;
      Log(LogLevel::kError, "consumer.ahead",
          {{"consumer", consumer.name},
           {"at", consumer.last_delivered},
           {"stream_at", last},
           {"doing", "making it again"}});
      if (!DeleteConsumer(api_, stream, consumer.name).ok()) return;
      repaired_.fetch_add(1, std::memory_order_relaxed);
      std::lock_guard lock(parts_.queues->mutex());
      if (Queue* queue = parts_.queues->Find(consumer.filter); queue != nullptr) {
        queue->doubtful = true;
        queue->not_before = {};
        queue->credit.Forget();
      }
    }
  }
  Repair(std::chrono::steady_clock::now());
}

}  // namespace muster::adapters::nats
