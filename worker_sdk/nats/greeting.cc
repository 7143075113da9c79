#include "worker_sdk/nats/greeting.h"

#include <netdb.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

namespace muster::link {
namespace {

using Clock = std::chrono::steady_clock;
constexpr std::size_t kGreetingBytesMax = 64 * 1024;

class Socket {
 public:
  explicit Socket(int fd) : fd_(fd) {}
  ~Socket() {
    if (fd_ >= 0) ::close(fd_);
  }
  Socket(const Socket&) = delete;
  Socket& operator=(const Socket&) = delete;
  int fd() const { return fd_; }

 private:
  int fd_;
};

// False when the time is up.
bool WaitFor(int fd, short events, Clock::time_point deadline) {
  for (;;) {
    const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(deadline - Clock::now()).count();
    if (left <= 0) return false;
    pollfd item{fd, events, 0};
    const int n = ::poll(&item, 1, static_cast<int>(std::min<std::int64_t>(left, 60000)));
    if (n > 0) return true;
    if (n < 0 && errno != EINTR) return false;
  }
}

Status ConnectTo(const addrinfo& address, int fd, Clock::time_point deadline) {
  if (::connect(fd, address.ai_addr, address.ai_addrlen) == 0) return {};
  if (errno != EINPROGRESS) return {ErrorCode::kUnavailable, std::strerror(errno)};
  if (!WaitFor(fd, POLLOUT, deadline)) return {ErrorCode::kTimeout, "no connection in time"};
  int error = 0;
  socklen_t size = sizeof error;
  ::getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &size);
  if (error != 0) return {ErrorCode::kUnavailable, std::strerror(error)};
  return {};
}

Result<std::string> ReadLine(int fd, Clock::time_point deadline) {
  std::string line;
  char buffer[4096];
  while (line.size() < kGreetingBytesMax) {
    if (!WaitFor(fd, POLLIN, deadline)) return Status(ErrorCode::kTimeout, "no greeting in time");
    const ssize_t n = ::recv(fd, buffer, sizeof buffer, 0);
    if (n < 0 && (errno == EAGAIN || errno == EINTR)) continue;
    if (n <= 0) return Status(ErrorCode::kUnavailable, "the server closed the connection");
    line.append(buffer, static_cast<std::size_t>(n));
    const auto end = line.find("\r\n");
    if (end != std::string::npos) return line.substr(0, end);
  }
  return Status(ErrorCode::kInternal, "the greeting has no end");
}

}  // namespace

Result<std::string> ReadGreeting(std::string_view url, std::chrono::milliseconds timeout) {
  const auto deadline = Clock::now() + timeout;
  if (const auto scheme = url.find("://"); scheme != std::string_view::npos) url.remove_prefix(scheme + 3);
  if (const auto user = url.rfind('@'); user != std::string_view::npos) url.remove_prefix(user + 1);
  std::string host(url);
  std::string port = "4222";
  if (const auto colon = url.rfind(':');
      colon != std::string_view::npos && url.find(']', colon) == std::string_view::npos) {
    host = std::string(url.substr(0, colon));
    port = std::string(url.substr(colon + 1));
  }
  if (host.size() > 1 && host.front() == '[' && host.back() == ']') host = host.substr(1, host.size() - 2);

  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  addrinfo* found = nullptr;
  if (const int error = ::getaddrinfo(host.c_str(), port.c_str(), &hints, &found); error != 0) {
    return Status(ErrorCode::kUnavailable, host + ": " + ::gai_strerror(error));
  }
  Status last(ErrorCode::kUnavailable, host + ": no address");
  Result<std::string> line = last;
  for (const addrinfo* address = found; address != nullptr; address = address->ai_next) {
    const Socket socket(::socket(address->ai_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
    if (socket.fd() < 0) continue;
    last = ConnectTo(*address, socket.fd(), deadline);
    line = last.ok() ? ReadLine(socket.fd(), deadline) : Result<std::string>(last);
    if (line.ok()) break;
  }
  ::freeaddrinfo(found);
  if (!line.ok()) return line;
  if (line->rfind("INFO ", 0) != 0) return Status(ErrorCode::kInternal, host + ":" + port + " is no NATS server");
  return line->substr(5);
}

}  // namespace muster::link
