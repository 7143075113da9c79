#include "muster/worker.h"

#include <atomic>
#include <csignal>
#include <mutex>
#include <thread>

#include "muster/v1/task.pb.h"
#include "schemas/subjects.h"
#include "tests/integration/sdk/dispatcher_peer.h"
#include "tests/support/catch.h"
#include "tests/support/eventually.h"
#include "tests/support/nats_fixture.h"

namespace muster {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using tests::DispatcherPeer;
using tests::Eventually;
using tests::NatsServer;

WorkerOptions Options(const NatsServer& server) {
  WorkerOptions options;
  options.connection.servers = {server.url()};
  options.name = "w";
  options.slots = 4;
  options.stop_on_signals = false;
  options.drain_timeout = seconds(5);
  options.log = [](LogLevel, const std::string&) {};
  return options;
}

// A worker that runs on a thread until the end of the scope.
class Running {
 public:
  explicit Running(Worker& worker) : worker_(worker), thread_([this] { status_ = worker_.Run(); }) {}
  ~Running() {
    worker_.Stop();
    [[maybe_unused]] const Status ended = Join();
  }
  Status Join() {
    if (thread_.joinable()) thread_.join();
    return status_;
  }

 private:
  Worker& worker_;
  Status status_;
  std::thread thread_;
};

bool Welcomed(DispatcherPeer& peer) {
  return Eventually([&peer] { return !peer.Beats().empty(); });
}

// A gate that handlers wait at, until it is opened.
class Gate {
 public:
  void Pass() {
    ++waiting_;
    while (!open_) open_.wait(false);
  }
  void Open() {
    open_ = true;
    open_.notify_all();
  }
  int waiting() const { return waiting_; }

