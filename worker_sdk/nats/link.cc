#include "worker_sdk/nats/link.h"

#include <nats/nats.h>

#include <algorithm>
#include <atomic>
#include <condition_variable>
#include <mutex>
#include <thread>
#include <unordered_map>
#include <utility>

#include "worker_sdk/nats/connection.h"
#include "worker_sdk/nats/greeting.h"
#include "worker_sdk/nats/json.h"

namespace muster {
namespace {

using Clock = std::chrono::steady_clock;
using link::Connection;
using link::Ms;
using std::chrono::milliseconds;

// How often stored publishes without an answer are looked at.
constexpr milliseconds kSweepEvery{50};
constexpr std::int64_t kSubscribeTimeoutMs = 5000;

Status FromNats(natsStatus status, const std::string& what) {
  const std::string text = what + ": " + natsStatus_GetText(status);
  switch (status) {
    case NATS_OK: return {};
    case NATS_TIMEOUT: return {ErrorCode::kTimeout, text};
    case NATS_NO_RESPONDERS: return {ErrorCode::kUnavailable, what + ": nobody answers there"};
    case NATS_MAX_PAYLOAD: return {ErrorCode::kTooLarge, what + ": larger than the server's max_payload"};
    case NATS_INVALID_ARG:
    case NATS_INVALID_SUBJECT: return {ErrorCode::kBadRequest, text};
    case NATS_NO_MEMORY: return {ErrorCode::kInternal, text};
    default: return {ErrorCode::kUnavailable, text};
  }
}

Status Disconnected() {
  return {ErrorCode::kUnavailable, "not connected to NATS"};
}

struct MsgDeleter {
  void operator()(natsMsg* msg) const { natsMsg_Destroy(msg); }
};
using MsgPtr = std::unique_ptr<natsMsg, MsgDeleter>;

std::string_view Data(natsMsg* msg) {
  return {natsMsg_GetData(msg), static_cast<std::size_t>(std::max(0, natsMsg_GetDataLength(msg)))};
}

class SubscriptionImpl final : public Link::Subscription {
 public:
  static Result<std::unique_ptr<Link::Subscription>> Open(Connection& connection, std::string_view subject,
                                                          Link::MessageCallback callback) {
    auto made = std::make_unique<SubscriptionImpl>();
    made->callback_ = std::move(callback);
    natsStatus s =
        natsConnection_Subscribe(&made->raw_, connection.raw(), std::string(subject).c_str(), OnMessage, made.get());
    // Never dropped by the library: whoever subscribes has a bound of its own.
    if (s == NATS_OK) s = natsSubscription_SetPendingLimits(made->raw_, -1, -1);
    if (s == NATS_OK) s = natsSubscription_SetOnCompleteCB(made->raw_, OnComplete, made.get());
    if (s == NATS_OK) s = natsConnection_FlushTimeout(connection.raw(), kSubscribeTimeoutMs);
    if (s != NATS_OK) return FromNats(s, "subscribe to " + std::string(subject));
    return std::unique_ptr<Link::Subscription>(std::move(made));
  }

  ~SubscriptionImpl() override {
    if (raw_ == nullptr) return;
    natsSubscription_Unsubscribe(raw_);
    {
      std::unique_lock lock(mutex_);
      // Where the connection died first the completion has come already; the bound is for a library fault only.
      ended_.wait_for(lock, std::chrono::seconds(5), [this] { return complete_; });
    }
    natsSubscription_Destroy(raw_);
  }

 private:
  static void OnMessage(natsConnection*, natsSubscription*, natsMsg* raw, void* closure) {
    const MsgPtr msg(raw);
    const char* reply = natsMsg_GetReply(raw);
    const LinkMessage message{natsMsg_GetSubject(raw), reply != nullptr ? reply : "", Data(raw)};
    static_cast<SubscriptionImpl*>(closure)->callback_(message);
  }
  static void OnComplete(void* closure) {
    auto* self = static_cast<SubscriptionImpl*>(closure);
    const std::lock_guard lock(self->mutex_);
    self->complete_ = true;
    self->ended_.notify_all();
  }

