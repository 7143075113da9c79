// The examples that docs/sdk.md quotes, as programs.
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <cstdlib>

#include "muster/v1/task.pb.h"
#include "tests/integration/sdk/dispatcher_peer.h"
#include "tests/support/catch.h"
#include "tests/support/eventually.h"
#include "tests/support/nats_fixture.h"

extern char** environ;

namespace muster {
namespace {

using tests::DispatcherPeer;
using tests::Eventually;
using tests::NatsServer;

// A program that is ended by SIGTERM, or SIGKILL at the end of the scope.
class Program {
 public:
  Program(const std::string& name, const std::string& url) {
    std::string path = std::string(std::getenv("MUSTER_BIN")) + "/examples/" + name;
    std::string address = url;
    char* arguments[] = {path.data(), address.data(), nullptr};
    REQUIRE(::posix_spawn(&pid_, path.c_str(), nullptr, nullptr, arguments, environ) == 0);
  }
  ~Program() {
    if (pid_ < 0) return;
    ::kill(pid_, SIGKILL);
    ::waitpid(pid_, nullptr, 0);
  }
  // Its exit code after SIGTERM.
  int Terminate() {
    int status = 0;
    ::kill(pid_, SIGTERM);
    ::waitpid(std::exchange(pid_, -1), &status, 0);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
  }

 private:
  pid_t pid_ = -1;
};

// The name of the only worker there is, once it beats.
std::string Worker(DispatcherPeer& peer) {
  REQUIRE(Eventually([&peer] { return !peer.Beats().empty(); }));
  return peer.Hellos()[0].worker();
}

v1::Task TaskOf(const std::string& type, const std::string& payload) {
  v1::Task task;
  task.set_type(type);
  task.set_payload(payload);
  return task;
}

TEST_CASE("examples: the greeting worker greets, and ends cleanly on SIGTERM") {
  NatsServer server;
  DispatcherPeer peer(server.url());
  Program program("example_hello_worker", server.url());
  peer.Assign(Worker(peer), {"t1"}, TaskOf("greet", "world"));
  REQUIRE(Eventually([&] { return peer.FinalReports() == 1; }));
  CHECK(peer.Reports("t1").back().succeeded().result() == "hello, world");
  CHECK(program.Terminate() == 0);
  CHECK(Eventually([&] { return peer.Byes().size() == 1; }));
}

TEST_CASE("examples: the counting worker tells its progress and can be cancelled") {
  NatsServer server;
  DispatcherPeer peer(server.url());
  Program program("example_progress_worker", server.url());
  const std::string worker = Worker(peer);
  peer.Assign(worker, {"t1", "t2"}, TaskOf("count", ""));
  REQUIRE(Eventually([&] { return peer.Reports("t2").size() >= 2; }));
  peer.Cancel(worker, "t2", v1::ERROR_CODE_CANCELLED);
  REQUIRE(Eventually([&] { return peer.FinalReports() == 2; }));
  CHECK(peer.Reports("t1").back().succeeded().result() == "counted to 20");
  CHECK(peer.Reports("t2").back().has_cancelled());
}

TEST_CASE("examples: the fencing worker writes") {
  NatsServer server;
  DispatcherPeer peer(server.url());
  Program program("example_fencing_worker", server.url());
  peer.Assign(Worker(peer), {"t1"}, TaskOf("book", "value"));
  REQUIRE(Eventually([&] { return peer.FinalReports() == 1; }));
  CHECK(peer.Reports("t1").back().has_succeeded());
}

}  // namespace
}  // namespace muster
