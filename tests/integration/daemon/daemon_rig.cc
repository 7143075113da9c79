#include "tests/integration/daemon/daemon_rig.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <signal.h>
#include <spawn.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <stdexcept>

#include "tests/support/eventually.h"

extern char** environ;

namespace muster::tests {
namespace {

constexpr auto kPatience = std::chrono::seconds(30);

std::string ReadFile(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

}  // namespace

HttpAnswer HttpGet(int port, const std::string& path) {
  HttpAnswer answer;
  const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(static_cast<std::uint16_t>(port));
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  std::string text;
  if (port != 0 && ::connect(fd, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0) {
    const std::string request = "GET " + path + " HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n";
    if (::write(fd, request.data(), request.size()) == static_cast<ssize_t>(request.size())) {
      char buffer[4096];
      for (ssize_t n = 0; (n = ::read(fd, buffer, sizeof buffer)) > 0;)
        text.append(buffer, static_cast<std::size_t>(n));
    }
  }
  ::close(fd);
  const std::size_t head = text.find("\r\n\r\n");
  if (head == std::string::npos || text.rfind("HTTP/", 0) != 0) return answer;
  answer.status = std::atoi(text.c_str() + text.find(' '));
  answer.body = text.substr(head + 4);
  return answer;
}

Daemon::Daemon(std::string data, std::vector<std::string> arguments) : data_(std::move(data)) {
  const char* bin = std::getenv("MUSTER_BIN");
  if (bin == nullptr) throw std::runtime_error("MUSTER_BIN is not set");
  std::filesystem::remove(data_ + "/http.port");
  std::vector<std::string> words = {std::string(bin) + "/musterd", "--data", data_, "--http", "127.0.0.1:0"};
  words.insert(words.end(), arguments.begin(), arguments.end());
  std::vector<char*> argv;
  for (std::string& word : words) argv.push_back(word.data());
  argv.push_back(nullptr);
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_addopen(&actions, 1, (data_ + ".log").c_str(), O_WRONLY | O_CREAT | O_APPEND, 0600);
  posix_spawn_file_actions_adddup2(&actions, 1, 2);
  const int failed = posix_spawn(&pid_, argv[0], &actions, nullptr, argv.data(), environ);
  posix_spawn_file_actions_destroy(&actions);
  if (failed != 0) throw std::runtime_error("cannot start " + words[0]);
}

Daemon::~Daemon() {
  Kill();
}

void Daemon::Kill() {
  if (pid_ <= 0) return;
  ::kill(pid_, SIGKILL);
  ::waitpid(pid_, nullptr, 0);
  pid_ = -1;
}

void Daemon::Signal(int number) {
  if (pid_ > 0) ::kill(pid_, number);
}

int Daemon::WaitForEnd() {
  int status = 0;
  if (pid_ <= 0 || !Eventually([&] { return ::waitpid(pid_, &status, WNOHANG) == pid_; }, kPatience)) return -1;
  pid_ = -1;
  return WIFEXITED(status) ? WEXITSTATUS(status) : -2;
}

bool Daemon::running() {
  return pid_ > 0 && ::waitpid(pid_, nullptr, WNOHANG) == 0;
}

bool Daemon::BecomesReady() {
  return Eventually([&] { return HttpGet(http_port(), "/readyz").status == 200; }, kPatience);
}

int Daemon::http_port() const {
  return std::atoi(ReadFile(data_ + "/http.port").c_str());
}

std::string Daemon::Log() const {
  return ReadFile(data_ + ".log");
}

}  // namespace muster::tests
