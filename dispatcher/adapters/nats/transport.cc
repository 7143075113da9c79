#include "dispatcher/adapters/nats_transport.h"

#include <atomic>
#include <cstdio>
#include <mutex>
#include <random>
#include <thread>
#include <utility>

#include "dispatcher/adapters/logging.h"
#include "dispatcher/adapters/nats/connection.h"
#include "dispatcher/adapters/nats/delayed.h"
#include "dispatcher/adapters/nats/js_api.h"
#include "dispatcher/adapters/nats/lease.h"
#include "dispatcher/adapters/nats/manager.h"
#include "dispatcher/adapters/nats/message.h"
#include "dispatcher/adapters/nats/puller.h"
#include "dispatcher/adapters/nats/queue_table.h"
#include "dispatcher/adapters/nats/server_info.h"
#include "dispatcher/adapters/nats/stored.h"
#include "dispatcher/adapters/nats/streams.h"
#include "dispatcher/adapters/nats/takeover.h"
#include "schemas/invariant.h"
#include "schemas/subjects.h"

namespace muster::adapters {

using nats::Connection;
using runtime::Lane;
using SteadyClock = std::chrono::steady_clock;

namespace {

// A turn with fewer bulk messages than this, after one with few, sends them at once instead of waiting for the
// library's flusher: a system call each, but no millisecond.
constexpr int kFewMessages = 4;
constexpr int kManyMessages = 16;

std::string NewInbox() {
  std::random_device device;
  char text[48];
  const unsigned a = device();
  const unsigned b = device();
  const unsigned c = device();
  std::snprintf(text, sizeof(text), "_INBOX.muster%08x%08x%08x", a, b, c);
  return text;
}

Status CheckVersion(const NatsOptions& options, const nats::ServerInfo& server, NatsConnected* out) {
  switch (AgeOf(server)) {
    case nats::ServerAge::kTooOld:
      if (!options.allow_old_server) {
        return {ErrorCode::kUnavailable,
                "nats-server " + server.version +
                    " is too old: below 2.10 confirmed acknowledgements are lost when it is "
                    "killed; use 2.14 or 2.12, or allow it with --allow-old-server",
                out->url};
      }
      out->warnings.push_back("nats-server " + server.version +
                              " loses confirmed acknowledgements when it is killed: tasks will run again");
      break;
    case nats::ServerAge::kAcceptable:
      out->warnings.push_back("nats-server " + server.version +
                              " is from a line without further fixes: draining a long queue slows down at its end, and "
                              "after a power cut a consumer may have to be made again; 2.14 or 2.12 are recommended");
      break;
    case nats::ServerAge::kUnknown:
      out->warnings.push_back("the server's version could not be read; 2.10 or newer is required");
      break;
    case nats::ServerAge::kRecommended: break;
  }
  if (options.durable) {
    out->warnings.push_back(
        "the durable profile needs `sync_interval: always` in the server's jetstream block, which "
        "cannot be seen from here");
  }
  return {};
}

}  // namespace

struct NatsTransport::Impl {
  Impl(NatsOptions given, runtime::InboundSink* inbound)
      : options(std::move(given)), sink(inbound), inbox(NewInbox()) {}

  Status ConnectOnce(std::chrono::milliseconds timeout, NatsConnected* out);
  Result<std::unique_ptr<Connection>> Open(nats::Kind kind, std::chrono::milliseconds timeout);
  void OnState(nats::Kind kind, bool connected);
  void Announce();
  void OnBulk(nats::MessagePtr message);
  void OnWorkerInbox(nats::MessagePtr message);
  Status Listen();
  bool SendBulk(const char* subject, std::string_view data);
  // Which connection the next bulk message takes.
  Connection* BulkPath();

  const NatsOptions options;
  runtime::InboundSink* const sink;
  const std::string inbox;
  std::unique_ptr<Connection> control;
  std::unique_ptr<Connection> bulk;
  nats::ServerInfo server;
  nats::QueueTable queues;
  std::unique_ptr<nats::Puller> puller;
  std::unique_ptr<nats::StoredPublisher> stored;
  std::unique_ptr<nats::DelayedReader> delayed;
  std::unique_ptr<nats::Manager> manager;
  std::atomic<bool> started{false};

  std::mutex state_mutex;  // guards announced, and the order of ConnectionChanged
  bool announced = false;

