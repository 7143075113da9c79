#include "worker_sdk/nats/link.h"

#include <nats/nats.h>

#include <algorithm>
#include <atomic>
#include <condition_variable>
#include <mutex>
#include <set>
#include <thread>
#include <unordered_map>
#include <utility>

#include "worker_sdk/nats/greeting.h"
#include "worker_sdk/nats/json.h"

namespace muster {
namespace {

using Clock = std::chrono::steady_clock;
using std::chrono::milliseconds;

// A lost connection is noticed after two of these; the library's own default is two minutes.
constexpr std::int64_t kPingIntervalMs = 5000;
constexpr std::int64_t kReconnectWaitMs = 200;
constexpr std::int64_t kReconnectJitterMs = 100;
// A socket that takes nothing for so long counts as lost; the library's default is to wait for ever.
constexpr std::int64_t kWriteDeadlineMs = 5000;
// The library cannot be told to replay nothing after a reconnect; one byte is the least it takes.
constexpr int kReconnectBufferBytes = 1;
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

std::int64_t Ms(milliseconds duration) {
  return std::max<std::int64_t>(1, duration.count());
}

struct MsgDeleter {
  void operator()(natsMsg* msg) const { natsMsg_Destroy(msg); }
};
using MsgPtr = std::unique_ptr<natsMsg, MsgDeleter>;
struct OptionsDeleter {
  void operator()(natsOptions* options) const { natsOptions_Destroy(options); }
};
using OptionsPtr = std::unique_ptr<natsOptions, OptionsDeleter>;

std::string_view Data(natsMsg* msg) {
  return {natsMsg_GetData(msg), static_cast<std::size_t>(std::max(0, natsMsg_GetDataLength(msg)))};
}

// What one connection tells, on threads of the library. Its last words may come after natsConnection_Destroy, so the
// library gets a pointer to this, which lives until they have come, and never one to the Link.
struct Ear {
  std::mutex mutex;
  std::condition_variable changed;
  std::function<void(bool connected, const std::string&)> tell;  // empty once the Link is gone
  std::string last_error;
  bool closed = false;
};

std::mutex ears_mutex;
std::set<std::shared_ptr<Ear>>& Ears() {
  static auto* ears = new std::set<std::shared_ptr<Ear>>;  // outlives the library's threads
  return *ears;
}

void Hear(void* closure, bool connected, const std::string& detail) {
  auto* ear = static_cast<Ear*>(closure);
  const std::lock_guard lock(ear->mutex);
  if (ear->tell) ear->tell(connected, detail);
}

void OnDisconnected(natsConnection* connection, void* closure) {
  const char* error = nullptr;
  natsConnection_GetLastError(connection, &error);
  Hear(closure, false, error != nullptr && *error != '\0' ? error : "connection lost");
}

void OnReconnected(natsConnection* connection, void* closure) {
  char url[256] = {};
  natsConnection_GetConnectedUrl(connection, url, sizeof url);
  Hear(closure, true, url);
}

void OnClosed(natsConnection*, void* closure) {
  std::shared_ptr<Ear> keep;
  {
    const std::lock_guard lock(ears_mutex);
    for (const auto& ear : Ears()) {
      if (ear.get() == closure) keep = ear;
    }
    Ears().erase(keep);
  }
  if (!keep) return;
  const std::lock_guard lock(keep->mutex);
  keep->closed = true;
  if (keep->tell) keep->tell(false, "closed for good");
  keep->changed.notify_all();
}

void OnError(natsConnection* connection, natsSubscription*, natsStatus status, void* closure) {
  const char* error = nullptr;
  natsConnection_GetLastError(connection, &error);
  auto* ear = static_cast<Ear*>(closure);
  const std::lock_guard lock(ear->mutex);
  ear->last_error = error != nullptr && *error != '\0' ? error : natsStatus_GetText(status);
}

Status CheckOptions(const ConnectionOptions& options) {
  const int ways = int{!options.user.empty()} + int{!options.token.empty()} + int{!options.credentials_file.empty()} +
                   int{!options.nkey_seed_file.empty()};
  if (ways > 1) {
    return {ErrorCode::kBadRequest, "give one of user and password, token, credentials file, nkey", "connection"};
  }
  if (options.servers.empty())
    return {ErrorCode::kBadRequest, "no server given, e.g. nats://127.0.0.1:4222", "servers"};
  if (options.nkey.empty() != options.nkey_seed_file.empty()) {
    return {ErrorCode::kBadRequest, "an nkey needs both the public key and its seed file", "nkey"};
  }
  if (options.tls_cert_file.empty() != options.tls_key_file.empty()) {
    return {ErrorCode::kBadRequest, "a TLS certificate needs both the certificate and its key", "tls"};
  }
  return {};
}

natsStatus SetCredentials(natsOptions* raw, const ConnectionOptions& options) {
  natsStatus s = NATS_OK;
  if (!options.user.empty()) s = natsOptions_SetUserInfo(raw, options.user.c_str(), options.password.c_str());
  if (s == NATS_OK && !options.token.empty()) s = natsOptions_SetToken(raw, options.token.c_str());
  if (s == NATS_OK && !options.credentials_file.empty()) {
    s = natsOptions_SetUserCredentialsFromFiles(raw, options.credentials_file.c_str(), nullptr);
  }
  if (s == NATS_OK && !options.nkey.empty()) {
    s = natsOptions_SetNKeyFromSeed(raw, options.nkey.c_str(), options.nkey_seed_file.c_str());
  }
  if (s == NATS_OK && (!options.tls_ca_file.empty() || !options.tls_cert_file.empty())) {
    s = natsOptions_SetSecure(raw, true);
  }
  if (s == NATS_OK && !options.tls_ca_file.empty()) {
    s = natsOptions_LoadCATrustedCertificates(raw, options.tls_ca_file.c_str());
  }
  if (s == NATS_OK && !options.tls_cert_file.empty()) {
    s = natsOptions_LoadCertificatesChain(raw, options.tls_cert_file.c_str(), options.tls_key_file.c_str());
  }
  return s;
}

Result<OptionsPtr> MakeOptions(const ConnectionOptions& options, bool at_once, Ear* ear) {
  if (Status status = CheckOptions(options); !status.ok()) return status;
  natsOptions* raw = nullptr;
  natsStatus s = natsOptions_Create(&raw);
  OptionsPtr made(raw);
  std::vector<const char*> servers;
  servers.reserve(options.servers.size());
  for (const auto& server : options.servers) servers.push_back(server.c_str());
  if (s == NATS_OK) s = natsOptions_SetServers(raw, servers.data(), static_cast<int>(servers.size()));
  if (s == NATS_OK && !options.name.empty()) s = natsOptions_SetName(raw, options.name.c_str());
  if (s == NATS_OK) s = SetCredentials(raw, options);
  if (s == NATS_OK && !options.inbox_prefix.empty()) {
    s = natsOptions_SetCustomInboxPrefix(raw, options.inbox_prefix.c_str());
  }
  if (s == NATS_OK) s = natsOptions_SetTimeout(raw, Ms(options.connect_timeout));
  if (s == NATS_OK) s = natsOptions_SetMaxReconnect(raw, -1);
  if (s == NATS_OK) s = natsOptions_SetReconnectWait(raw, kReconnectWaitMs);
  if (s == NATS_OK) s = natsOptions_SetReconnectJitter(raw, kReconnectJitterMs, kReconnectJitterMs);
  if (s == NATS_OK) s = natsOptions_SetReconnectBufSize(raw, kReconnectBufferBytes);
  if (s == NATS_OK) s = natsOptions_SetPingInterval(raw, kPingIntervalMs);
  if (s == NATS_OK) s = natsOptions_SetMaxPingsOut(raw, 2);
  if (s == NATS_OK) s = natsOptions_SetWriteDeadline(raw, kWriteDeadlineMs);
  if (s == NATS_OK) s = natsOptions_SetSendAsap(raw, at_once);
  if (s == NATS_OK) s = natsOptions_SetFailRequestsOnDisconnect(raw, true);
  if (s == NATS_OK) s = natsOptions_SetDisconnectedCB(raw, OnDisconnected, ear);
  if (s == NATS_OK) s = natsOptions_SetReconnectedCB(raw, OnReconnected, ear);
  if (s == NATS_OK) s = natsOptions_SetClosedCB(raw, OnClosed, ear);
  if (s == NATS_OK) s = natsOptions_SetErrorHandler(raw, OnError, ear);
  if (s != NATS_OK) {
    const char* detail = nats_GetLastError(nullptr);
    return Status(ErrorCode::kBadRequest,
                  std::string(natsStatus_GetText(s)) + (detail != nullptr ? std::string(": ") + detail : ""),
                  "connection");
  }
  return made;
}

std::string Join(const std::vector<std::string>& words) {
  std::string joined;
  for (const auto& word : words) joined += (joined.empty() ? "" : ", ") + word;
  return joined;
}

// A connection and its ear. Closes both in order.
class Connection {
 public:
  static Result<std::unique_ptr<Connection>> Open(const ConnectionOptions& options, bool at_once,
                                                  std::function<void(bool, const std::string&)> tell) {
    auto made = std::make_unique<Connection>();
    made->ear_ = std::make_shared<Ear>();
    Result<OptionsPtr> parsed = MakeOptions(options, at_once, made->ear_.get());
    if (!parsed.ok()) return parsed.status();
    {
      const std::lock_guard lock(ears_mutex);
      Ears().insert(made->ear_);
    }
    const natsStatus s = natsConnection_Connect(&made->raw_, parsed.value().get());
    if (s != NATS_OK) {
      const char* detail = nats_GetLastError(nullptr);
      std::string text = natsStatus_GetText(s);
      if (detail != nullptr && *detail != '\0' && text != detail) text += std::string(": ") + detail;
      return Status(ErrorCode::kUnavailable, "cannot reach NATS at " + Join(options.servers) + ": " + text);
    }
    {
      const std::lock_guard lock(made->ear_->mutex);
      made->ear_->tell = std::move(tell);
    }
    return made;
  }

