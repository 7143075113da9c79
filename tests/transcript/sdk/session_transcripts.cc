// Plays the transcripts of this folder on a Session.
//
//   config slots=2 prefetch=1 drain=30s lease=1500ms incarnation=7     a new session (the first line of a scene)
//   welcome [beat=500ms] · identify · inventory token=4 · drain [timeout=5s] · undrain · refuse code=66
//   settle t1 attempt=1 · cancel t1 attempt=1 reason=cancelled|timeout|revoked
//       each with [epoch=1] [incarnation=7]
//   assign t1 [attempt=1] [timeout=1s] [t2 …]                          one message with an assignment for each word
//   finish t1 [attempt=1] success|retry|fail|cancelled                 the handler has returned
//   progress t1 50 · disconnect · connect · stop [now] · pass 20ms
//   unsendable t1 [attempt=1]                                          the server refuses a report of this size
// Beats are left out, unless the config says beats=1.
#include <cstdlib>
#include <memory>

#include "tests/support/catch.h"
#include "tests/support/transcript.h"
#include "worker_sdk/src/session.h"

namespace muster::session {
namespace {

using tests::Line;

std::string Print(const Ref& ref) {
  return ref.task + " attempt=" + std::to_string(ref.attempt) +
         (ref.epoch == 1 ? "" : " epoch=" + std::to_string(ref.epoch));
}

std::string Print(const Report& report) {
  std::string text = "report " + Print(report.ref) + " ";
  if (report.kind == Report::Kind::kAccepted) return text + "accepted";
  if (report.kind == Report::Kind::kProgress) return text + "progress " + std::to_string(report.percent);
  const Ending& ending = *report.ending;
  switch (ending.kind) {
    case Ending::Kind::kSucceeded: return text + "succeeded";
    case Ending::Kind::kFailed: return text + "failed " + std::string(ErrorCodeName(ending.error.code()));
    case Ending::Kind::kReleased: return text + "released: " + ending.error.message();
    case Ending::Kind::kCancelled: return text + "cancelled";
  }
  return text;
}

std::string Print(const std::string& what, const Holding& holding) {
  std::string text = what;
  if (holding.token != 0) text += " token=" + std::to_string(holding.token);
  if (holding.parts > 1) text += " part=" + std::to_string(holding.part) + "/" + std::to_string(holding.parts);
  text += " holding";
  for (const auto& ref : holding.refs) text += " " + ref.task + "/" + std::to_string(ref.attempt);
  return text;
}

class Scene {
 public:
  std::vector<std::string> Play(const Line& line) {
    said_.clear();
    if (line.verb == "config") {
      Configure(line);
    } else if (line.verb == "pass") {
      Pass(Duration(tests::ParseMicroseconds(line.Word(0))));
    } else {
      Step(ToEvent(line));
    }
    return std::move(said_);
  }

 private:
  void Configure(const Line& line) {
    Config config;
    incarnation_ = line.Number("incarnation", 7);
    config.incarnation = incarnation_;
    config.slots = static_cast<std::uint32_t>(line.Number("slots", 1));
    config.prefetch = static_cast<std::uint32_t>(line.Number("prefetch", 0));
    config.drain_timeout = Duration(tests::ParseMicroseconds(line.Value("drain", "30s")));
    config.lease = Duration(tests::ParseMicroseconds(line.Value("lease", "1500ms")));
    config.settled_max = line.Number("remember", 4096);
    beats_ = line.Number("beats") != 0;
    session_ = std::make_unique<Session>(config);
    now_ = Time(1000000);
    Step(Tick{});
  }

  // From deadline to deadline, as a real worker would wake.
  void Pass(Duration duration) {
    const Time end = now_ + duration;
    for (int steps = 0; session_->deadline() <= end; ++steps) {
      REQUIRE(steps < 10000);
      now_ = std::max(now_, session_->deadline());
      Step(Tick{});
    }
    now_ = end;
    Step(Tick{});
  }

