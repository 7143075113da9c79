#include "dispatcher/cli/api.h"

#include <unistd.h>

#include <cstdlib>
#include <fstream>
#include <utility>

#include "schemas/subjects.h"

namespace muster::cli {
namespace {

constexpr std::chrono::milliseconds kAnswerTimeout{5000};

Result<std::string> FirstLine(const std::string& path, std::string_view option) {
  std::ifstream file(path);
  std::string line;
  if (!file || !std::getline(file, line)) {
    return Status(ErrorCode::kBadRequest, "cannot read " + path, "--" + std::string(option));
  }
  while (!line.empty() && (line.back() == '\r' || line.back() == '\n')) line.pop_back();
  return line;
}

std::vector<std::string> Servers(std::string_view text) {
  std::vector<std::string> servers;
  while (!text.empty()) {
    const std::size_t at = text.find(',');
    std::string server(text.substr(0, at));
    // "localhost:4222" is what people type.
    if (server.find("://") == std::string::npos) server.insert(0, "nats://");
    servers.push_back(std::move(server));
    if (at == std::string_view::npos) break;
    text.remove_prefix(at + 1);
  }
  return servers;
}

// A password inside a URL has no place in a message.
std::string WithoutSecrets(const std::string& server) {
  const std::size_t scheme = server.find("://");
  const std::size_t at = server.rfind('@');
  if (scheme == std::string::npos || at == std::string::npos || at < scheme) return server;
  return server.substr(0, scheme + 3) + server.substr(at + 1);
}

// The Link's message quotes the addresses as they were given.
std::string Redacted(std::string message, const ConnectionOptions& options) {
  for (const std::string& server : options.servers) {
    const std::string shown = WithoutSecrets(server);
    if (shown == server) continue;
    for (std::size_t at = message.find(server); at != std::string::npos; at = message.find(server, at)) {
      message.replace(at, server.size(), shown);
    }
  }
  return message;
}

std::string Shown(const ConnectionOptions& options) {
  std::string text;
  for (const std::string& server : options.servers) text += (text.empty() ? "" : ", ") + WithoutSecrets(server);
  return text;
}

}  // namespace

Status ToStatus(const v1::Error& error) {
  return Status(static_cast<ErrorCode>(error.code()), error.message(), error.where());
}

Result<ConnectionOptions> ConnectionFrom(const Args& args) {
  ConnectionOptions options;
  if (args.Has("server")) options.servers = Servers(args.Text("server"));
  options.name = "muster-cli-" + std::to_string(getpid());
  options.user = args.Text("user");
  options.password = args.Text("password");
  if (options.password.empty() && args.Has("password-file")) {
    Result<std::string> password = FirstLine(args.Text("password-file"), "password-file");
    if (!password.ok()) return password.status();
    options.password = *password;
  }
  if (args.Has("token-file")) {
    Result<std::string> token = FirstLine(args.Text("token-file"), "token-file");
    if (!token.ok()) return token.status();
    options.token = *token;
  } else if (const char* token = std::getenv("MUSTER_TOKEN"); token != nullptr) {
    options.token = token;
  }
  options.credentials_file = args.Text("creds");
  options.inbox_prefix = args.Text("inbox-prefix");
  options.tls_ca_file = args.Text("tls-ca");
  options.tls_cert_file = args.Text("tls-cert");
  options.tls_key_file = args.Text("tls-key");
  options.connect_timeout = args.Duration("answer-timeout", kAnswerTimeout);
  return options;
}

Result<std::unique_ptr<Api>> Api::Connect(const Args& args) {
  Result<ConnectionOptions> options = ConnectionFrom(args);
  if (!options.ok()) return options.status();
  const std::string servers = Shown(*options);
  Result<std::unique_ptr<Link>> link = Link::Connect(*options);
  if (!link.ok()) {
    const Status status = link.status();
    const std::string message = Redacted(status.message(), *options);
    if (status.code() != ErrorCode::kUnavailable && status.code() != ErrorCode::kTimeout) {
      return Status(status.code(), message, status.where());
    }
    return Status(ErrorCode::kUnavailable, "no NATS server answers on " + servers + " (" + message +
                                               "); start one with `musterd --dev`, or give --server");
  }
  return std::unique_ptr<Api>(
      new Api(std::move(link).value(), args.Duration("answer-timeout", kAnswerTimeout), servers));
}

Result<v1::ApiReply> Api::Ask(std::string_view noun, std::string_view verb, const google::protobuf::Message& request) {
  Result<std::string> answer = link_->Request(subjects::Api(noun, verb), request.SerializeAsString(), timeout_);
  if (!answer.ok()) {
    const Status status = answer.status();
    if (status.code() == ErrorCode::kUnavailable) {
      return Status(ErrorCode::kUnavailable,
                    "no musterd answers on " + servers_ + "; start one with `musterd --dev`, or give --server");
    }
    if (status.code() == ErrorCode::kTimeout) {
      return Status(ErrorCode::kTimeout,
                    "musterd did not answer in time; it may be starting or very busy (see muster "
                    "doctor; --answer-timeout waits longer)");
    }
    return status;
  }
  v1::ApiReply reply;
  if (!reply.ParseFromString(*answer)) {
    return Status(ErrorCode::kInternal, "the answer of musterd cannot be read: are both of the same version?");
  }
  if (reply.has_error() && reply.error().code() != v1::ERROR_CODE_UNSPECIFIED) return ToStatus(reply.error());
  return reply;
}

}  // namespace muster::cli