  ~Connection() {
    {
      const std::lock_guard lock(ear_->mutex);
      ear_->tell = nullptr;
    }
    if (raw_ == nullptr) return;
    // What was published last is on its way before the socket goes (close alone may not flush).
    if (natsConnection_Status(raw_) == NATS_CONN_STATUS_CONNECTED) natsConnection_FlushTimeout(raw_, 2000);
    natsConnection_Close(raw_);
    {
      std::unique_lock lock(ear_->mutex);
      ear_->changed.wait_for(lock, std::chrono::seconds(2), [this] { return ear_->closed; });
    }
    natsConnection_Destroy(raw_);
  }

  natsConnection* raw() const { return raw_; }
  bool connected() const { return natsConnection_Status(raw_) == NATS_CONN_STATUS_CONNECTED; }
  bool closed() const { return natsConnection_IsClosed(raw_); }
  // What the server complained of since the last call, as " (the server says: …)".
  std::string TakeComplaint() {
    const std::lock_guard lock(ear_->mutex);
    if (ear_->last_error.empty()) return {};
    return " (the server says: " + std::exchange(ear_->last_error, {}) + ")";
  }

 private:
  natsConnection* raw_ = nullptr;
  std::shared_ptr<Ear> ear_;
};

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
  bool lost = false;  // bulk was disconnected: every receipt under way is gone
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
      const std::lock_guard lock(mutex);
      if (!connected) lost = true;
      wake.notify_all();
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
      const bool all = std::exchange(lost, false);
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
                      Clock::now() + milliseconds(kReconnectWaitMs) >= start + options.retry_for;
    if (late || (cancelled && cancelled())) return status;
    if (on_state && told != status.message()) on_state(false, status.message());
    told = status.message();
    std::this_thread::sleep_for(milliseconds(kReconnectWaitMs));
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
