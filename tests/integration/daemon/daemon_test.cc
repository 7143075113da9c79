#include <signal.h>

#include <filesystem>
#include <fstream>

#include "muster/client.h"
#include "tests/integration/daemon/daemon_rig.h"
#include "tests/integration/daemon/fleet.h"
#include "tests/support/catch.h"
#include "tests/support/nats_fixture.h"

namespace muster::tests {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

std::unique_ptr<Client> ConnectTo(const NatsServer& server) {
  ConnectionOptions options;
  options.servers = {server.url()};
  options.retry_for = seconds(10);
  auto client = Client::Connect(options);
  INFO(client.status().ToString());
  REQUIRE(client.ok());
  return std::move(client).value();
}

std::vector<Task> Tasks(int count, const std::string& prefix) {
  std::vector<Task> tasks;
  for (int i = 0; i < count; ++i) {
    Task task;
    task.id = prefix + std::to_string(i);
    task.queue = "mail";
    task.payload = std::to_string(i);
    tasks.push_back(task);
  }
  return tasks;
}

void SubmitAll(Client* client, const std::vector<Task>& tasks) {
  for (const auto& answer : client->SubmitBatch(tasks)) {
    INFO(answer.status().ToString());
    REQUIRE(answer.ok());
  }
}

void AllSucceed(Client* client, const std::vector<Task>& tasks) {
  for (const Task& task : tasks) {
    const auto result = client->Await(task.id, seconds(60));
    INFO(task.id << " " << result.status().ToString());
    REQUIRE(result.ok());
    CHECK(result->state == TaskState::kSucceeded);
    CHECK(result->result == "ran " + task.payload);
  }
}

TEST_CASE("musterd: every task submitted gets its result, and SIGTERM ends it with 0") {
  NatsServer nats;
  Scratch scratch;
  Daemon daemon(scratch.File("d"), {"--nats", nats.url()});
  INFO(daemon.Log());
  REQUIRE(daemon.BecomesReady());
  Fleet fleet(nats.url(), 2, 4);
  auto client = ConnectTo(nats);
  const auto tasks = Tasks(200, "a");
  SubmitAll(client.get(), tasks);
  AllSucceed(client.get(), tasks);
  for (const Task& task : tasks) CHECK(fleet.Runs(task.id) == 1);
  CHECK(HttpGet(daemon.http_port(), "/healthz").status == 200);
  CHECK(HttpGet(daemon.http_port(), "/metrics").body.find("muster_turns_total") != std::string::npos);
  daemon.Signal(SIGTERM);
  CHECK(daemon.WaitForEnd() == 0);
}

TEST_CASE("musterd: killed under load it comes back, adopts what runs, and nothing is lost or repeated") {
  NatsServer nats;
  Scratch scratch;
  auto daemon = std::make_unique<Daemon>(scratch.File("d"), std::vector<std::string>{"--nats", nats.url()});
  REQUIRE(daemon->BecomesReady());
  Fleet fleet(nats.url(), 2, 4);
  fleet.Close();
  auto client = ConnectTo(nats);
  const auto tasks = Tasks(100, "b");
  SubmitAll(client.get(), tasks);
  REQUIRE(Eventually([&] { return fleet.running() == 8; }, seconds(30)));
  daemon->Kill();
  daemon = std::make_unique<Daemon>(scratch.File("d"), std::vector<std::string>{"--nats", nats.url()});
  REQUIRE(daemon->BecomesReady());
  CHECK(fleet.running() == 8);
  fleet.Open();
  AllSucceed(client.get(), tasks);
  int repeated = 0;
  for (const Task& task : tasks) repeated += fleet.Runs(task.id) - 1;
  INFO(daemon->Log());
  CHECK(repeated == 0);
}

TEST_CASE("musterd: NATS killed and started again, work goes on by itself") {
  NatsServer nats;
  Scratch scratch;
  Daemon daemon(scratch.File("d"), {"--nats", nats.url()});
  REQUIRE(daemon.BecomesReady());
  Fleet fleet(nats.url(), 1, 4);
  {
    auto client = ConnectTo(nats);
    const auto tasks = Tasks(20, "c");
    SubmitAll(client.get(), tasks);
    AllSucceed(client.get(), tasks);
  }
  nats.Kill();
  CHECK(Eventually([&] { return HttpGet(daemon.http_port(), "/readyz").status == 503; }, seconds(30)));
  CHECK(daemon.running());
  nats.Start();
  CHECK(daemon.BecomesReady());
  auto client = ConnectTo(nats);
  const auto tasks = Tasks(20, "d");
  SubmitAll(client.get(), tasks);
  AllSucceed(client.get(), tasks);
}

TEST_CASE("musterd: without NATS it says so, waits, and begins when NATS comes") {
  NatsServer nats;
  nats.Kill();
  Scratch scratch;
  Daemon daemon(scratch.File("d"), {"--nats", nats.url()});
  REQUIRE(Eventually([&] { return HttpGet(daemon.http_port(), "/healthz").status == 200; }, seconds(30)));
  REQUIRE(Eventually([&] { return daemon.Log().find("nats.unreachable") != std::string::npos; }, seconds(30)));
  const HttpAnswer ready = HttpGet(daemon.http_port(), "/readyz");
  CHECK(ready.status == 503);
  CHECK(ready.body.find("\"nats\"") != std::string::npos);
  nats.Start();
  CHECK(daemon.BecomesReady());
}

TEST_CASE("musterd: asked to stop while it waits for NATS, it ends with 0") {
  NatsServer nats;
  nats.Kill();
  Scratch scratch;
  Daemon daemon(scratch.File("d"), {"--nats", nats.url()});
  REQUIRE(Eventually([&] { return daemon.Log().find("nats.unreachable") != std::string::npos; }, seconds(30)));
  daemon.Signal(SIGTERM);
  CHECK(daemon.WaitForEnd() == 0);
}

TEST_CASE("musterd: the second one on a directory refuses with 4 and says why; the first goes on") {
  NatsServer nats;
  Scratch scratch;
  Daemon first(scratch.File("d"), {"--nats", nats.url()});
  REQUIRE(first.BecomesReady());
  // The same journal from another data directory: the store itself refuses.
  Daemon second(scratch.File("e"), {"--nats", nats.url(), "--journal", scratch.File("d") + "/journal"});
  CHECK(second.WaitForEnd() == 4);
  CHECK(second.Log().find("journal.in_use") != std::string::npos);
  CHECK(first.running());
  CHECK(HttpGet(first.http_port(), "/readyz").status == 200);
}

TEST_CASE("musterd: a newer dispatcher on another journal takes over, the older one ends with 4") {
  NatsServer nats;
  Scratch scratch;
  Daemon older(scratch.File("d"), {"--nats", nats.url()});
  REQUIRE(older.BecomesReady());
  Daemon newer(scratch.File("e"), {"--nats", nats.url()});
  REQUIRE(newer.BecomesReady());
  CHECK(older.WaitForEnd() == 4);
  CHECK(older.Log().find("dispatcher.fenced") != std::string::npos);
  Fleet fleet(nats.url(), 1, 2);
  auto client = ConnectTo(nats);
  const auto tasks = Tasks(10, "e");
  SubmitAll(client.get(), tasks);
  AllSucceed(client.get(), tasks);
}

TEST_CASE("musterd: a wrong configuration ends with 2 and names file and line") {
  Scratch scratch;
  { std::ofstream(scratch.File("m.yaml")) << "tasks:\n  timeout: 30\n"; }
  Daemon daemon(scratch.File("d"), {"--config", scratch.File("m.yaml")});
  CHECK(daemon.WaitForEnd() == 2);
  CHECK(daemon.Log().find("m.yaml:2:") != std::string::npos);
}

TEST_CASE("musterd --dev: brings its own NATS server, takes it along when it ends, and finds its data again") {
  Scratch scratch;
  const std::string data = scratch.File("dev");
  for (int round = 0; round < 2; ++round) {
    Daemon daemon(data, {"--dev", "--port", "0"});
    INFO(daemon.Log());
    REQUIRE(daemon.BecomesReady());
    std::ifstream file(data + "/nats.url");
    std::string url;
    std::getline(file, url);
    ConnectionOptions options;
    options.servers = {url};
    auto client = Client::Connect(options);
    REQUIRE(client.ok());
    Fleet fleet(url, 1, 1);
    Task task;
    task.id = "dev" + std::to_string(round);
    task.queue = "mail";
    REQUIRE(client.value()->Submit(task).ok());
    CHECK(client.value()->Await(task.id, seconds(30)).ok());
    CHECK(client.value()->Await("dev0", seconds(30)).ok());
    if (round == 0) {
      daemon.Kill();  // leaves its server behind: the next one must find and end it
    } else {
      daemon.Signal(SIGTERM);
      CHECK(daemon.WaitForEnd() == 0);
      CHECK_FALSE(std::filesystem::exists(data + "/nats/nats.pid"));
    }
  }
}

}  // namespace
}  // namespace muster::tests
