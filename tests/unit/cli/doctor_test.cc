#include "dispatcher/cli/doctor.h"

#include <sys/stat.h>

#include "tests/support/catch.h"
#include "tests/support/scratch.h"

namespace muster::cli {
namespace {

TEST_CASE("doctor: servers before 2.10 are refused, 2.10 is a warning") {
  CHECK(JudgeVersion("2.9.10").verdict == Verdict::kBad);
  CHECK(JudgeVersion("2.10.27").verdict == Verdict::kWarning);
  CHECK(JudgeVersion("2.12.15").verdict == Verdict::kGood);
  CHECK(JudgeVersion("2.14.9").verdict == Verdict::kGood);
  CHECK(JudgeVersion("3.0.0").verdict == Verdict::kGood);
  CHECK(JudgeVersion("").verdict == Verdict::kWarning);
}

std::string Stream(const std::string& config,
                   const std::string& state = R"("messages": 1, "bytes": 10, "last_seq": 5)") {
  return R"({"config": {)" + config + R"(}, "state": {)" + state + "}}";
}

TEST_CASE("doctor: a stream of tasks must be a work queue in files that refuses what is new") {
  const auto verdict = [](const std::string& config) {
    return JudgeStream("MUSTER_TASKS_HIGH", true, Stream(config)).front().verdict;
  };
  CHECK(verdict(R"("storage": "file", "retention": "workqueue", "discard": "new", "max_age": 0)") == Verdict::kGood);
  CHECK(verdict(R"("storage": "memory", "retention": "workqueue", "discard": "new")") == Verdict::kBad);
  CHECK(verdict(R"("storage": "file", "retention": "limits", "discard": "new")") == Verdict::kBad);
  CHECK(verdict(R"("storage": "file", "retention": "workqueue", "discard": "old")") == Verdict::kBad);
  CHECK(verdict(R"("storage": "file", "retention": "workqueue", "discard": "new", "max_age": 1000)") == Verdict::kBad);
}

TEST_CASE("doctor: a stream that is nearly full is a warning") {
  const std::string config = R"("storage": "file", "retention": "workqueue", "discard": "new", "max_msgs": 100)";
  CHECK(JudgeStream("S", true, Stream(config, R"("messages": 95, "bytes": 1)")).front().verdict == Verdict::kWarning);
  CHECK(JudgeStream("S", true, Stream(config, R"("messages": 50, "bytes": 1)")).front().verdict == Verdict::kGood);
}

TEST_CASE("doctor: a consumer ahead of its stream, a foreign one and one of another epoch are seen") {
  const auto judge = [](const std::string& consumer) {
    return JudgeConsumers("S", Stream(""), R"({"consumers": [)" + consumer + "]}", 7).front();
  };
  CHECK(judge(R"({"name": "q-mail-e7", "delivered": {"stream_seq": 5}})").verdict == Verdict::kGood);
  CHECK(judge(R"({"name": "q-mail-e7", "delivered": {"stream_seq": 6}})").verdict == Verdict::kBad);
  CHECK(judge(R"({"name": "q-mail-e7", "ack_floor": {"stream_seq": 6}})").verdict == Verdict::kBad);
  CHECK(judge(R"({"name": "q-mail-e6", "delivered": {"stream_seq": 5}})").verdict == Verdict::kWarning);
  CHECK(judge(R"({"name": "somebody", "delivered": {"stream_seq": 5}})").verdict == Verdict::kWarning);
  CHECK(JudgeConsumers("S", Stream(""), "no json", 7).front().verdict == Verdict::kGood);
}

TEST_CASE("doctor: clocks more than a second apart are told") {
  constexpr std::int64_t kServer = 1772366400000;
  const std::string info = R"({"ts": "2026-03-01T12:00:00Z"})";
  CHECK(JudgeClock(info, kServer - 5, kServer + 5).verdict == Verdict::kGood);
  CHECK(JudgeClock(info, kServer - 5000, kServer - 4990).verdict == Verdict::kBad);
  CHECK(JudgeClock(info, kServer + 4990, kServer + 5000).verdict == Verdict::kBad);
  CHECK(JudgeClock("{}", 0, 0).verdict == Verdict::kWarning);
}

TEST_CASE("doctor: a directory that others can write is told, one that is not there is wrong") {
  const tests::Scratch scratch;
  CHECK(CheckDirectory(scratch.File("none")).front().verdict == Verdict::kBad);
  REQUIRE(chmod(scratch.path().c_str(), 0777) == 0);
  CHECK(CheckDirectory(scratch.path().string()).front().verdict == Verdict::kWarning);
}

}  // namespace
}  // namespace muster::cli
