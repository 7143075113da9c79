// The command line over a real nats-server, musterd and workers.
#include <fstream>

#include "tests/integration/cli/rig.h"
#include "tests/support/catch.h"

namespace muster::cli {
namespace {

TEST_CASE("cli: a submitted payload is run by a program and its result comes back") {
  Rig rig;
  Process worker = rig.Worker("w1", {"--queue", "upper", "--exec", "tr a-z A-Z"});
  const Ran submitted = rig.Muster({"task", "submit", "-q", "upper", "--id", "t1", "-d", "hello", "--wait"});
  CHECK(submitted.code == Exit::kOk);
  CHECK(Lines(submitted.out).front() == "t1");
  CHECK(submitted.out.find("HELLO") != std::string::npos);
  CHECK(rig.Muster({"task", "result", "t1"}).out == "HELLO");
  CHECK(rig.Muster({"task", "show", "t1"}).out.find("succeeded") != std::string::npos);
  CHECK(rig.Muster({"task", "wait", "t1"}).code == Exit::kOk);
  CHECK(rig.Muster({"queue", "show", "upper"}).out.find("upper, priority normal") != std::string::npos);
  CHECK(rig.Muster({"stats", "--json"}).out.find("\"succeeded\":\"1\"") != std::string::npos);
  CHECK(worker.Stop() == 0);
}

TEST_CASE("cli: many files are many tasks, and waiting for them tells one that failed") {
  Rig rig;
  const Process worker = rig.Worker("w1", {"--queue", "lines", "--exec", "grep -q good || exit 65"});
  std::vector<std::string> words = {"task", "submit", "-q", "lines"};
  for (int i = 0; i < 30; ++i) {
    words.push_back(rig.scratch.File("f" + std::to_string(i)));
    std::ofstream(words.back()) << "good";
  }
  const Ran submitted = rig.Muster(words);
  REQUIRE(submitted.code == Exit::kOk);
  std::vector<std::string> wait = Lines(submitted.out);
  CHECK(wait.size() == 30);
  wait.insert(wait.begin(), {"task", "wait", "--timeout", "30s"});
  CHECK(rig.Muster(wait).code == Exit::kOk);
  CHECK(rig.Muster({"task", "submit", "-q", "lines", "--id", "bad", "-d", "x", "-w"}).code == Exit::kFailed);
  wait.emplace_back("bad");
  CHECK(rig.Muster(wait).code == Exit::kFailed);
}

TEST_CASE("cli: a task that no worker can run is explained, waited for in vain and cancelled") {
  Rig rig;
  const Process worker = rig.Worker("w1", {"--queue", "any", "--exec", "cat"});
  REQUIRE(rig.Muster({"task", "submit", "-q", "any", "--id", "t1", "-d", "x", "--require", "gpu"}).code == Exit::kOk);
  CHECK(rig.Becomes("t1", "PARKED"));
  const Ran explained = rig.Muster({"task", "explain", "t1"});
  CHECK(explained.code == Exit::kOk);
  CHECK(explained.out.find("gpu") != std::string::npos);
  CHECK(rig.Muster({"task", "list", "--state", "parked"}).out.find("t1") != std::string::npos);
  CHECK(rig.Muster({"task", "wait", "t1", "--timeout", "300ms"}).code == Exit::kTimedOut);
  CHECK(rig.Muster({"task", "cancel", "t1"}).code == Exit::kOk);
  CHECK(rig.Becomes("t1", "CANCELLED"));
  CHECK(rig.Muster({"task", "wait", "t1"}).code == Exit::kFailed);
  CHECK(rig.Muster({"task", "show", "nobody"}).code == Exit::kNotFound);
}

TEST_CASE("cli: a dead task is listed, shown, replayed under a new id, and gone from the dead") {
  Rig rig;
  const std::string flag = rig.scratch.File("repaired");
  const Process worker = rig.Worker("w1", {"--queue", "frail", "--exec", "test -e " + flag});
  CHECK(rig.Muster({"task", "submit", "-q", "frail", "--id", "t1", "-d", "payload\x1b[1m", "--max-attempts", "1", "-w"})
            .code == Exit::kFailed);
  CHECK(rig.Muster({"dead", "list"}).out.find("t1") != std::string::npos);
  const Ran shown = rig.Muster({"dead", "show", "t1"});
  CHECK(shown.out.find("payload\\x1b[1m") != std::string::npos);
  std::ofstream(flag).put('x');
  const Ran replayed = rig.Muster({"dead", "replay", "t1", "--wait"});
  CHECK(replayed.code == Exit::kOk);
  CHECK(Lines(replayed.out).front() != "t1");
  CHECK(rig.Muster({"dead", "list"}).out.empty());
  CHECK(rig.Muster({"dead", "drop", "--all", "--yes"}).code == Exit::kOk);
  CHECK(rig.Muster({"dead", "show", "t1"}).code == Exit::kNotFound);
}

TEST_CASE("cli: a paused queue waits, a drained worker gets nothing, both come back") {
  Rig rig;
  const Process worker = rig.Worker("w1", {"--queue", "mail", "--exec", "cat"});
  CHECK(rig.Muster({"worker", "drain", "w1", "--wait"}).code == Exit::kOk);
  CHECK(rig.Muster({"worker", "list"}).out.find("draining") != std::string::npos);
  CHECK(rig.Muster({"task", "submit", "-q", "mail", "--id", "t1", "-d", "x"}).code == Exit::kOk);
  CHECK(rig.Muster({"task", "wait", "t1", "--timeout", "500ms"}).code == Exit::kTimedOut);
  CHECK(rig.Muster({"queue", "pause", "mail"}).code == Exit::kOk);
  CHECK(rig.Muster({"worker", "undrain", "w1"}).code == Exit::kOk);
  CHECK(rig.Muster({"queue", "list"}).out.find("paused") != std::string::npos);
  CHECK(rig.Muster({"task", "wait", "t1", "--timeout", "500ms"}).code == Exit::kTimedOut);
  CHECK(rig.Muster({"queue", "resume", "mail"}).code == Exit::kOk);
  CHECK(rig.Muster({"task", "wait", "t1", "--timeout", "10s"}).code == Exit::kOk);
}

TEST_CASE("cli: strategies can be listed and set, a wrong one is refused") {
  Rig rig;
  CHECK(rig.Muster({"strategy", "list"}).out.find("least_loaded") != std::string::npos);
  CHECK(rig.Muster({"strategy", "set", "round_robin"}).code == Exit::kOk);
  CHECK(rig.Muster({"strategy", "list", "--json"}).out.find("round_robin") != std::string::npos);
  CHECK(rig.Muster({"strategy", "set", "no_such"}).code != Exit::kOk);
}

TEST_CASE("cli: doctor finds nothing wrong in a whole system") {
  Rig rig;
  const Process worker = rig.Worker("w1", {"--exec", "cat"});
  const Ran ran = rig.Muster({"doctor"});
  CAPTURE(ran.out);
  CHECK(ran.code == Exit::kOk);
  CHECK(ran.out.find("1 live") != std::string::npos);
}

TEST_CASE("cli: bench with workers of its own ends every task") {
  Rig rig;
  const Ran ran = rig.Muster({"bench", "--tasks", "500", "--workers", "2", "--json"});
  CAPTURE(ran.out, ran.err);
  CHECK(ran.code == Exit::kOk);
  CHECK(ran.out.find("\"succeeded\": 500, \"not_ended\": 0") != std::string::npos);
}

}  // namespace
}  // namespace muster::cli
