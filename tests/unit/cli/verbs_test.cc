#include <cstdlib>
#include <fstream>
#include <iterator>
#include <set>

#include "dispatcher/cli/help.h"
#include "dispatcher/cli/verb.h"
#include "tests/support/catch.h"

namespace muster::cli {
namespace {

TEST_CASE("verbs: each has a summary, an example that calls it, help for every option, and a function") {
  std::set<std::string> names;
  for (const Verb& verb : Verbs()) {
    CAPTURE(verb.Name());
    CHECK(names.insert(verb.Name()).second);
    CHECK_FALSE(verb.summary.empty());
    CHECK(verb.summary.back() != '.');
    CHECK(verb.run != nullptr);
    REQUIRE_FALSE(verb.examples.empty());
    for (const Example& example : verb.examples) {
      CAPTURE(example.command);
      CHECK(example.command.find("muster " + verb.Name()) != std::string_view::npos);
      CHECK_FALSE(example.says.empty());
    }
    std::set<std::string> flags;
    for (const Option& option : AllOptions(verb)) {
      CAPTURE(option.flags);
      CHECK_FALSE(option.help.empty());
      CHECK((option.kind == Kind::kFlag) == option.value.empty());
      CHECK(flags.insert(std::string(LongName(option))).second);
    }
  }
}

TEST_CASE("verbs: the help of each names its options and examples") {
  for (const Verb& verb : Verbs()) {
    CAPTURE(verb.Name());
    const std::string help = VerbHelp(verb, false);
    for (const Option& option : AllOptions(verb)) {
      if (!IsPositional(option)) CHECK(help.find("--" + std::string(LongName(option))) != std::string::npos);
    }
    for (const Example& example : verb.examples) CHECK(help.find(example.command) != std::string::npos);
    CHECK(OverviewHelp(Verbs(), false).find(verb.Name()) != std::string::npos);
  }
}

TEST_CASE("verbs: docs/cli.md is what muster help --markdown prints") {
  const char* source = std::getenv("MUSTER_SOURCE");
  REQUIRE(source != nullptr);
  std::ifstream file(std::string(source) + "/docs/cli.md");
  REQUIRE(file.good());
  const std::string page((std::istreambuf_iterator<char>(file)), std::istreambuf_iterator<char>());
  CHECK(page == MarkdownHelp(Verbs()));
}

TEST_CASE("completion: bash, zsh and fish know every command and option") {
  for (const char* shell : {"bash", "zsh", "fish"}) {
    CAPTURE(shell);
    const std::string script = CompletionScript(Verbs(), shell);
    for (const Verb& verb : Verbs()) {
      CHECK(script.find(std::string(verb.verb.empty() ? verb.noun : verb.verb)) != std::string::npos);
      for (const Option& option : AllOptions(verb)) {
        if (!IsPositional(option)) CHECK(script.find(std::string(LongName(option))) != std::string::npos);
      }
    }
  }
  CHECK(CompletionScript(Verbs(), "tcsh").empty());
}

}  // namespace
}  // namespace muster::cli
