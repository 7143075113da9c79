#include "worker_sdk/src/run_context.h"

#include <stdexcept>
#include <thread>

#include "tests/support/catch.h"

namespace muster {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

class KeepingSink final : public RunSink {
 public:
  void Post(session::Event event) override { events.push_back(std::move(event)); }
  void Log(LogLevel, const std::string& line) override { lines.push_back(line); }
  std::vector<session::Event> events;
  std::vector<std::string> lines;
};

session::Assignment Make() {
  auto body = std::make_shared<session::TaskBody>();
  body->task.set_type("kind");
  body->task.set_priority(v1::PRIORITY_HIGH);
  session::Assignment assignment;
  assignment.ref = {"t1", 2, 9};
  assignment.fencing = 55;
  assignment.body = body;
  return assignment;
}

Outcome RunOnce(const Handler& handler) {
  KeepingSink sink;
  RunContext context(Make(), &handler, &sink);
  context.Run();
  REQUIRE(sink.events.size() == 1);
  const auto& finished = std::get<session::Finished>(sink.events[0]);
  CHECK(finished.ref == session::Ref{"t1", 2, 9});
  return finished.outcome;
}

TEST_CASE("run: the handler sees its attempt") {
  RunOnce([](TaskContext& task) {
    CHECK(task.id() == "t1");
    CHECK(task.type() == "kind");
    CHECK(task.attempt() == 2);
    CHECK(task.fencing() == 55);
    CHECK(task.priority() == Priority::kHigh);
    CHECK_FALSE(task.deadline());
    CHECK(task.time_left() == milliseconds::max());
    return Outcome::Success();
  });
}

TEST_CASE("run: an exception is a retryable error, whatever its type") {
  const Outcome known = RunOnce([](TaskContext&) -> Outcome { throw std::runtime_error("disk on fire"); });
  CHECK(known.kind() == Outcome::Kind::kRetry);
  CHECK(known.error().message() == "the handler threw: disk on fire");
  const Outcome unknown = RunOnce([](TaskContext&) -> Outcome { throw 42; });
  CHECK(unknown.kind() == Outcome::Kind::kRetry);
  const Outcome memory = RunOnce([](TaskContext&) -> Outcome { throw std::bad_alloc(); });
  CHECK(memory.error().code() == ErrorCode::kOutOfMemory);
}

TEST_CASE("run: without a handler for its type it is tried elsewhere") {
  KeepingSink sink;
  RunContext context(Make(), nullptr, &sink);
  context.Run();
  CHECK(std::get<session::Finished>(sink.events[0]).outcome.error().code() == ErrorCode::kNoHandler);
}

TEST_CASE("run: the sooner of time-out and deadline is the end") {
  const Handler handler = [](TaskContext&) { return Outcome::Success(); };
  KeepingSink sink;
  session::Assignment assignment = Make();
  assignment.timeout = seconds(10);
  const RunContext timed(assignment, &handler, &sink);
  REQUIRE(timed.deadline());
  CHECK(timed.time_left() <= seconds(10));
  CHECK(timed.time_left() > seconds(5));
  auto body = std::make_shared<session::TaskBody>();
  body->task.set_deadline_ms(1000);  // long ago
  assignment.body = body;
  CHECK(RunContext(assignment, &handler, &sink).time_left() == milliseconds::zero());
}

TEST_CASE("run: cancelling wakes a handler that waits for it") {
  KeepingSink sink;
  const Handler handler = [](TaskContext& task) {
    return task.WaitCancelled(std::chrono::hours(1)) ? Outcome::Cancelled() : Outcome::Success();
  };
  RunContext context(Make(), &handler, &sink);
  std::thread runner([&context] { context.Run(); });
  context.Cancel();
  runner.join();
  CHECK(context.cancelled());
  CHECK(std::get<session::Finished>(sink.events[0]).outcome.kind() == Outcome::Kind::kCancelled);
}

TEST_CASE("run: progress of a busy handler is thinned out, its end is not") {
  KeepingSink sink;
  const Handler handler = [](TaskContext& task) {
    for (std::uint32_t i = 0; i <= 100; ++i) task.SetProgress(i, "step");
    return Outcome::Success();
  };
  RunContext context(Make(), &handler, &sink);
  context.Run();
  REQUIRE(sink.events.size() >= 3);
  CHECK(sink.events.size() < 50);
  CHECK(std::get<session::ProgressMade>(sink.events[0]).percent == 0);
  CHECK(std::get<session::ProgressMade>(sink.events[sink.events.size() - 2]).percent == 100);
}

}  // namespace
}  // namespace muster