  natsSubscription* raw_ = nullptr;
  Link::MessageCallback callback_;
  std::mutex mutex_;
  std::condition_variable ended_;
  bool complete_ = false;
};

Result<MsgPtr> MakeMessage(const LinkPublish& message, const char* reply) {
  natsMsg* raw = nullptr;
  natsStatus s =
      natsMsg_Create(&raw, message.subject.c_str(), reply, message.data.data(), static_cast<int>(message.data.size()));
  MsgPtr made(raw);
  for (const auto& header : message.headers) {
    if (s == NATS_OK) s = natsMsgHeader_Set(raw, header.first.c_str(), header.second.c_str());
  }
  if (s != NATS_OK) return FromNats(s, "publish to " + message.subject);
  return made;
}

bool IsNoResponders(natsMsg* msg) {
  return natsMsg_GetDataLength(msg) == 0 && natsMsg_IsNoResponders(msg);
}

Status NoStream(const std::string& subject) {
  return {ErrorCode::kUnavailable, "no stream takes " + subject + ": is the dispatcher set up?"};
}

}  // namespace

class Link::Impl {
 public:
  ConnectionOptions options;
  StateCallback on_state;
  std::unique_ptr<Connection> control;

  // Bulk and what waits for receipts there.
  struct Waiting {
    std::string subject;
    Clock::time_point deadline;
    StoreCallback done;
  };
  std::mutex mutex;
  std::condition_variable wake;
  std::unique_ptr<Connection> bulk;
  std::unique_ptr<Subscription> receipts;
  std::string inbox;
  std::uint64_t next_token = 0;
  std::unordered_map<std::uint64_t, Waiting> waiting;
  std::atomic<bool> lost = false;  // bulk was disconnected: every receipt under way is gone
  bool stopping = false;
  std::thread sweeper;

  ~Impl() {
    {
      const std::lock_guard lock(mutex);
      stopping = true;
      wake.notify_all();
    }
    if (sweeper.joinable()) sweeper.join();
    receipts.reset();
    bulk.reset();
    control.reset();
    for (auto& item : waiting) item.second.done(Status(ErrorCode::kUnavailable, "the connection was closed"));
  }

  Status OpenBulk() {
    // REQUIRES: mutex held. Opened once; callbacks of the connection only set `lost`.
    if (bulk) return {};
    auto opened = Connection::Open(options, false, [this](bool connected, const std::string&) {
      // Without the mutex: the connection is opened under it, and the sweeper looks every 50 ms while anything waits.
      if (!connected) lost = true;
    });
    if (!opened.ok()) return opened.status();
    natsInbox* raw = nullptr;
    if (natsInbox_Create(&raw) != NATS_OK) return {ErrorCode::kInternal, "no inbox"};
    inbox = std::string(raw) + ".";
    // The library's own inboxes follow the option; one made by hand begins with "_INBOX." always.
    if (!options.inbox_prefix.empty()) inbox.replace(0, inbox.find('.'), options.inbox_prefix);
    natsInbox_Destroy(raw);
    auto subscribed = SubscriptionImpl::Open(*opened.value(), inbox + "*", ReceiptCallback());
    if (!subscribed.ok()) return subscribed.status();
    bulk = std::move(opened).value();
    receipts = std::move(subscribed).value();
    sweeper = std::thread([this] { Sweep(); });
    return {};
  }

  MessageCallback ReceiptCallback() {
    return [this](const LinkMessage& message) { OnReceipt(message); };
  }

  void OnReceipt(const LinkMessage& message) {
    std::uint64_t token = 0;
    for (char c : message.subject.substr(std::min(inbox.size(), message.subject.size()))) {
      if (c < '0' || c > '9') return;
      token = token * 10 + static_cast<std::uint64_t>(c - '0');
    }
    Waiting found;
    {
      const std::lock_guard lock(mutex);
      const auto it = waiting.find(token);
      if (it == waiting.end()) return;  // its time was up
      found = std::move(it->second);
      waiting.erase(it);
    }
    // An empty answer is the server's "no responders".
    if (message.data.empty()) return found.done(NoStream(found.subject));
    found.done(link::ParseReceipt(message.data, found.subject));
  }

