#include "schemas/subjects.h"

#include "tests/support/catch.h"

namespace muster {
namespace {

TEST_CASE("subjects: a task's subject is taken apart as it was built") {
  for (Priority priority : kAllPriorities) {
    const Result<subjects::TaskAddress> task = subjects::ParseTask(subjects::Task(priority, "resize-2_b"));
    REQUIRE(task.ok());
    CHECK(task->priority == priority);
    CHECK(task->queue == "resize-2_b");
    const Result<subjects::TaskAddress> delayed = subjects::ParseDelayed(subjects::Delayed(priority, "mail"));
    REQUIRE(delayed.ok());
    CHECK(delayed->priority == priority);
    CHECK(delayed->queue == "mail");
  }
  CHECK(subjects::Task(Priority::kHigh, "mail") == "muster.tasks.high.mail");
  CHECK(subjects::TaskStream(Priority::kBackground) == "MUSTER_TASKS_BACKGROUND");
  CHECK(subjects::TaskStreamSubjects(Priority::kLow) == "muster.tasks.low.>");
}

TEST_CASE("subjects: a bad priority or queue is refused, and the nearest priority is named") {
  const Status status = subjects::ParseTask("muster.tasks.hgih.mail").status();
  CHECK(status.code() == ErrorCode::kBadQueue);
  CHECK(status.message().find("did you mean high?") != std::string::npos);
  for (std::string_view subject :
       {"", "muster", "muster.tasks", "muster.tasks.high", "muster.tasks.high.", "muster.tasks.high.a.b",
        "muster.tasks.high.a b", "muster.tasks.high.*", "muster.tasks..a", "muster.tasks.HIGH.a",
        "muster.delayed.high.a", "muster.tasks.high._undecodable", "muster.tasks.high.\xc3\xbc",
        "Muster.tasks.high.a"}) {
    INFO(subject);
    CHECK(subjects::ParseTask(subject).status().code() == ErrorCode::kBadQueue);
  }
}

TEST_CASE("names: one token of at most 64 characters, not beginning with an underscore") {
  CHECK(subjects::CheckName("queue", "a").ok());
  CHECK(subjects::CheckName("queue", std::string(64, 'a')).ok());
  CHECK(subjects::CheckName("queue", std::string(65, 'a')).code() == ErrorCode::kBadQueue);
  CHECK(subjects::CheckName("worker", "").code() == ErrorCode::kBadRequest);
  CHECK(subjects::CheckName("worker", "_all").code() == ErrorCode::kBadRequest);
  CHECK(subjects::CheckName("worker", "a.b").where() == "worker");
  CHECK_FALSE(subjects::CheckName("worker", std::string_view("a\0b", 3)).ok());
}

TEST_CASE("consumers: the epoch in the name is read back, whatever the queue is called") {
  for (std::string_view queue : {"mail", "a-e7", "q-e", "e"}) {
    CHECK(subjects::ParseConsumerEpoch(subjects::TaskConsumer(queue, 42)) == 42);
    CHECK(subjects::ParseConsumerEpoch(subjects::TaskConsumer(queue, UINT64_MAX)) == UINT64_MAX);
  }
  for (std::string_view other :
       {"", "q-mail", "q-mail-e", "mail-e7", "q-mail-e7x", "q-mail-e99999999999999999999", "q-e7"}) {
    INFO(other);
    CHECK(subjects::ParseConsumerEpoch(other) == 0);
  }
}

TEST_CASE("tokens: by index and the last") {
  CHECK(subjects::Token("muster.report.w1", 0) == "muster");
  CHECK(subjects::Token("muster.report.w1", 2) == "w1");
  CHECK(subjects::Token("muster.report.w1", 3).empty());
  CHECK(subjects::Token("muster.report.w1", -1).empty());
  CHECK(subjects::LastToken(subjects::Report("w1")) == "w1");
  CHECK(subjects::LastToken("w1").empty());
}

}  // namespace
}  // namespace muster
