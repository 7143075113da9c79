#include "dispatcher/adapters/logging.h"
#include "tests/support/catch.h"

namespace muster::adapters {
namespace {

TEST_CASE("log: fields follow the event, values are quoted only where they must be") {
  CHECK(FormatLog(LogForm::kText, "worker.joined",
                  {{"worker", "gpu-1"}, {"slots", 4}, {"load", 0.5}, {"draining", false}}) ==
        "worker.joined worker=gpu-1 slots=4 load=0.5 draining=false");
  CHECK(FormatLog(LogForm::kText, "x.y", {{"why", "no answer"}, {"empty", ""}, {"quote", "a\"b"}, {"equals", "a=b"}}) ==
        R"(x.y why="no answer" empty="" quote="a\"b" equals="a=b")");
}

TEST_CASE("log: no text can break out of its line") {
  const std::string line = FormatLog(LogForm::kText, "x.y", {{"text", "one\ntwo\r\t\x1b[31m\x7f"}});
  CHECK(line == R"(x.y text="one\ntwo\r\t\u001b[31m\u007f")");
  CHECK(FormatLog(LogForm::kText, "x.y", {{"text", "caf\xc3\xa9"}}) == "x.y text=caf\xc3\xa9");
}

TEST_CASE("log: the JSON form keeps numbers bare and replaces what is not UTF-8") {
  CHECK(FormatLog(LogForm::kJson, "x.y", {{"n", -3}, {"b", true}, {"t", "a \"b\""}}) ==
        R"({"event":"x.y","n":-3,"b":true,"t":"a \"b\""})");
  CHECK(FormatLog(LogForm::kJson, "x.y", {{"t", "a\xff\xc3"}}) ==
        "{\"event\":\"x.y\",\"t\":\"a\xef\xbf\xbd\xef\xbf\xbd\"}");
  CHECK(FormatLog(LogForm::kJson, "x.y", {{"t", 1.0 / 0.0}}) == R"({"event":"x.y","t":"inf"})");
}

TEST_CASE("log: levels have names, others are refused") {
  for (LogLevel level : {LogLevel::kDebug, LogLevel::kInfo, LogLevel::kWarn, LogLevel::kError, LogLevel::kOff}) {
    REQUIRE(ParseLogLevel(LogLevelName(level)).ok());
    CHECK(*ParseLogLevel(LogLevelName(level)) == level);
  }
  CHECK(ParseLogLevel("loud").status().code() == ErrorCode::kBadRequest);
}

TEST_CASE("log: a level switches off what is below it") {
  StartLogging(LogLevel::kWarn, LogForm::kJson);
  CHECK_FALSE(LogEnabled(LogLevel::kInfo));
  CHECK(LogEnabled(LogLevel::kError));
  StartLogging(LogLevel::kOff, LogForm::kText);
  CHECK_FALSE(LogEnabled(LogLevel::kError));
  StartLogging(LogLevel::kInfo, LogForm::kText);
  CHECK(LogEnabled(LogLevel::kInfo));
}

}  // namespace
}  // namespace muster::adapters
