#include "dispatcher/adapters/nats/connection.h"

#include <atomic>
#include <condition_variable>
#include <mutex>
#include <thread>
#include <utility>

namespace muster::adapters::nats {
namespace {

struct OptionsDeleter {
  void operator()(natsOptions* options) const { natsOptions_Destroy(options); }
};
using OptionsPtr = std::unique_ptr<natsOptions, OptionsDeleter>;

std::string Joined(const std::vector<std::string>& servers) {
  std::string text;
  for (const std::string& server : servers) text += (text.empty() ? "" : ",") + server;
  return text;
}

bool WantsTls(const NatsOptions& options) {
  if (!options.tls_ca_file.empty() || !options.tls_certificate_file.empty() || !options.tls_host.empty()) return true;
  for (const std::string& server : options.servers) {
    if (server.starts_with("tls://")) return true;
  }
  return false;
}

Status SetTls(const NatsOptions& options, natsOptions* out) {
  if (!WantsTls(options)) return {};
  if (natsStatus s = natsOptions_SetSecure(out, true); s != NATS_OK)
    return ToStatus(s, "TLS is not available", "nats.tls");
  if (!options.tls_ca_file.empty()) {
    if (natsStatus s = natsOptions_LoadCATrustedCertificates(out, options.tls_ca_file.c_str()); s != NATS_OK) {
      return ToStatus(s, "cannot load the certificate authority from " + options.tls_ca_file, "nats.tls.ca_file");
    }
  }
  if (!options.tls_certificate_file.empty()) {
    natsStatus s =
        natsOptions_LoadCertificatesChain(out, options.tls_certificate_file.c_str(), options.tls_key_file.c_str());
    if (s != NATS_OK) {
      return ToStatus(
          s, "cannot load the certificate " + options.tls_certificate_file + " with the key " + options.tls_key_file,
          "nats.tls.certificate_file");
    }
  }
  if (!options.tls_host.empty()) {
    if (natsStatus s = natsOptions_SetExpectedHostname(out, options.tls_host.c_str()); s != NATS_OK) {
      return ToStatus(s, "cannot expect the host name " + options.tls_host, "nats.tls.host");
    }
  }
  return {};
}

Status SetCredentials(const NatsOptions& options, natsOptions* out) {
  const int given = int{!options.user.empty()} + int{!options.token.empty()} + int{!options.credentials_file.empty()} +
                    int{!options.nkey_seed_file.empty()};
  if (given > 1) {
    return {ErrorCode::kBadRequest, "give one of user, token, credentials_file, nkey_seed_file, not several",
            "nats.credentials"};
  }
  natsStatus s = NATS_OK;
  if (!options.user.empty()) {
    s = natsOptions_SetUserInfo(out, options.user.c_str(), options.password.c_str());
  } else if (!options.token.empty()) {
    s = natsOptions_SetToken(out, options.token.c_str());
  } else if (!options.credentials_file.empty()) {
    s = natsOptions_SetUserCredentialsFromFiles(out, options.credentials_file.c_str(), nullptr);
  } else if (!options.nkey_seed_file.empty()) {
    s = natsOptions_SetNKeyFromSeed(out, options.nkey_public.c_str(), options.nkey_seed_file.c_str());
  }
  return s == NATS_OK ? Status() : ToStatus(s, "the credentials cannot be used", "nats.credentials");
}

}  // namespace

Status ToStatus(natsStatus status, const std::string& what, const std::string& where) {
  natsStatus last = NATS_OK;
  const char* detail = nats_GetLastError(&last);
  std::string text = what + " (" + natsStatus_GetText(status);
  if (detail != nullptr && *detail != '\0' && last == status) text += std::string(": ") + detail;
  text += ")";
  ErrorCode code = ErrorCode::kUnavailable;
  switch (status) {
    case NATS_CONNECTION_AUTH_FAILED:
    case NATS_NOT_PERMITTED:
    case NATS_INVALID_ARG:
    case NATS_ADDRESS_MISSING:
    case NATS_INVALID_SUBJECT: code = ErrorCode::kBadRequest; break;
    case NATS_MAX_PAYLOAD: code = ErrorCode::kTooLarge; break;
    default: break;
  }
  return {code, std::move(text), where};
}

namespace {

// Set by the library's last callback about something: until then it may still call us.
class LastCall {
 public:
  void Set() {
    std::lock_guard lock(mutex_);
    set_ = true;
    changed_.notify_all();
  }
  bool Wait() {
    std::unique_lock lock(mutex_);
    return changed_.wait_for(lock, std::chrono::seconds(5), [this] { return set_; });
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  bool set_ = false;
};

// Memory that the library may still use is given up rather than freed.
template <typename T>
void FreeOrLeak(std::unique_ptr<T>& object) {
  if (!object->last_call.Wait()) static_cast<void>(object.release());
}

}  // namespace

struct Connection::Callbacks {
  OnState on_state;
  LastCall last_call;

