#include "dispatcher/cli/args.h"

#include <cstdlib>

#include "dispatcher/cli/parser.h"
#include "tests/support/catch.h"

namespace muster::cli {
namespace {

Exit Nothing(Context&) {
  return Exit::kOk;
}

const std::vector<Verb>& Table() {
  static const std::vector<Verb> kVerbs = {
      {.noun = "task",
       .verb = "submit",
       .summary = "submit",
       .options = {{.flags = "files", .value = "FILE", .repeated = true},
                   {.flags = "--queue,-q", .kind = Kind::kName, .value = "NAME", .required = true},
                   {.flags = "--label", .kind = Kind::kLabel, .value = "KEY=VALUE", .repeated = true},
                   {.flags = "--data", .value = "TEXT"},
                   {.flags = "--priority", .kind = Kind::kPriority, .value = "NAME"},
                   {.flags = "--wait", .kind = Kind::kFlag},
                   {.flags = "--timeout", .kind = Kind::kDuration, .value = "DURATION"},
                   {.flags = "args", .value = "ARG", .repeated = true, .rest = true}},
       .examples = {},
       .run = Nothing},
      {.noun = "task", .verb = "list", .summary = "list", .options = {}, .examples = {}, .run = Nothing},
      {.noun = "stats", .verb = "", .summary = "stats", .options = {}, .examples = {}, .run = Nothing},
  };
  return kVerbs;
}

Parsed Read(std::vector<std::string> words) {
  return Parse(Table(), std::move(words));
}

TEST_CASE("parser: options, positionals and what follows the dashes come apart") {
  const Parsed parsed = Read({"task", "submit", "a.txt", "-q", "mail", "--label", "a=1", "b.txt", "--label=b=2",
                              "--wait", "--data", "-5", "--", "-x", "[1,2]", "--json"});
  REQUIRE(parsed.what == Parsed::What::kRun);
  CHECK(parsed.args.All("files") == std::vector<std::string>{"a.txt", "b.txt"});
  CHECK(parsed.args.Text("queue") == "mail");
  CHECK(parsed.args.Text("data") == "-5");
  CHECK(parsed.args.Has("wait"));
  CHECK(parsed.args.Labels("label") == std::vector<std::pair<std::string, std::string>>{{"a", "1"}, {"b", "2"}});
  CHECK(parsed.args.All("args") == std::vector<std::string>{"-x", "[1,2]", "--json"});
  CHECK_FALSE(parsed.json);
}

TEST_CASE("parser: general options may stand before the command") {
  const Parsed parsed = Read({"--server", "nats://x:1", "--json", "task", "list"});
  REQUIRE(parsed.what == Parsed::What::kRun);
  CHECK(parsed.json);
  CHECK(parsed.args.Text("server") == "nats://x:1");
}

TEST_CASE("parser: an unknown word is answered with the nearest one") {
  CHECK(Read({"tsak", "list"}).error.message().find("did you mean \"task\"?") != std::string::npos);
  CHECK(Read({"task", "lsit"}).error.message().find("did you mean \"list\"?") != std::string::npos);
  CHECK(Read({"submit"}).error.message().find("\"task submit\"") != std::string::npos);
  CHECK(Read({"task", "submit", "-q", "a", "--lable", "x=1"}).error.message().find("did you mean \"--label\"?") !=
        std::string::npos);
  CHECK(Read({"stats", "now"}).error.message().find("one argument too many") != std::string::npos);
}

TEST_CASE("parser: help is given even where the rest is wrong") {
  CHECK(Read({}).what == Parsed::What::kOverview);
  CHECK(Read({"--help"}).what == Parsed::What::kOverview);
  CHECK(Read({"task", "--help"}).what == Parsed::What::kNounHelp);
  CHECK(Read({"task", "submit", "--nonsense", "-h"}).what == Parsed::What::kVerbHelp);
  CHECK(Read({"task"}).what == Parsed::What::kWrong);
}

TEST_CASE("args: a value that does not fit is refused with the option's name") {
  const auto error = [](std::vector<std::string> words) {
    words.insert(words.begin(), {"task", "submit"});
    const Parsed parsed = Read(std::move(words));
    CHECK(parsed.what == Parsed::What::kWrong);
    return parsed.error.ToString();
  };
  CHECK(error({"--data", "x"}).find("--queue is missing") != std::string::npos);
  CHECK(error({"-q", "a b"}).find("--queue") != std::string::npos);
  CHECK(error({"-q", "a", "--timeout", "5"}).find("--timeout") != std::string::npos);
  CHECK(error({"-q", "a", "--priority", "hihg"}).find("did you mean high?") != std::string::npos);
  CHECK(error({"-q", "a", "--label", "x"}).find("key=value") != std::string::npos);
  CHECK(error({"-q", "a", "-q", "b"}).find("given 2 times") != std::string::npos);
  CHECK(error({"-q", "a", "--color", "blue"}).find("auto|always|never") != std::string::npos);
  CHECK(error({"-q"}).find("--queue") != std::string::npos);
}

TEST_CASE("args: the environment stands in for what is not given, the first variable first") {
  setenv("MUSTER_SERVER", "nats://first:1", 1);
  setenv("NATS_URL", "nats://second:1", 1);
  CHECK(Read({"task", "list"}).args.Text("server") == "nats://first:1");
  CHECK(Read({"task", "list", "-s", "nats://flag:1"}).args.Text("server") == "nats://flag:1");
  unsetenv("MUSTER_SERVER");
  CHECK(Read({"task", "list"}).args.Text("server") == "nats://second:1");
  unsetenv("NATS_URL");
  CHECK_FALSE(Read({"task", "list"}).args.Has("server"));
}

TEST_CASE("args: a verb's own --timeout leaves the connection's its long name") {
  const Parsed own = Read({"task", "submit", "-q", "a", "--timeout", "90s", "--answer-timeout", "1s"});
  REQUIRE(own.what == Parsed::What::kRun);
  CHECK(own.args.Duration("timeout") == std::chrono::seconds(90));
  CHECK(own.args.Duration("answer-timeout") == std::chrono::seconds(1));
  const Parsed shared = Read({"task", "list", "--timeout", "2s"});
  REQUIRE(shared.what == Parsed::What::kRun);
  CHECK(shared.args.Duration("answer-timeout") == std::chrono::seconds(2));
}

}  // namespace
}  // namespace muster::cli
