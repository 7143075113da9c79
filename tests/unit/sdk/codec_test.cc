#include "worker_sdk/src/codec.h"

#include "muster/v1/worker.pb.h"
#include "schemas/limits.h"
#include "tests/support/catch.h"

namespace muster::session {
namespace {

Report Final(const std::string& task, Ending ending) {
  Report report;
  report.ref = {task, 2, 9};
  report.kind = Report::Kind::kFinal;
  report.ending = std::make_shared<const Ending>(std::move(ending));
  return report;
}

v1::Reports Parse(const std::string& data) {
  v1::Reports reports;
  REQUIRE(reports.ParseFromString(data));
  return reports;
}

TEST_CASE("codec: an assignment keeps everything the handler is to see") {
  v1::Assignments message;
  message.set_epoch(9);
  message.set_incarnation(7);
  auto& from = *message.add_assignments();
  from.mutable_ref()->set_task_id("t1");
  from.mutable_ref()->set_attempt(2);
  from.mutable_ref()->set_epoch(9);
  from.set_fencing(55);
  from.set_timeout_ms(1500);
  from.set_max_attempts(3);
  from.set_failures(1);
  from.mutable_task()->set_payload("payload");
  (*from.mutable_task()->mutable_labels())["a"] = "b";
  auto event = DecodeAssignments(message.SerializeAsString());
  REQUIRE(event.ok());
  const auto& assigned = std::get<Assigned>(*event);
  CHECK(assigned.epoch == 9);
  CHECK(assigned.incarnation == 7);
  REQUIRE(assigned.assignments.size() == 1);
  const auto& to = assigned.assignments[0];
  CHECK(to.ref == Ref{"t1", 2, 9});
  CHECK(to.fencing == 55);
  CHECK(to.timeout == std::chrono::milliseconds(1500));
  CHECK(to.max_attempts == 3);
  CHECK(to.failures == 1);
  const auto* body = static_cast<const TaskBody*>(to.body.get());
  CHECK(body->task.payload() == "payload");
  CHECK(body->labels == std::map<std::string, std::string>{{"a", "b"}});
}

TEST_CASE("codec: bytes that are no message are refused, commands of a later version left out") {
  CHECK(DecodeAssignments("\xFF garbage").status().code() == ErrorCode::kBadMessage);
  CHECK(DecodeControl("\xFF garbage").status().code() == ErrorCode::kBadMessage);
  v1::Assignments nameless;
  nameless.add_assignments();
  CHECK(DecodeAssignments(nameless.SerializeAsString()).status().code() == ErrorCode::kBadMessage);
  v1::Control control;
  control.add_commands();
  control.add_commands()->mutable_identify();
  auto event = DecodeControl(control.SerializeAsString());
  REQUIRE(event.ok());
  CHECK(std::get<Controlled>(*event).commands.size() == 1);
}

TEST_CASE("codec: each outcome is told in its own words") {
  Ending good;
  good.result = "42";
  good.content_type = "text/plain";
  good.run = std::chrono::milliseconds(12);
  Ending bad;
  bad.kind = Ending::Kind::kFailed;
  bad.error = Status(ErrorCode::kRetryable, "no \xFF luck");
  bad.retry_after = std::chrono::seconds(3);
  Ending back;
  back.kind = Ending::Kind::kReleased;
  back.error = Status(ErrorCode::kReleased, "draining");
  Ending gone;
  gone.kind = Ending::Kind::kCancelled;
  const std::vector<Report> all = {Final("a", good), Final("b", bad), Final("c", back), Final("d", gone)};
  std::span<const Report> left(all);
  std::string data;
  EncodeReports({"w", 7}, left, data);
  CHECK(left.empty());
  const v1::Reports reports = Parse(data);
  CHECK(reports.worker() == "w");
  CHECK(reports.incarnation() == 7);
  REQUIRE(reports.reports_size() == 4);
  CHECK(reports.reports(0).succeeded().result() == "42");
  CHECK(reports.reports(0).run_ms() == 12);
  CHECK(reports.reports(0).ref().epoch() == 9);
  CHECK(reports.reports(1).failed().error().message() == "no ? luck");
  CHECK(reports.reports(1).failed().retry_after_ms() == 3000);
  CHECK(reports.reports(2).released().reason() == "draining");
  CHECK(reports.reports(3).has_cancelled());
}

TEST_CASE("codec: reports fill messages up to the bound, a large one goes alone") {
  Ending large;
  large.result.assign(limits::kResultBytesMax, 'x');
  Ending half;
  half.result.assign(limits::kBatchBytesMax / 2 - 1000, 'x');
  const std::vector<Report> all = {Final("a", half), Final("b", half), Final("c", half), Final("d", large),
                                   Final("e", half)};
  std::span<const Report> left(all);
  std::vector<int> sizes;
  std::string data;
  while (!left.empty()) {
    EncodeReports({"w", 7}, left, data);
    CHECK(data.size() < 1024 * 1024);
    sizes.push_back(Parse(data).reports_size());
  }
  CHECK(sizes == std::vector<int>{2, 1, 1, 1});
}

TEST_CASE("codec: hello says what the worker offers") {
  WorkerOptions options;
  options.slots = 3;
  options.prefetch = 1;
  options.speed = 1.5;
  options.capabilities = {"gpu"};
  options.labels = {{"zone", "a"}};
  options.resources = {{"vram", 24}};
  options.queues = {"mail"};
  options.beat = std::chrono::milliseconds(200);
  const Holding holding{{{"t1", 2, 9}}, 4, 3, 0};
  v1::Hello hello;
  REQUIRE(hello.ParseFromString(EncodeHello({"w", 7}, options, {"send"}, holding, true)));
  CHECK(hello.worker() == "w");
  CHECK(hello.incarnation() == 7);
  CHECK(hello.protocol() == 1);
  CHECK_FALSE(hello.version().empty());
  CHECK(hello.slots() == 3);
  CHECK(hello.prefetch() == 1);
  CHECK(hello.speed_milli() == 1500);
  CHECK(hello.capabilities(0) == "gpu");
  CHECK(hello.labels().at("zone") == "a");
  CHECK(hello.resources().at("vram") == 24);
  CHECK(hello.queues(0) == "mail");
  CHECK(hello.types(0) == "send");
  CHECK(hello.beat_ms() == 200);
  CHECK(hello.pid() > 0);
  CHECK(hello.draining());
  CHECK(hello.holding(0).task_id() == "t1");
  CHECK(hello.holding_parts() == 4);
  CHECK(hello.holding_part() == 3);
}

}  // namespace
}  // namespace muster::session
