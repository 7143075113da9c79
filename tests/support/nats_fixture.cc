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

namespace muster::test {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

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

std::string ReadFile(const std::string& path) {
  std::ifstream file(path);
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

}  // namespace

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

NatsFixture::NatsFixture(std::string config) : config_(std::move(config)), port_(FreePort()) { Start(); }

NatsFixture::~NatsFixture() { Kill(); }

std::string NatsFixture::url() const { return "nats://127.0.0.1:" + std::to_string(port_); }

void NatsFixture::Start() {
  const std::string binary = NatsServerPath();
  if (binary.empty()) throw std::runtime_error("no nats-server: set NATS_SERVER, or run ./dev setup");
  const std::string config = scratch_.File("nats.conf");
  const std::string log = scratch_.File("nats.log");
  std::ofstream(config) << "listen: \"127.0.0.1:" << port_ << "\"\njetstream { store_dir: \"" << scratch_.File("store")
                        << "\" }\n"
                        << config_ << "\n";
  std::string words[] = {binary, "-c", config, "-l", log};
  char* arguments[] = {words[0].data(), words[1].data(), words[2].data(), words[3].data(), words[4].data(), nullptr};
  if (::posix_spawn(&pid_, binary.c_str(), nullptr, nullptr, arguments, environ) != 0) {
    throw std::runtime_error("cannot start " + binary);
  }
  ConnectionOptions options;
  options.servers = {url()};
  const bool up = Eventually(
      [&] {
        if (::waitpid(pid_, nullptr, WNOHANG) == pid_) {
          pid_ = -1;
          throw std::runtime_error("nats-server ended at once: " + ReadFile(log));
        }
        // Where the configuration asks for a password this greeting is all we can have; it is enough.
        return ReadFile(log).find("Server is ready") != std::string::npos;
      },
      seconds(15));
  if (!up) throw std::runtime_error("nats-server does not answer: " + ReadFile(log));
}

void NatsFixture::Kill() {
  if (pid_ < 0) return;
  ::kill(pid_, SIGKILL);
  ::waitpid(pid_, nullptr, 0);
  pid_ = -1;
  std::error_code ignored;
  std::filesystem::remove(scratch_.File("nats.log"), ignored);  // the next start waits for its own words
}

void NatsFixture::Freeze() { ::kill(pid_, SIGSTOP); }
void NatsFixture::Thaw() { ::kill(pid_, SIGCONT); }

void NatsFixture::AddStream(const std::string& name, const std::vector<std::string>& subjects, const std::string& more) {
  ConnectionOptions options;
  options.servers = {url()};
  options.retry_for = seconds(5);
  auto link = Link::Connect(options);
  if (!link.ok()) throw std::runtime_error(link.status().message());
  std::string list;
  for (const auto& subject : subjects) list += (list.empty() ? "\"" : ",\"") + subject + "\"";
  const auto reply = (*link)->Request("$JS.API.STREAM.CREATE." + name,
                                      "{\"name\":\"" + name + "\",\"subjects\":[" + list + "],\"storage\":\"file\"" + more + "}",
                                      seconds(5));
  if (!reply.ok()) throw std::runtime_error(reply.status().message());
  if (reply->find("\"error\"") != std::string::npos) throw std::runtime_error("stream " + name + ": " + *reply);
}

}  // namespace muster::test
