#include "dispatcher/daemon/dev_server.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <signal.h>
#include <spawn.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <thread>

namespace muster::daemon {
namespace {

namespace fs = std::filesystem;
using Clock = std::chrono::steady_clock;

constexpr auto kStartTimeout = std::chrono::seconds(20);
constexpr auto kStopTimeout = std::chrono::seconds(10);
constexpr auto kLook = std::chrono::milliseconds(10);

Status Unavailable(std::string message, std::string where) {
  return Status(ErrorCode::kUnavailable, std::move(message), std::move(where));
}

std::string ReadAll(const fs::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

bool IsProgram(const fs::path& path) {
  return access(path.c_str(), X_OK) == 0 && !fs::is_directory(path);
}

std::string FindServer() {
  if (const char* named = std::getenv("NATS_SERVER"); named != nullptr && *named != '\0') {
    return IsProgram(named) ? named : "";
  }
  std::error_code error;
  const fs::path self = fs::read_symlink("/proc/self/exe", error);
  if (!error && IsProgram(self.parent_path() / "nats-server")) return self.parent_path() / "nats-server";
  const char* path = std::getenv("PATH");
  std::string folder;
  for (const char* c = path == nullptr ? "" : path;; ++c) {
    if (*c != ':' && *c != '\0') {
      folder.push_back(*c);
      continue;
    }
    if (!folder.empty() && IsProgram(fs::path(folder) / "nats-server")) return fs::path(folder) / "nats-server";
    folder.clear();
    if (*c == '\0') return "";
  }
}

bool PortIsFree(int port) {
  const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (fd < 0) return true;
  const int on = 1;
  setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(static_cast<std::uint16_t>(port));
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  const bool is_free = bind(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0;
  close(fd);
  return is_free;
}

// Our child, or one that init has taken over.
bool IsAlive(pid_t pid) {
  int status = 0;
  if (waitpid(pid, &status, WNOHANG) == pid) return false;
  return kill(pid, 0) == 0;
}

void EndProcess(pid_t pid) {
  kill(pid, SIGTERM);
  const auto end = Clock::now() + kStopTimeout;
  while (IsAlive(pid) && Clock::now() < end) std::this_thread::sleep_for(kLook);
  if (!IsAlive(pid)) return;
  kill(pid, SIGKILL);
  while (IsAlive(pid)) std::this_thread::sleep_for(kLook);
}

// The one of the pid file, if it still runs with our configuration file: never another process of that number.
void EndStale(const fs::path& pid_file, const fs::path& conf) {
  const pid_t pid = static_cast<pid_t>(std::atol(ReadAll(pid_file).c_str()));
  if (pid <= 1) return;
  const std::string arguments = ReadAll("/proc/" + std::to_string(pid) + "/cmdline");
  if (arguments.find(conf.string()) != std::string::npos) EndProcess(pid);
  std::error_code error;
  fs::remove(pid_file, error);
}

std::string Quoted(const std::string& text) {
  std::string quoted = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') quoted.push_back('\\');
    quoted.push_back(c);
  }
  return quoted + "\"";
}

std::string LastLines(const fs::path& path) {
  const std::string text = ReadAll(path);
  return text.size() > 600 ? text.substr(text.size() - 600) : text;
}

// The server tells its port in a file of this folder.
std::string ReadUrl(const fs::path& folder, pid_t pid) {
  const std::string text = ReadAll(folder / ("nats-server_" + std::to_string(pid) + ".ports"));
  const std::size_t from = text.find("nats://");
  if (from == std::string::npos) return "";
  const std::size_t to = text.find('"', from);
  return to == std::string::npos ? "" : text.substr(from, to - from);
}

}  // namespace

Result<std::unique_ptr<DevServer>> DevServer::Start(const std::string& data_directory, int port) {
  const std::string program = FindServer();
  if (program.empty()) {
    return Unavailable("no nats-server was found: name one in $NATS_SERVER, or run ./dev setup", "nats-server");
  }
  std::error_code error;
  const fs::path folder = fs::absolute(data_directory, error) / "nats";
  fs::create_directories(folder / "ports", error);
  if (error) return Unavailable("cannot be made: " + error.message(), folder.string());

  const fs::path conf = folder / "nats.conf";
  const fs::path log = folder / "nats.log";
  std::unique_ptr<DevServer> server(new DevServer());
  server->pid_file_ = (folder / "nats.pid").string();
  EndStale(server->pid_file_, conf);
  if (port != 0 && !PortIsFree(port)) {
    return Unavailable(
        "port " + std::to_string(port) + " is in use: give another one with --port, or 0 for any free one",
        "nats-server");
  }
  std::ofstream(conf) << "# Written by musterd --dev at every start.\n"
                      << "listen: \"127.0.0.1:" << (port == 0 ? -1 : port) << "\"\n"
                      << "ports_file_dir: " << Quoted((folder / "ports").string()) << "\n"
                      << "log_file: " << Quoted(log.string()) << "\n"
                      << "jetstream { store_dir: " << Quoted((folder / "data").string()) << ", sync_interval: 1s }\n";

  // A group of its own: an interrupt at the terminal goes to musterd, which then stops it in order.
  posix_spawnattr_t attributes;
  posix_spawnattr_init(&attributes);
  posix_spawnattr_setpgroup(&attributes, 0);
  sigset_t none;
  sigemptyset(&none);
  posix_spawnattr_setsigmask(&attributes, &none);
  posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGMASK);
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0);
  posix_spawn_file_actions_addopen(&actions, 1, "/dev/null", O_WRONLY, 0);
  posix_spawn_file_actions_addopen(&actions, 2, (folder / "nats.err").c_str(), O_WRONLY | O_CREAT | O_TRUNC, 0600);
  std::string flag = "-c";
  std::string conf_name = conf.string();
  std::string name = program;
  char* argv[] = {name.data(), flag.data(), conf_name.data(), nullptr};
  const int failed = posix_spawn(&server->pid_, program.c_str(), &actions, &attributes, argv, environ);
  posix_spawn_file_actions_destroy(&actions);
  posix_spawnattr_destroy(&attributes);
  if (failed != 0) {
    server->pid_ = -1;
    return Unavailable(std::string("cannot be started: ") + std::strerror(failed), program);
  }
  std::ofstream(server->pid_file_) << server->pid_ << "\n";

  const auto end = Clock::now() + kStartTimeout;
  while ((server->url_ = ReadUrl(folder / "ports", server->pid_)).empty()) {
    if (!IsAlive(server->pid_)) {
      server->pid_ = -1;
      return Unavailable("ended at once; it said: " + LastLines(folder / "nats.err") + LastLines(log), program);
    }
    if (Clock::now() > end) return Unavailable("does not become ready; see " + log.string(), program);
    std::this_thread::sleep_for(kLook);
  }
  return server;
}

DevServer::~DevServer() {
  if (pid_ > 0) EndProcess(pid_);
  std::error_code error;
  fs::remove(pid_file_, error);
}

}  // namespace muster::daemon