 private:
  std::atomic<bool> open_ = false;
  std::atomic<int> waiting_ = 0;
};

v1::Task TaskOf(const std::string& type, const std::string& payload = {}) {
  v1::Task task;
  task.set_type(type);
  task.set_queue("mail");
  task.set_payload(payload);
  return task;
}

TEST_CASE("worker: it says hello, beats with its load and gauges, runs what it is given, says goodbye") {
  NatsServer server;
  DispatcherPeer peer(server.url());
  WorkerOptions options = Options(server);
  options.capabilities = {"gpu"};
  Worker worker(options);
  worker.Handle("upper", [](TaskContext& task) {
    std::string text = task.payload();
    for (char& c : text) c = static_cast<char>(std::toupper(c));
    return Outcome::Success(text, "text/plain");
  });
  worker.AddGauge("answer", [] { return 42.0; });
  Running running(worker);
  REQUIRE(Welcomed(peer));
  CHECK(peer.Hellos()[0].capabilities(0) == "gpu");
  CHECK(peer.Hellos()[0].types(0) == "upper");
  CHECK(peer.Beats()[0].gauges().at("answer") == 42.0);
  CHECK(peer.Beats()[0].memory_free() > 0);

  peer.Assign("w", {"t1"}, TaskOf("upper", "hello"));
  REQUIRE(Eventually([&] { return peer.FinalReports() == 1; }));
  const auto reports = peer.Reports("t1");
  CHECK(reports.back().succeeded().result() == "HELLO");
  CHECK(reports.back().succeeded().content_type() == "text/plain");
  CHECK(Eventually([&] { return worker.stats().unsettled == 0; }));
  CHECK(worker.stats().succeeded == 1);

  worker.Stop();
  CHECK(running.Join().ok());
  CHECK(Eventually([&] { return peer.Byes().size() == 1; }));
}

TEST_CASE("worker: a thousand quick tasks cost a thousand reports in far fewer messages") {
  NatsServer server;
  DispatcherPeer peer(server.url());
  WorkerOptions options = Options(server);
  options.slots = 1000;
  options.threads = 8;
  Worker worker(options);
  worker.Handle("*", [](TaskContext&) { return Outcome::Success(); });
  Running running(worker);
  REQUIRE(Welcomed(peer));
  std::vector<std::string> ids;
  for (int i = 0; i < 1000; ++i) ids.push_back("t" + std::to_string(i));
  peer.Assign("w", ids);
  REQUIRE(Eventually([&] { return peer.FinalReports() == 1000; }));
  CHECK(peer.ReportMessages() < 500);
  CHECK(Eventually([&] { return worker.stats().unsettled == 0; }));
}

TEST_CASE("worker: every kind of outcome is told as it is") {
  NatsServer server;
  DispatcherPeer peer(server.url());
  Worker worker(Options(server));
  worker.Handle("retry", [](TaskContext&) { return Outcome::Retry("not now", seconds(3)); });
  worker.Handle("fail", [](TaskContext&) { return Outcome::Fail("never"); });
  worker.Handle("throw", [](TaskContext&) -> Outcome { throw std::runtime_error("oops"); });
  Running running(worker);
  REQUIRE(Welcomed(peer));
  peer.Assign("w", {"t1"}, TaskOf("retry"));
  peer.Assign("w", {"t2"}, TaskOf("fail"));
  peer.Assign("w", {"t3"}, TaskOf("throw"));
  peer.Assign("w", {"t4"}, TaskOf("unheard-of"));
  REQUIRE(Eventually([&] { return peer.FinalReports() == 4; }));
  CHECK(peer.Reports("t1").back().failed().retry_after_ms() == 3000);
  CHECK(peer.Reports("t2").back().failed().error().code() == v1::ERROR_CODE_PERMANENT);
  CHECK(peer.Reports("t3").back().failed().error().message() == "the handler threw: oops");
  CHECK(peer.Reports("t4").back().failed().error().code() == v1::ERROR_CODE_NO_HANDLER);
}

TEST_CASE("worker: a long task is accepted, tells its progress, and stops when cancelled") {
  NatsServer server;
  DispatcherPeer peer(server.url());
  Worker worker(Options(server));
  worker.Handle("*", [](TaskContext& task) {
    task.SetProgress(50, "half");
    return task.WaitCancelled(std::chrono::minutes(5)) ? Outcome::Cancelled() : Outcome::Success();
  });
  Running running(worker);
  REQUIRE(Welcomed(peer));
  peer.Assign("w", {"t1"});
  REQUIRE(Eventually([&] { return peer.Reports("t1").size() == 2; }));
  bool accepted = false;
  bool progress = false;
  for (const auto& report : peer.Reports("t1")) {
    accepted = accepted || report.has_accepted();
    progress = progress || (report.has_progress() && report.progress().percent() == 50);
  }
  CHECK(accepted);
  CHECK(progress);
  peer.Cancel("w", "t1", v1::ERROR_CODE_CANCELLED);
  REQUIRE(Eventually([&] { return peer.FinalReports() == 1; }));
  CHECK(peer.Reports("t1").back().has_cancelled());
}

TEST_CASE("worker: the run time-out ends an attempt as a failure") {
  NatsServer server;
  DispatcherPeer peer(server.url());
  Worker worker(Options(server));
  worker.Handle("*", [](TaskContext& task) {
    task.WaitCancelled(std::chrono::minutes(5));
    return Outcome::Cancelled();
  });
  Running running(worker);
  REQUIRE(Welcomed(peer));
  peer.Assign("w", {"t1"}, {}, 1, 100);
  REQUIRE(Eventually([&] { return peer.FinalReports() == 1; }));
  CHECK(peer.Reports("t1").back().failed().error().code() == v1::ERROR_CODE_TIMEOUT);
}

TEST_CASE("worker: an outcome outlives a server that is killed, and is repeated until it is settled") {
  NatsServer server;
  Gate gate;
  Worker worker(Options(server));
  worker.Handle("*", [&gate](TaskContext&) {
    gate.Pass();
    return Outcome::Success("kept");
  });
  auto before = std::make_unique<DispatcherPeer>(server.url());
  Running running(worker);
  REQUIRE(Welcomed(*before));
  before->Assign("w", {"t1"});
  REQUIRE(Eventually([&] { return gate.waiting() == 1; }));
  before.reset();
  server.Kill();
  gate.Open();
  REQUIRE(Eventually([&] { return worker.stats().unsettled == 1; }));
  server.Start();

  DispatcherPeer after(server.url());
  after.settles = false;
  REQUIRE(Eventually([&] { return after.FinalReports() >= 2; }));
  CHECK(after.Reports("t1").back().succeeded().result() == "kept");
  REQUIRE(Eventually([&] { return !after.Hellos().empty() || !after.Beats().empty(); }));
  after.settles = true;
  CHECK(Eventually([&] { return worker.stats().unsettled == 0; }));
}

TEST_CASE("worker: a stop hands back what waits and lets what runs end") {
  NatsServer server;
  DispatcherPeer peer(server.url());
  WorkerOptions options = Options(server);
  options.slots = 1;
  options.prefetch = 1;
  Gate gate;
  Worker worker(options);
  worker.Handle("*", [&gate](TaskContext&) {
    gate.Pass();
    return Outcome::Success();
  });
  Running running(worker);
  REQUIRE(Welcomed(peer));
  peer.Assign("w", {"t1", "t2"});
  REQUIRE(Eventually([&] { return gate.waiting() == 1; }));
  worker.Stop();
  REQUIRE(Eventually([&] { return peer.FinalReports() == 1; }));
  CHECK(peer.Reports("t2").back().has_released());
  gate.Open();
  CHECK(running.Join().ok());
  CHECK(Eventually([&] { return peer.FinalReports() == 2 && peer.Byes().size() == 1; }));
  CHECK(peer.Reports("t1").back().has_succeeded());
}

TEST_CASE("worker: SIGTERM drains, a second one hands everything back at once") {
  NatsServer server;
  DispatcherPeer peer(server.url());
  WorkerOptions options = Options(server);
  options.stop_on_signals = true;
  options.drain_timeout = std::chrono::minutes(5);
  std::atomic<bool> started = false;
  Worker worker(options);
  worker.Handle("*", [&started](TaskContext& task) {
    started = true;
    task.WaitCancelled(std::chrono::minutes(5));
    return Outcome::Cancelled();
  });
  Running running(worker);
  REQUIRE(Welcomed(peer));
  peer.Assign("w", {"t1"});
  REQUIRE(Eventually([&] { return started.load(); }));
  ::raise(SIGTERM);
  REQUIRE(Eventually([&] { return peer.Beats().back().draining(); }));
  CHECK(peer.FinalReports() == 0);
  ::raise(SIGTERM);
  CHECK(running.Join().ok());
  CHECK(Eventually([&] { return peer.FinalReports() == 1; }));
  CHECK(peer.Reports("t1").back().has_released());
}

TEST_CASE("worker: asked by a dispatcher that does not know it, it says who it is and what it holds") {
  NatsServer server;
  DispatcherPeer peer(server.url());
  Gate gate;
  Worker worker(Options(server));
  worker.Handle("*", [&gate](TaskContext&) {
    gate.Pass();
    return Outcome::Success();
  });
  Running running(worker);
  REQUIRE(Welcomed(peer));
  peer.Assign("w", {"t1"});
  REQUIRE(Eventually([&] { return gate.waiting() == 1; }));
  const std::size_t before = peer.Hellos().size();
  v1::Command identify;
  identify.mutable_identify();
  peer.Command("w", identify);
  REQUIRE(Eventually([&] { return peer.Hellos().size() > before; }));
  REQUIRE(peer.Hellos().back().holding_size() == 1);
  CHECK(peer.Hellos().back().holding(0).task_id() == "t1");
  v1::Command inventory;
  inventory.mutable_take_inventory()->set_token(9);
  peer.Command("w", inventory);
  REQUIRE(Eventually([&] { return peer.Inventories().size() == 1; }));
  CHECK(peer.Inventories()[0].token() == 9);
  CHECK(peer.Inventories()[0].holding_size() == 1);
  gate.Open();
}

TEST_CASE("worker: garbage on its subjects is counted and does no harm") {
  NatsServer server;
  DispatcherPeer peer(server.url());
  Worker worker(Options(server));
  worker.Handle("*", [](TaskContext&) { return Outcome::Success(); });
  Running running(worker);
  REQUIRE(Welcomed(peer));
  ConnectionOptions options;
  options.servers = {server.url()};
  auto link = Link::Connect(options);
  REQUIRE(link.ok());
  REQUIRE((*link)->Publish(subjects::Assign("w"), "\xFF\xFE garbage").ok());
  REQUIRE((*link)->Publish(subjects::Control("w"), std::string(1000, '\xFF')).ok());
  CHECK(Eventually([&] { return worker.stats().undecodable == 2; }));
  peer.Assign("w", {"t1"});
  CHECK(Eventually([&] { return peer.FinalReports() == 1; }));
}

TEST_CASE("worker: it waits for a server that is not up yet, and stops when told to") {
  NatsServer server;
  server.Kill();
  Worker worker(Options(server));
  worker.Handle("*", [](TaskContext&) { return Outcome::Success(); });
  {
    Running running(worker);
    server.Start();
    DispatcherPeer peer(server.url());
    CHECK(Eventually([&] { return !peer.Hellos().empty(); }));
  }
  server.Kill();
  Worker never(Options(server));
  never.Handle("*", [](TaskContext&) { return Outcome::Success(); });
  Running running(never);
  never.Stop();
  CHECK(running.Join().ok());
}

TEST_CASE("worker: refused by the dispatcher, or without handlers, it ends with the reason") {
  NatsServer server;
  Worker idle(Options(server));
  CHECK(idle.Run().code() == ErrorCode::kBadRequest);

  DispatcherPeer peer(server.url());
  peer.welcomes = false;
  Worker worker(Options(server));
  worker.Handle("*", [](TaskContext&) { return Outcome::Success(); });
  Running running(worker);
  REQUIRE(Eventually([&] { return !peer.Hellos().empty(); }));
  v1::Command refused;
  refused.mutable_refused()->mutable_error()->set_code(v1::ERROR_CODE_CONFLICT);
  refused.mutable_refused()->mutable_error()->set_message("a newer worker has this name");
  peer.Command("w", refused);
  const Status status = running.Join();
  CHECK(status.code() == ErrorCode::kConflict);
  CHECK(status.message().find("a newer worker has this name") != std::string::npos);
}

}  // namespace
}  // namespace muster
