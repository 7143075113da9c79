#include "worker_sdk/nats/connection.h"

#include <set>
#include <utility>
#include <vector>

namespace muster::link {
namespace {

// A lost connection is noticed after two of these; the library's own default is two minutes.
constexpr std::int64_t kPingIntervalMs = 5000;
constexpr std::int64_t kReconnectJitterMs = 100;
// A socket that takes nothing for so long counts as lost; the library's default is to wait for ever.
constexpr std::int64_t kWriteDeadlineMs = 5000;
// The library cannot be told to replay nothing after a reconnect; one byte is the least it takes.
constexpr int kReconnectBufferBytes = 1;
struct OptionsDeleter {
  void operator()(natsOptions* options) const { natsOptions_Destroy(options); }
};
using OptionsPtr = std::unique_ptr<natsOptions, OptionsDeleter>;

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

}  // namespace

Result<std::unique_ptr<Connection>> Connection::Open(const ConnectionOptions& options, bool at_once,
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

Connection::~Connection() {
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

std::string Connection::TakeComplaint() {
  const std::lock_guard lock(ear_->mutex);
  if (ear_->last_error.empty()) return {};
  return " (the server says: " + std::exchange(ear_->last_error, {}) + ")";
}

}  // namespace muster::link
