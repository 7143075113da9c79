#include "tests/support/nats_fixture.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <spawn.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <cstdlib>
#include <fstream>
#include <sstream>
#include <stdexcept>

#include "tests/support/eventually.h"
#include "worker_sdk/nats/link.h"

extern char** environ;

namespace muster::tests {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

std::string ReadFile(const std::string& path) {
  std::ifstream file(path);
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

}  // namespace

int FreePort() {
  const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  const bool good = ::bind(fd, reinterpret_cast<sockaddr*>(&address), size) == 0 &&
                    ::getsockname(fd, reinterpret_cast<sockaddr*>(&address), &size) == 0;
  ::close(fd);
  if (!good) throw std::runtime_error("no free port");
  return ntohs(address.sin_port);
}

std::string NatsServerPath() {
  if (const char* given = std::getenv("NATS_SERVER"); given != nullptr && *given != '\0') return given;
  const char* path = std::getenv("PATH");
  std::istringstream folders(path != nullptr ? path : "");
  for (std::string folder; std::getline(folders, folder, ':');) {
    const std::string candidate = folder + "/nats-server";
    if (::access(candidate.c_str(), X_OK) == 0) return candidate;
  }
  return {};
}

NatsServer::NatsServer(std::vector<std::string> arguments, bool jetstream)
    : arguments_(std::move(arguments)), jetstream_(jetstream), port_(FreePort()) {
  Start();
}

NatsServer::~NatsServer() {
  Kill();
}

std::string NatsServer::url() const {
  return "nats://127.0.0.1:" + std::to_string(port_);
}

void NatsServer::Start() {
  const std::string binary = NatsServerPath();
  if (binary.empty()) throw std::runtime_error("no nats-server: set NATS_SERVER, or run ./dev setup");
  const std::string log = scratch_.File("nats.log");
  std::vector<std::string> words = {binary, "-a", "127.0.0.1", "-p", std::to_string(port_), "-l", log};
  if (jetstream_) words.insert(words.end(), {"-js", "-sd", scratch_.File("store")});
  words.insert(words.end(), arguments_.begin(), arguments_.end());
  std::vector<char*> pointers;
  for (auto& word : words) pointers.push_back(word.data());
  pointers.push_back(nullptr);
  if (::posix_spawn(&pid_, binary.c_str(), nullptr, nullptr, pointers.data(), environ) != 0) {
    throw std::runtime_error("cannot start " + binary);
  }
  const bool up = Eventually(
      [&] {
        if (::waitpid(pid_, nullptr, WNOHANG) == pid_) {
          pid_ = -1;
          throw std::runtime_error("nats-server ended at once: " + ReadFile(log));
        }
        return ReadFile(log).find("Server is ready") != std::string::npos;
      },
      seconds(15));
  if (!up) throw std::runtime_error("nats-server does not answer: " + ReadFile(log));
}

void NatsServer::Kill() {
  End(SIGKILL);
}
void NatsServer::Terminate() {
  End(SIGTERM);
}

void NatsServer::End(int signal) {
  if (pid_ < 0) return;
  ::kill(pid_, signal);
  ::waitpid(pid_, nullptr, 0);
  pid_ = -1;
  std::error_code ignored;
  std::filesystem::remove(scratch_.File("nats.log"), ignored);  // the next start waits for its own words
}

void NatsServer::Freeze() {
  ::kill(pid_, SIGSTOP);
  ::waitpid(pid_, nullptr, WUNTRACED);  // its threads stop a moment after the signal
}
void NatsServer::Thaw() {
  ::kill(pid_, SIGCONT);
}

void NatsServer::AddStream(const std::string& name, const std::vector<std::string>& subjects, const std::string& more) {
  ConnectionOptions options;
  options.servers = {url()};
  options.retry_for = seconds(5);
  auto link = Link::Connect(options);
  if (!link.ok()) throw std::runtime_error(link.status().message());
  std::string list;
  for (const auto& subject : subjects) list += (list.empty() ? "\"" : ",\"") + subject + "\"";
  const auto reply = (*link)->Request(
      "$JS.API.STREAM.CREATE." + name,
      "{\"name\":\"" + name + "\",\"subjects\":[" + list + "],\"storage\":\"file\"" + more + "}", seconds(5));
  if (!reply.ok()) throw std::runtime_error(reply.status().message());
  if (reply->find("\"error\"") != std::string::npos) throw std::runtime_error("stream " + name + ": " + *reply);
}

}  // namespace muster::tests