  // The loop's thread.
  int bulk_sent = 0;  // in this turn
  bool many = false;  // the turn before had many
  const std::string stored_inbox_control = inbox + "s";
  const std::string stored_inbox_bulk = inbox + ".s";
  std::string subject_text;  // scratch, so that views get their closing zero
  std::string reply_text;
  std::string body_text;

  std::atomic<std::uint64_t> acknowledged{0};
  std::atomic<std::uint64_t> reconnects{0};
  std::atomic<std::uint64_t> send_errors{0};
};

Result<std::unique_ptr<Connection>> NatsTransport::Impl::Open(nats::Kind kind, std::chrono::milliseconds timeout) {
  return Connection::Open(options, kind, timeout, [this, kind](bool connected) { OnState(kind, connected); });
}

Status NatsTransport::Impl::ConnectOnce(std::chrono::milliseconds timeout, NatsConnected* out) {
  if (bulk == nullptr || !bulk->connected()) {
    bulk.reset();
    control.reset();
    Result<std::unique_ptr<Connection>> opened = Open(nats::Kind::kControl, timeout);
    if (!opened.ok()) return opened.status();
    control = std::move(opened.value());
    opened = Open(nats::Kind::kBulk, timeout);
    if (!opened.ok()) return opened.status();
    bulk = std::move(opened.value());
  }
  out->url = control->url();
  out->warnings.clear();
  Result<nats::ServerInfo> info = nats::ReadServerInfo(out->url, std::chrono::seconds(2));
  server = info.ok() ? *info : nats::ServerInfo();
  out->server_name = server.name;
  out->version = server.version;
  if (Status status = CheckVersion(options, server, out); !status.ok()) return status;
  nats::JsApi api(control.get(), std::max(timeout, std::chrono::milliseconds(1000)));
  if (Status status = nats::EnsureLeaseBucket(api, options.replicas); !status.ok()) return status;
  return nats::EnsureStreams(api, options, server);
}

void NatsTransport::Impl::OnState(nats::Kind kind, bool connected) {
  if (!started) return;
  if (connected) {
    reconnects.fetch_add(1, std::memory_order_relaxed);
    if (kind == nats::Kind::kBulk) puller->OnReconnect();
    manager->Reconnected();
    return;
  }
  std::lock_guard lock(state_mutex);
  if (!std::exchange(announced, false)) return;
  const char* which = kind == nats::Kind::kControl ? "control" : "bulk";
  Log(LogLevel::kWarn, "nats.disconnected", {{"connection", which}});
  sink->Post(runtime::ConnectionChanged{false, std::string("the ") + which + " connection to NATS is lost"});
}

void NatsTransport::Impl::Announce() {
  const std::string url = control->url();
  Result<nats::ServerInfo> info = nats::ReadServerInfo(url, std::chrono::seconds(1));
  const std::string detail =
      (info.ok() ? info->name + " " + info->version : std::string("unknown version")) + " at " + url;
  std::lock_guard lock(state_mutex);
  if (announced || !control->connected() || !bulk->connected()) return;
  announced = true;
  Log(LogLevel::kInfo, "nats.connected", {{"server", detail}});
  sink->Post(runtime::ConnectionChanged{true, detail});
}

// <inbox>.p.… pull requests, .s.… stored messages, .d.… delayed ones; everything else is a task.
void NatsTransport::Impl::OnBulk(nats::MessagePtr message) {
  const std::string_view subject = nats::Subject(message.get());
  if (!subject.starts_with(inbox)) return puller->OnMessage(message.get());
  const std::string_view rest = subject.substr(inbox.size() + 1);
  if (rest.size() < 3) return;
  const std::string_view token = rest.substr(2);
  switch (rest.front()) {
    case 'p': return puller->OnStatus(token, message.get());
    case 's': return stored->OnAnswer(token, message.get());
    case 'd': return delayed->OnAnswer(token, message.get());
    default: return;
  }
}

// <inbox>w.<subject>: the server's word that nobody listens on that subject.
void NatsTransport::Impl::OnWorkerInbox(nats::MessagePtr message) {
  if (nats::StatusOf(message.get()) != 503) return;
  const std::string_view subject = nats::Subject(message.get());
  if (subject.size() <= inbox.size() + 2) return;
  sink->Post(runtime::NoResponders{std::string(subject.substr(inbox.size() + 2))});
}

Status NatsTransport::Impl::Listen() {
  Status status = bulk->Subscribe(inbox + ".>", [this](nats::MessagePtr message) { OnBulk(std::move(message)); });
  if (!status.ok()) return status;
  status = control->Subscribe(inbox + "w.>", [this](nats::MessagePtr message) { OnWorkerInbox(std::move(message)); });
  if (!status.ok()) return status;
  status = control->Subscribe(stored_inbox_control + ".*", [this](nats::MessagePtr message) {
    const std::string_view subject = nats::Subject(message.get());
    if (subject.size() > inbox.size() + 2) stored->OnAnswer(subject.substr(inbox.size() + 2), message.get());
  });
  if (!status.ok()) return status;
  for (std::string_view subject : {subjects::kWorkerWildcard, subjects::kReportWildcard, subjects::kApiWildcard}) {
    status = control->Subscribe(std::string(subject),
                                [this](nats::MessagePtr message) { sink->Post(nats::ToCore(message.get())); });
    if (!status.ok()) return status;
  }
  return {};
}

Connection* NatsTransport::Impl::BulkPath() {
  ++bulk_sent;
  const bool at_once = !many && bulk_sent <= kFewMessages && control->connected();
  return at_once ? control.get() : bulk.get();
}

bool NatsTransport::Impl::SendBulk(const char* subject, std::string_view data) {
  Connection* path = BulkPath();
  if (path->Publish(subject, nullptr, data)) return true;
  // The control connection keeps nothing while it is away; the bulk one does.
  if (path != bulk.get() && bulk->Publish(subject, nullptr, data)) return true;
  send_errors.fetch_add(1, std::memory_order_relaxed);
  return false;
}

NatsTransport::NatsTransport(NatsOptions options, runtime::InboundSink* sink)
    : impl_(std::make_unique<Impl>(std::move(options), sink)) {
  INVARIANT(impl_->options.pull_expires > 2 * impl_->options.pull_heartbeat);
}

NatsTransport::~NatsTransport() {
  Stop();
}

Result<NatsConnected> NatsTransport::Connect(std::chrono::milliseconds timeout) {
  if (impl_->options.servers.empty()) return Status(ErrorCode::kBadRequest, "no server is given", "nats.servers");
  const auto deadline = SteadyClock::now() + timeout;
  for (;;) {
    const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(deadline - SteadyClock::now());
    const auto once = std::min(std::max(left, std::chrono::milliseconds(100)), std::chrono::milliseconds(2000));
    NatsConnected connected;
    const Status status = impl_->ConnectOnce(once, &connected);
    if (status.ok()) return connected;
    const bool too_old = AgeOf(impl_->server) == nats::ServerAge::kTooOld && !impl_->options.allow_old_server;
    if (status.code() != ErrorCode::kUnavailable || too_old) return status;
    if (SteadyClock::now() + std::chrono::milliseconds(200) >= deadline) return status;
    std::this_thread::sleep_for(std::chrono::milliseconds(200));
  }
}

Result<std::uint64_t> NatsTransport::TakeEpoch(std::uint64_t at_least) {
  INVARIANT(impl_->control != nullptr);
  nats::JsApi api(impl_->control.get());
  return nats::TakeNextEpoch(api, at_least);
}

Result<std::vector<QueueLeft>> NatsTransport::Start(std::uint64_t epoch) {
  INVARIANT(impl_->bulk != nullptr && !impl_->started);
  Impl* impl = impl_.get();
  impl->queues.SetEpoch(epoch);
  nats::JsApi api(impl->control.get());
  Result<std::vector<QueueLeft>> left = nats::TakeOver(api, epoch, &impl->queues);
  if (!left.ok()) return left;

  impl->puller = std::make_unique<nats::Puller>(impl->options, &impl->queues, impl->bulk.get(), impl->inbox + ".p",
                                                impl->sink, [impl] { impl->manager->Wake(); });
  impl->stored = std::make_unique<nats::StoredPublisher>(impl->options.store_timeout, impl->sink);
  impl->delayed = std::make_unique<nats::DelayedReader>(impl->bulk.get(), impl->inbox + ".d", impl->sink);
  nats::Manager::Parts parts;
  parts.options = &impl->options;
  parts.server = impl->server;
  parts.epoch = epoch;
  parts.control = impl->control.get();
  parts.queues = &impl->queues;
  parts.puller = impl->puller.get();
  parts.sink = impl->sink;
  parts.tick = [impl] {
    impl->stored->Tick();
    impl->delayed->Tick();
    impl->puller->Tick();
  };
  parts.announce = [impl] { impl->Announce(); };
  impl->manager = std::make_unique<nats::Manager>(std::move(parts));
  if (Status status = impl->Listen(); !status.ok()) return status;
  impl->started = true;
  impl->manager->Start();
  return left;
}

void NatsTransport::Stop() {
  Impl* impl = impl_.get();
  impl->started = false;
  if (impl->puller != nullptr) impl->puller->Halt();
  if (impl->manager != nullptr) impl->manager->Stop();
  for (auto* connection : {impl->control.get(), impl->bulk.get()}) {
    if (connection == nullptr) continue;
    connection->Flush(std::chrono::seconds(1));
    connection->Close();
  }
}

NatsCounters NatsTransport::counters() const {
  NatsCounters out;
  const Impl& impl = *impl_;
  out.acknowledged = impl.acknowledged.load(std::memory_order_relaxed);
  out.reconnects = impl.reconnects.load(std::memory_order_relaxed);
  out.send_errors = impl.send_errors.load(std::memory_order_relaxed);
  if (impl.manager != nullptr) {
    out.received = impl.puller->received();
    out.pull_requests = impl.puller->requests();
    out.store_timeouts = impl.stored->timeouts();
    out.consumers_repaired = impl.manager->repaired();
  }
  return out;
}

void NatsTransport::Publish(Lane lane, std::string_view subject, std::string_view data) {
  impl_->subject_text.assign(subject);
  if (lane == Lane::kBulk) {
    impl_->SendBulk(impl_->subject_text.c_str(), data);
  } else if (!impl_->control->Publish(impl_->subject_text.c_str(), nullptr, data)) {
    impl_->send_errors.fetch_add(1, std::memory_order_relaxed);
  }
}

void NatsTransport::PublishToWorker(std::string_view subject, std::string_view data) {
  impl_->subject_text.assign(subject);
  impl_->reply_text.assign(impl_->inbox).append("w.").append(subject);
  // While disconnected nothing is kept: an assignment that arrives late does harm, one that is lost is sent again.
  if (!impl_->control->connected() ||
      !impl_->control->Publish(impl_->subject_text.c_str(), impl_->reply_text.c_str(), data)) {
    impl_->send_errors.fetch_add(1, std::memory_order_relaxed);
  }
}

void NatsTransport::PublishStored(std::string_view subject, const Headers& headers, std::string_view data,
                                  std::string_view message_id, std::chrono::milliseconds ttl, std::uint64_t token) {
  impl_->subject_text.assign(subject);
  // A stream that was not made for it refuses a message with a time to live.
  const bool takes_ttl = TakesTtl(impl_->server) && subject.starts_with("muster.results.");
  Connection* const path = impl_->BulkPath();
  const std::string& inbox = path == impl_->bulk.get() ? impl_->stored_inbox_bulk : impl_->stored_inbox_control;
  impl_->stored->Publish(path, inbox, impl_->subject_text, headers, data, message_id,
                         takes_ttl ? ttl : std::chrono::milliseconds(0), token);
}

void NatsTransport::Pull(Priority priority, std::string_view queue, int count) {
  if (count > 0 && !impl_->puller->Pull(priority, queue, count)) impl_->manager->Wake();
}

void NatsTransport::Ack(std::string_view ack) {
  impl_->subject_text.assign(ack);
  impl_->SendBulk(impl_->subject_text.c_str(), "+ACK");
  impl_->acknowledged.fetch_add(1, std::memory_order_relaxed);
}

void NatsTransport::Nak(std::string_view ack, std::chrono::milliseconds delay) {
  impl_->subject_text.assign(ack);
  impl_->body_text.assign("-NAK");
  if (delay.count() > 0) {
    impl_->body_text.append(" {\"delay\":").append(std::to_string(delay.count())).append("000000}");
  }
  impl_->SendBulk(impl_->subject_text.c_str(), impl_->body_text);
}

void NatsTransport::EnsureQueue(Priority priority, std::string_view name) {
  {
    std::lock_guard lock(impl_->queues.mutex());
    nats::Queue* queue = impl_->queues.Add(priority, name);
    if (queue == nullptr || (queue->ready && queue->told) || queue->wanted) return;
    queue->wanted = true;
  }
  impl_->manager->Wake();
}

void NatsTransport::FetchDelayed(std::uint64_t sequence) {
  impl_->delayed->Fetch(sequence);
}
void NatsTransport::RemoveDelayed(std::uint64_t sequence) {
  impl_->delayed->Remove(sequence);
}

void NatsTransport::Flush() {
  impl_->many = impl_->bulk_sent >= kManyMessages;
  impl_->bulk_sent = 0;
  impl_->puller->Flush();
}

}  // namespace muster::adapters