  void Sweep() {
    std::unique_lock lock(mutex);
    while (!stopping) {
      if (waiting.empty()) {
        wake.wait(lock);
        continue;
      }
      wake.wait_for(lock, kSweepEvery);
      const auto now = Clock::now();
      const bool all = lost.exchange(false);
      std::vector<Waiting> late;
      for (auto it = waiting.begin(); it != waiting.end();) {
        if (!all && it->second.deadline > now) {
          ++it;
          continue;
        }
        late.push_back(std::move(it->second));
        it = waiting.erase(it);
      }
      if (late.empty()) continue;
      lock.unlock();
      const std::string complaint = bulk->TakeComplaint();
      for (auto& item : late) {
        item.done(all ? Status(ErrorCode::kUnavailable, "the connection was lost before the receipt came")
                      : Status(ErrorCode::kTimeout, "no receipt for " + item.subject + complaint));
      }
      lock.lock();
    }
  }
};

Link::Link(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Link::~Link() = default;

Result<std::unique_ptr<Link>> Link::Connect(const ConnectionOptions& options, StateCallback on_state,
                                            const std::function<bool()>& cancelled) {
  const auto start = Clock::now();
  std::string told;
  for (;;) {
    auto opened = Connection::Open(options, true, on_state);
    if (opened.ok()) {
      auto impl = std::make_unique<Impl>();
      impl->options = options;
      impl->on_state = std::move(on_state);
      impl->control = std::move(opened).value();
      return std::unique_ptr<Link>(new Link(std::move(impl)));
    }
    const Status status = opened.status();
    if (status.code() == ErrorCode::kBadRequest) return status;
    const bool late = options.retry_for != ConnectionOptions::kForever &&
                      Clock::now() + milliseconds(link::kReconnectWaitMs) >= start + options.retry_for;
    if (late || (cancelled && cancelled())) return status;
    if (on_state && told != status.message()) on_state(false, status.message());
    told = status.message();
    std::this_thread::sleep_for(milliseconds(link::kReconnectWaitMs));
  }
}

bool Link::connected() const {
  return impl_->control->connected();
}
bool Link::closed() const {
  return impl_->control->closed();
}

Status Link::Publish(std::string_view subject, std::string_view data) {
  if (!connected()) return Disconnected();
  // natsConnection_Publish wants a terminated subject; these are short enough for the small string buffer or one
  // allocation.
  const std::string name(subject);
  const natsStatus s =
      natsConnection_Publish(impl_->control->raw(), name.c_str(), data.data(), static_cast<int>(data.size()));
  return s == NATS_OK ? Status() : FromNats(s, "publish to " + name);
}

Result<std::string> Link::Request(std::string_view subject, std::string_view data, milliseconds timeout) {
  if (!connected()) return Disconnected();
  const std::string name(subject);
  natsMsg* raw = nullptr;
  const natsStatus s = natsConnection_Request(&raw, impl_->control->raw(), name.c_str(), data.data(),
                                              static_cast<int>(data.size()), Ms(timeout));
  const MsgPtr msg(raw);
  if (s != NATS_OK) {
    const Status status = FromNats(s, "request to " + name);
    return Status(status.code(), status.message() + impl_->control->TakeComplaint());
  }
  if (IsNoResponders(raw)) return FromNats(NATS_NO_RESPONDERS, "request to " + name);
  return std::string(Data(raw));
}

Result<std::unique_ptr<Link::Subscription>> Link::Subscribe(std::string_view subject, MessageCallback callback) {
  return SubscriptionImpl::Open(*impl_->control, subject, std::move(callback));
}

Result<StoreReceipt> Link::PublishStored(const LinkPublish& message, milliseconds timeout) {
  if (!connected()) return Disconnected();
  Result<MsgPtr> made = MakeMessage(message, nullptr);
  if (!made.ok()) return made.status();
  natsMsg* raw = nullptr;
  const natsStatus s = natsConnection_RequestMsg(&raw, impl_->control->raw(), made.value().get(), Ms(timeout));
  const MsgPtr reply(raw);
  if (s == NATS_NO_RESPONDERS || (s == NATS_OK && IsNoResponders(raw))) return NoStream(message.subject);
  if (s != NATS_OK) {
    const Status status = FromNats(s, "publish to " + message.subject);
    return Status(status.code(), status.message() + impl_->control->TakeComplaint());
  }
  return link::ParseReceipt(Data(raw), message.subject);
}

Status Link::PublishStoredAsync(const LinkPublish& message, milliseconds timeout, StoreCallback done) {
  natsConnection* connection = nullptr;
  std::uint64_t token = 0;
  std::string reply;
  {
    const std::lock_guard lock(impl_->mutex);
    if (Status status = impl_->OpenBulk(); !status.ok()) return status;
    if (!impl_->bulk->connected()) return Disconnected();
    connection = impl_->bulk->raw();
    token = ++impl_->next_token;
    reply = impl_->inbox + std::to_string(token);
  }
  Result<MsgPtr> made = MakeMessage(message, reply.c_str());
  if (!made.ok()) return made.status();
  {
    const std::lock_guard lock(impl_->mutex);
    if (impl_->waiting.empty()) impl_->wake.notify_all();
    impl_->waiting.emplace(token, Impl::Waiting{message.subject, Clock::now() + timeout, std::move(done)});
  }
  const natsStatus s = natsConnection_PublishMsg(connection, made.value().get());
  if (s == NATS_OK) return {};
  {
    const std::lock_guard lock(impl_->mutex);
    // Already answered (lost connection): `done` has it, so it is not ours to refuse.
    if (impl_->waiting.erase(token) == 0) return {};
  }
  return FromNats(s, "publish to " + message.subject);
}

Result<StreamMessage> Link::GetLast(std::string_view stream, std::string_view subject, milliseconds timeout) {
  const auto reply = Request("$JS.API.STREAM.MSG.GET." + std::string(stream),
                             "{\"last_by_subj\":" + link::Quote(subject) + "}", timeout);
  if (!reply.ok()) return reply.status();
  return link::ParseStreamMessage(*reply, stream);
}

Result<std::vector<StreamMessage>> Link::ReadStream(std::string_view stream, std::string_view filter,
                                                    std::uint64_t from, std::size_t limit, milliseconds timeout) {
  std::vector<StreamMessage> messages;
  const auto deadline = Clock::now() + timeout;
  const std::string subject = "$JS.API.STREAM.MSG.GET." + std::string(stream);
  std::uint64_t next = std::max<std::uint64_t>(1, from);
  while (messages.size() < limit) {
    const auto left = std::chrono::duration_cast<milliseconds>(deadline - Clock::now());
    if (left <= milliseconds::zero()) return Status(ErrorCode::kTimeout, "reading " + std::string(stream));
    const auto reply = Request(
        subject,
        "{\"seq\":" + std::to_string(next) + ",\"next_by_subj\":" + link::Quote(filter.empty() ? ">" : filter) + "}",
        left);
    if (!reply.ok()) return reply.status();
    Result<StreamMessage> message = link::ParseStreamMessage(*reply, stream);
    if (!message.ok()) {
      if (message.status().code() == ErrorCode::kNotFound && message.status().where() == "message") break;
      return message.status();
    }
    next = message->sequence + 1;
    messages.push_back(std::move(message).value());
  }
  return messages;
}

Status Link::DeleteStored(std::string_view stream, std::uint64_t sequence, milliseconds timeout) {
  const auto reply = Request("$JS.API.STREAM.MSG.DELETE." + std::string(stream),
                             "{\"seq\":" + std::to_string(sequence) + ",\"no_erase\":true}", timeout);
  if (!reply.ok()) return reply.status();
  return link::ParseAnswer(*reply, stream);
}

Result<StreamStatus> Link::StreamInfo(std::string_view stream, milliseconds timeout) {
  const auto reply = Request("$JS.API.STREAM.INFO." + std::string(stream), "", timeout);
  if (!reply.ok()) return reply.status();
  return link::ParseStreamStatus(*reply, stream);
}

Status Link::Flush(milliseconds timeout) {
  if (!connected()) return Disconnected();
  natsStatus s = natsConnection_FlushTimeout(impl_->control->raw(), Ms(timeout));
  natsConnection* bulk = nullptr;
  {
    const std::lock_guard lock(impl_->mutex);
    if (impl_->bulk) bulk = impl_->bulk->raw();
  }
  if (s == NATS_OK && bulk != nullptr) s = natsConnection_FlushTimeout(bulk, Ms(timeout));
  return s == NATS_OK ? Status() : FromNats(s, "flush");
}

std::string Link::connected_url() const {
  char url[512] = {};
  if (natsConnection_GetConnectedUrl(impl_->control->raw(), url, sizeof url) != NATS_OK) return {};
  return url;
}

Result<ServerInfo> Link::Server(milliseconds timeout) const {
  const std::string url = connected_url();
  if (url.empty()) return Disconnected();
  const auto greeting = link::ReadGreeting(url, timeout);
  if (!greeting.ok()) return greeting.status();
  return link::ParseServerInfo(*greeting);
}

}  // namespace muster