  static void Disconnected(natsConnection*, void* closure) { static_cast<Callbacks*>(closure)->on_state(false); }
  static void Reconnected(natsConnection*, void* closure) { static_cast<Callbacks*>(closure)->on_state(true); }
  static void Closed(natsConnection*, void* closure) { static_cast<Callbacks*>(closure)->last_call.Set(); }
};

struct Connection::Subscription {
  OnMessage on_message;
  natsSubscription* handle = nullptr;
  LastCall last_call;

  static void Deliver(natsConnection*, natsSubscription*, natsMsg* message, void* closure) {
    static_cast<Subscription*>(closure)->on_message(MessagePtr(message));
  }
  static void Complete(void* closure) { static_cast<Subscription*>(closure)->last_call.Set(); }
};

Connection::Connection() : callbacks_(std::make_unique<Callbacks>()) {}

Result<std::unique_ptr<Connection>> Connection::Open(const NatsOptions& options, Kind kind,
                                                     std::chrono::milliseconds timeout, OnState on_state) {
  const std::string where = Joined(options.servers);
  natsOptions* raw = nullptr;
  if (natsStatus s = natsOptions_Create(&raw); s != NATS_OK) return ToStatus(s, "no memory for options", where);
  const OptionsPtr out(raw);

  std::vector<const char*> servers;
  for (const std::string& server : options.servers) servers.push_back(server.c_str());
  natsStatus s = natsOptions_SetServers(raw, servers.data(), static_cast<int>(servers.size()));
  if (s != NATS_OK) return ToStatus(s, "this is not a list of NATS URLs, such as nats://host:4222", where);

  std::unique_ptr<Connection> self(new Connection());
  self->callbacks_->on_state = std::move(on_state);
  Callbacks* const callbacks = self->callbacks_.get();
  const std::string name = options.name + (kind == Kind::kControl ? " control" : " bulk");
  const natsStatus all[] = {
      natsOptions_SetName(raw, name.c_str()),
      natsOptions_SetTimeout(raw, timeout.count()),
      natsOptions_SetMaxReconnect(raw, -1),
      natsOptions_SetReconnectWait(raw, 200),
      natsOptions_SetReconnectJitter(raw, 100, 200),
      natsOptions_SetPingInterval(raw, 5000),
      natsOptions_SetMaxPingsOut(raw, 2),
      natsOptions_SetWriteDeadline(raw, 5000),
      natsOptions_UseGlobalMessageDelivery(raw, true),
      natsOptions_SetSendAsap(raw, kind == Kind::kControl),
      natsOptions_SetReconnectBufSize(raw, kind == Kind::kControl ? 1 : 16 * 1024 * 1024),
      natsOptions_SetDisconnectedCB(raw, &Callbacks::Disconnected, callbacks),
      natsOptions_SetReconnectedCB(raw, &Callbacks::Reconnected, callbacks),
      natsOptions_SetClosedCB(raw, &Callbacks::Closed, callbacks),
  };
  for (natsStatus one : all) {
    if (one != NATS_OK) return ToStatus(one, "the client library refused an option", where);
  }
  if (Status status = SetTls(options, raw); !status.ok()) return status;
  if (Status status = SetCredentials(options, raw); !status.ok()) return status;

  s = natsConnection_Connect(&self->connection_, raw);
  if (s != NATS_OK) {
    std::string what = "cannot connect";
    if (s == NATS_CONNECTION_AUTH_FAILED || s == NATS_NOT_PERMITTED) {
      what = "the server refused the credentials";
    } else if (s == NATS_NO_SERVER) {
      what = "no nats-server answers there; is it running, and is the address right?";
    } else if (s == NATS_SSL_ERROR || s == NATS_SECURE_CONNECTION_REQUIRED || s == NATS_SECURE_CONNECTION_WANTED) {
      what = "no TLS connection: do the certificates, the host name and the server's tls block fit?";
    }
    return ToStatus(s, what, where);
  }
  return self;
}

Connection::~Connection() {
  Close();
}

Status Connection::Subscribe(const std::string& subject, OnMessage on_message) {
  auto subscription = std::make_unique<Subscription>();
  subscription->on_message = std::move(on_message);
  natsStatus s = natsConnection_Subscribe(&subscription->handle, connection_, subject.c_str(), &Subscription::Deliver,
                                          subscription.get());
  if (s != NATS_OK) return ToStatus(s, "cannot subscribe", subject);
  // No limit of the library's: it would drop task messages without a word. Credit bounds them, the sink the others.
  natsSubscription_SetPendingLimits(subscription->handle, -1, -1);
  natsSubscription_SetOnCompleteCB(subscription->handle, &Subscription::Complete, subscription.get());
  subscriptions_.push_back(std::move(subscription));
  return {};
}

void Connection::Flush(std::chrono::milliseconds timeout) {
  if (connection_ != nullptr && connected()) natsConnection_FlushTimeout(connection_, timeout.count());
}

void Connection::Close() {
  if (closed_ || connection_ == nullptr) return;
  closed_ = true;
  for (const auto& subscription : subscriptions_) natsSubscription_Unsubscribe(subscription->handle);
  natsConnection_Close(connection_);
  for (auto& subscription : subscriptions_) {
    natsSubscription* const handle = subscription->handle;
    FreeOrLeak(subscription);
    natsSubscription_Destroy(handle);
  }
  subscriptions_.clear();
  FreeOrLeak(callbacks_);
  natsConnection_Destroy(connection_);
  connection_ = nullptr;
}

bool Connection::connected() const {
  return connection_ != nullptr && natsConnection_Status(connection_) == NATS_CONN_STATUS_CONNECTED;
}

std::string Connection::url() const {
  char buffer[512] = {};
  natsConnection_GetConnectedUrl(connection_, buffer, sizeof(buffer));
  return buffer;
}

bool Connection::Publish(const char* subject, const char* reply, std::string_view data) {
  const natsStatus s =
      reply == nullptr
          ? natsConnection_Publish(connection_, subject, data.data(), static_cast<int>(data.size()))
          : natsConnection_PublishRequest(connection_, subject, reply, data.data(), static_cast<int>(data.size()));
  return s == NATS_OK;
}

bool Connection::Publish(natsMsg* message) {
  return natsConnection_PublishMsg(connection_, message) == NATS_OK;
}

namespace {

Result<MessagePtr> Reply(natsStatus status, natsMsg* reply, const std::string& subject) {
  if (status == NATS_OK) return MessagePtr(reply);
  if (status == NATS_NO_RESPONDERS) {
    return Status(ErrorCode::kUnavailable, "nobody answers; is JetStream enabled (nats-server -js) and ready?",
                  subject);
  }
  return ToStatus(status, "no answer", subject);
}

}  // namespace

Result<MessagePtr> Connection::Request(const std::string& subject, std::string_view data,
                                       std::chrono::milliseconds timeout) {
  natsMsg* reply = nullptr;
  const natsStatus s = natsConnection_Request(&reply, connection_, subject.c_str(), data.data(),
                                              static_cast<int>(data.size()), timeout.count());
  return Reply(s, reply, subject);
}

Result<MessagePtr> Connection::Request(natsMsg* message, std::chrono::milliseconds timeout) {
  natsMsg* reply = nullptr;
  const natsStatus s = natsConnection_RequestMsg(&reply, connection_, message, timeout.count());
  return Reply(s, reply, natsMsg_GetSubject(message));
}

}  // namespace muster::adapters::nats