  void Step(Event event) {
    Output out;
    session_->Step(now_, std::move(event), out);
    for (const auto& cancel : out.cancels) {
      said_.push_back("cancel " + Print(cancel.ref) + " " + std::string(ErrorCodeName(cancel.reason.code())));
    }
    for (const auto& start : out.starts) {
      REQUIRE(start.body != nullptr);
      said_.push_back("start " + Print(start.ref));
    }
    for (const auto& hello : out.hellos) said_.push_back(Print("hello", hello) + (out.draining ? " draining" : ""));
    for (const auto& report : out.reports) said_.push_back(Print(report));
    for (const auto& inventory : out.inventories) said_.push_back(Print("inventory", inventory));
    if (out.beat && beats_) {
      said_.push_back("beat active=" + std::to_string(out.beat->active) + " held=" + std::to_string(out.beat->held) +
                      (out.beat->draining ? " draining" : ""));
    }
    if (out.refused) said_.push_back("refused " + std::string(ErrorCodeName(out.refused->code())));
    if (out.bye) said_.push_back("bye");
  }

  Ref ToRef(const Line& line, const std::string& task) const {
    return {task, static_cast<std::uint32_t>(line.Number("attempt", 1)), line.Number("epoch", 1)};
  }

  static Outcome ToOutcome(const std::string& word) {
    if (word == "retry") return Outcome::Retry("try again");
    if (word == "fail") return Outcome::Fail("never");
    if (word == "cancelled") return Outcome::Cancelled();
    REQUIRE(word == "success");
    return Outcome::Success("result");
  }

  Command ToCommand(const Line& line) const {
    if (line.verb == "welcome") return Welcome{Duration(tests::ParseMicroseconds(line.Value("beat", "500ms")))};
    if (line.verb == "identify") return Identify{};
    if (line.verb == "inventory") return TakeInventory{line.Number("token")};
    if (line.verb == "drain") return Drain{Duration(tests::ParseMicroseconds(line.Value("timeout", "0us")))};
    if (line.verb == "undrain") return Undrain{};
    if (line.verb == "refuse") return Refused{Status(static_cast<ErrorCode>(line.Number("code")), "no")};
    if (line.verb == "cancel") {
      const std::string reason = line.Value("reason", "cancelled");
      const ErrorCode code = reason == "revoked"   ? ErrorCode::kWorkerLost
                             : reason == "timeout" ? ErrorCode::kTimeout
                                                   : ErrorCode::kCancelled;
      return Cancel{ToRef(line, line.Word(0)), Status(code, reason)};
    }
    INFO("verb " << line.verb);
    REQUIRE(line.verb == "settle");
    Settled settled;
    for (const auto& task : line.words) settled.refs.push_back(ToRef(line, task));
    return settled;
  }

  Event ToEvent(const Line& line) const {
    const std::uint64_t incarnation = line.Number("incarnation", incarnation_);
    if (line.verb == "disconnect") return ConnectionChanged{false};
    if (line.verb == "connect") return ConnectionChanged{true};
    if (line.verb == "stop") return StopAsked{line.Word(0) == "now"};
    if (line.verb == "finish") return Finished{ToRef(line, line.Word(0)), ToOutcome(line.Word(1)), Duration(5)};
    if (line.verb == "unsendable") return Unsendable{ToRef(line, line.Word(0))};
    if (line.verb == "progress") {
      return ProgressMade{ToRef(line, line.Word(0)), static_cast<std::uint32_t>(std::stoul(line.Word(1))), "half"};
    }
    if (line.verb != "assign") return Controlled{line.Number("epoch", 1), incarnation, {ToCommand(line)}};
    Assigned assigned{line.Number("epoch", 1), incarnation, {}};
    for (const auto& task : line.words) {
      Assignment assignment;
      assignment.ref = ToRef(line, task);
      assignment.timeout = Duration(tests::ParseMicroseconds(line.Value("timeout", "0us")));
      assignment.body = std::make_shared<int>(1);
      assigned.assignments.push_back(std::move(assignment));
    }
    return assigned;
  }

  std::unique_ptr<Session> session_;
  std::vector<std::string> said_;
  Time now_{};
  std::uint64_t incarnation_ = 7;
  bool beats_ = false;
};

TEST_CASE("session: every transcript comes out as written") {
  const char* source = std::getenv("MUSTER_SOURCE");
  REQUIRE(source != nullptr);
  for (const auto& file : tests::TranscriptsIn(std::string(source) + "/tests/transcript/sdk")) {
    Scene scene;
    CHECK(tests::PlayTranscript(file, [&scene](const Line& line) { return scene.Play(line); }) == "");
  }
}

}  // namespace
}  // namespace muster::session
