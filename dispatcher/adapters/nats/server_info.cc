#include "dispatcher/adapters/nats/server_info.h"

#include <fcntl.h>
#include <netdb.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <nlohmann/json.hpp>

namespace muster::adapters::nats {
namespace {

using Clock = std::chrono::steady_clock;

class Socket {
 public:
  explicit Socket(int fd) : fd_(fd) {}
  ~Socket() {
    if (fd_ >= 0) close(fd_);
  }
  Socket(const Socket&) = delete;
  Socket& operator=(const Socket&) = delete;
  int fd() const { return fd_; }

 private:
  int fd_;
};

bool WaitFor(int fd, short events, Clock::time_point deadline) {
  for (;;) {
    const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(deadline - Clock::now()).count();
    if (left <= 0) return false;
    pollfd entry{fd, events, 0};
    const int ready = poll(&entry, 1, static_cast<int>(left));
    if (ready > 0) return true;
    if (ready == 0 || errno != EINTR) return false;
  }
}

bool ConnectSocket(int fd, const addrinfo& address, Clock::time_point deadline) {
  if (connect(fd, address.ai_addr, address.ai_addrlen) == 0) return true;
  if (errno != EINPROGRESS || !WaitFor(fd, POLLOUT, deadline)) return false;
  int error = 0;
  socklen_t size = sizeof(error);
  return getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &size) == 0 && error == 0;
}

std::string ReadLine(int fd, Clock::time_point deadline) {
  std::string line;
  char buffer[4096];
  while (line.size() < 65536 && line.find('\n') == std::string::npos && WaitFor(fd, POLLIN, deadline)) {
    const ssize_t got = recv(fd, buffer, sizeof(buffer), 0);
    if (got <= 0) break;
    line.append(buffer, static_cast<std::size_t>(got));
  }
  return line.substr(0, line.find('\n'));
}

void SplitUrl(std::string_view url, std::string* host, std::string* port) {
  if (const auto scheme = url.find("://"); scheme != std::string_view::npos) url.remove_prefix(scheme + 3);
  if (const auto user = url.rfind('@'); user != std::string_view::npos) url.remove_prefix(user + 1);
  url = url.substr(0, url.find('/'));
  *port = "4222";
  if (url.starts_with('[')) {
    const auto end = url.find(']');
    *host = url.substr(1, end == std::string_view::npos ? end : end - 1);
    if (end != std::string_view::npos && end + 2 < url.size()) *port = url.substr(end + 2);
    return;
  }
  const auto colon = url.rfind(':');
  *host = url.substr(0, colon);
  if (colon != std::string_view::npos && colon + 1 < url.size()) *port = url.substr(colon + 1);
}

}  // namespace

Result<ServerInfo> ParseServerInfo(std::string_view line) {
  const auto brace = line.find('{');
  if (!line.starts_with("INFO ") || brace == std::string_view::npos) {
    return Status(ErrorCode::kBadMessage, "no NATS server's INFO line", "nats");
  }
  const auto json = nlohmann::json::parse(line.substr(brace), nullptr, false);
  if (!json.is_object()) return Status(ErrorCode::kBadMessage, "the INFO line holds no JSON object", "nats");
  ServerInfo info;
  const auto text = [&json](const char* key, const char* otherwise) {
    const auto found = json.find(key);
    return found != json.end() && found->is_string() ? found->get<std::string>() : std::string(otherwise);
  };
  info.name = text("server_name", "");
  info.version = text("version", "unknown");
  const auto jetstream = json.find("jetstream");
  info.jetstream = jetstream != json.end() && jetstream->is_boolean() && jetstream->get<bool>();
  if (std::sscanf(info.version.c_str(), "%d.%d", &info.major, &info.minor) != 2) info.major = info.minor = 0;
  return info;
}

Result<ServerInfo> ReadServerInfo(const std::string& url, std::chrono::milliseconds timeout) {
  const auto deadline = Clock::now() + timeout;
  std::string host;
  std::string port;
  SplitUrl(url, &host, &port);
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  addrinfo* found = nullptr;
  if (const int error = getaddrinfo(host.c_str(), port.c_str(), &hints, &found); error != 0) {
    return Status(ErrorCode::kUnavailable, std::string("cannot find the host: ") + gai_strerror(error), url);
  }
  std::string line;
  for (const addrinfo* address = found; address != nullptr && line.empty(); address = address->ai_next) {
    const Socket socket_(socket(address->ai_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
    if (socket_.fd() >= 0 && ConnectSocket(socket_.fd(), *address, deadline)) line = ReadLine(socket_.fd(), deadline);
  }
  freeaddrinfo(found);
  if (line.empty()) return Status(ErrorCode::kUnavailable, "the server did not say which version it is", url);
  return ParseServerInfo(line);
}

ServerAge AgeOf(const ServerInfo& info) {
  if (!info.known()) return ServerAge::kUnknown;
  if (!info.AtLeast(2, 10)) return ServerAge::kTooOld;
  return info.AtLeast(2, 11) ? ServerAge::kRecommended : ServerAge::kAcceptable;
}

}  // namespace muster::adapters::nats
