#include "schemas/requirement.h"

#include <random>

#include "schemas/limits.h"
#include "tests/support/catch.h"

namespace muster {
namespace {

Requirement Parsed(std::string_view text) {
  Result<Requirement> requirement = Requirement::Parse(text);
  INFO(text);
  REQUIRE(requirement.status().ToString() == "ok");
  return std::move(requirement).value();
}

std::string ErrorOf(std::string_view text) {
  const Result<Requirement> requirement = Requirement::Parse(text);
  INFO(text);
  REQUIRE_FALSE(requirement.ok());
  CHECK(requirement.status().code() == ErrorCode::kBadRequest);
  return requirement.status().message();
}

const CapabilitySet kCapabilities = {"gpu", "cuda", "model:llama-70b"};
const LabelMap kLabels = {
    {"region", "eu-1"}, {"generation", "3"}, {"tier", "reserved"}, {"price", "0.5"}, {"word", "x3"}};

bool Holds(std::string_view text) {
  return Parsed(text).Holds(kCapabilities, kLabels);
}

TEST_CASE("requirement: every form holds for whom it should") {
  for (std::string_view text : {"",
                                "gpu",
                                "gpu, model:llama-70b",
                                "!windows",
                                "(cuda|rocm)",
                                "rocm | cuda",
                                "region=eu-1",
                                "zone!=a",
                                "region!=us-1",
                                "region in (us-1 eu-1)",
                                "region in (us-1, eu-1)",
                                "region notin (us-1)",
                                "zone notin (a b)",
                                "generation>=3",
                                "generation>2",
                                "generation<3.5",
                                "generation <= 3",
                                "price<1",
                                "price>=5e-1",
                                "exists(region)",
                                "!exists(rack)",
                                "generation>-5"}) {
    INFO(text);
    CHECK(Holds(text));
  }
  for (std::string_view text : {"fpga", "gpu, fpga", "!gpu", "(rocm|fpga)", "region=us-1", "zone=a", "region!=eu-1",
                                "region in (us-1)", "zone in (a)", "region notin (eu-1)", "generation>3",
                                "generation<3", "zone<3", "word>=3", "region<5", "exists(rack)", "!exists(region)"}) {
    INFO(text);
    CHECK_FALSE(Holds(text));
  }
}

TEST_CASE("requirement: the first failing term is named") {
  const Requirement requirement = Parsed("gpu, region=us-1");
  const Term* term = requirement.FirstFailing(kCapabilities, kLabels);
  REQUIRE(term != nullptr);
  CHECK(Requirement::PrintTerm(*term) == "region=us-1");
  CHECK(Parsed("gpu").FirstFailing(kCapabilities, kLabels) == nullptr);
}

TEST_CASE("requirement: equal ones print alike") {
  CHECK(Parsed(" gpu ,cuda").Print() == Parsed("cuda,gpu,gpu").Print());
  CHECK(Parsed("(b|a|b)").Print() == Parsed("a|b").Print());
  CHECK(Parsed("(a|a)").Print() == "a");
  CHECK(Parsed("z in (b,a)").Print() == "z in (a b)");
  CHECK(Parsed("n>1e3").Print() == Parsed("n > 1000.0").Print());
  CHECK(Parsed("n>-0").Print() == Parsed("n>0").Print());
  CHECK(Parsed("").Print().empty());
}

TEST_CASE("requirement: an error says where it is, counted from 1") {
  CHECK(ErrorOf("gpu,,x").find("at 5: ") == 0);
  CHECK(ErrorOf("gpu,").find("at 5: ") == 0);
  CHECK(ErrorOf("gpu cuda").find("at 5: ") == 0);
  CHECK(ErrorOf("zone in a").find("at 9: ") == 0);
  CHECK(ErrorOf("(a|").find("at 4: ") == 0);
  CHECK(ErrorOf("(a b)").find("at 4: ") == 0);
  CHECK(ErrorOf("n>x").find("at 3: ") == 0);
  CHECK(ErrorOf("n>nan").find("at 3: ") == 0);
  CHECK(ErrorOf("n>1e999").find("at 3: ") == 0);
  CHECK(ErrorOf("k==v").find("write =") != std::string::npos);
  CHECK(ErrorOf("k=").find("at 3: ") == 0);
  CHECK(ErrorOf("exists(k").find("at 9: ") == 0);
  CHECK(ErrorOf("!").find("at 2: ") == 0);
  CHECK(ErrorOf("a!b").find("at 2: ") == 0);
  CHECK(ErrorOf("a;b").find("at 2: ") == 0);
  CHECK(ErrorOf("()").find("at 2: ") == 0);
  CHECK(ErrorOf(std::string_view("a\0", 2)).find("at 2: ") == 0);
  CHECK(ErrorOf("gp\xc3\xbc").find("at 3: ") == 0);
}

TEST_CASE("requirement: what no worker could satisfy is refused") {
  for (std::string_view text :
       {"gpu,!gpu", "(a|b),!a,!b", "k=a,k=b", "k=a,k!=a", "k=a,k in (b c)", "k in (a b),k in (c)",
        "k in (a),k notin (a b)", "exists(k),!exists(k)", "k=a,!exists(k)", "n>3,n<3", "n>=3,n<3", "n>5,n<=5",
        "n=abc,n>1", "n=1,n>2", "n>1,!exists(n)"}) {
    INFO(text);
    CHECK(ErrorOf(text).find("contradiction") == 0);
  }
  for (std::string_view text : {"(a|b),!a", "k!=a,!exists(k)", "k!=a,exists(k)", "n>=3,n<=3", "n>1,n<2", "n=3,n>2",
                                "k in (a b),k!=a", "k in (a b),k in (b c)"}) {
    INFO(text);
    CHECK(Requirement::Parse(text).ok());
  }
}

TEST_CASE("requirement: bounds on bytes, terms and words") {
  std::string many = "c0";
  for (std::size_t i = 1; i < limits::kRequireTermsMax; ++i) many += ",c" + std::to_string(i);
  CHECK(Requirement::Parse(many).ok());
  CHECK_FALSE(Requirement::Parse(many + ",x").ok());
  CHECK_FALSE(Requirement::Parse(std::string(limits::kRequireBytesMax + 1, ' ')).ok());
  CHECK(Requirement::Parse(std::string(limits::kNameBytesMax, 'a')).ok());
  CHECK_FALSE(Requirement::Parse(std::string(limits::kNameBytesMax + 1, 'a')).ok());
}

// A random term, often of few names so that contradictions and repetitions come up.
std::string RandomTerm(std::mt19937_64* random) {
  const auto draw = [&](std::uint64_t n) { return (*random)() % n; };
  const auto word = [&] {
    static constexpr std::string_view kAlphabet = "ab09-_.:/@+";
    std::string text;
    const std::uint64_t length = 1 + draw(3);
    for (std::uint64_t i = 0; i < length; ++i) text.push_back(kAlphabet[draw(kAlphabet.size())]);
    return text;
  };
  const std::string first = word();
  const std::string second = word();
  const std::string number = std::to_string(static_cast<double>(draw(2000)) / 8 - 100);
  switch (draw(13)) {
    case 0: return first;
    case 1: return "!" + first;
    case 2: return "(" + first + "|" + second + ")";
    case 3: return first + " | " + second;
    case 4: return first + "=" + second;
    case 5: return first + " != " + second;
    case 6: return first + "<" + number;
    case 7: return first + "<=" + number;
    case 8: return first + ">" + number;
    case 9: return first + ">=" + number;
    case 10: return first + " in (" + first + " " + second + ")";
    case 11: return first + " notin (" + second + ")";
    default: return (draw(2) == 0 ? "exists(" : "!exists(") + first + ")";
  }
}

TEST_CASE("requirement: what is printed reads back as the same") {
  std::mt19937_64 random(3);
  int parsed = 0;
  for (int i = 0; i < 20000; ++i) {
    std::string text = RandomTerm(&random);
    for (std::uint64_t more = random() % 5; more > 0; --more) text += ", " + RandomTerm(&random);
    const Result<Requirement> requirement = Requirement::Parse(text);
    if (!requirement.ok()) continue;
    ++parsed;
    const std::string printed = requirement->Print();
    INFO(text);
    CHECK(Parsed(printed).terms() == requirement->terms());
    CHECK(Parsed(printed).Print() == printed);
  }
  CHECK(parsed > 10000);
}

TEST_CASE("requirement: any bytes are parsed or refused") {
  static constexpr std::string_view kAlphabet = "ab1.,|()!=<> in exists\t\"\x80";
  std::mt19937_64 random(4);
  for (int i = 0; i < 50000; ++i) {
    std::string text;
    for (std::uint64_t length = random() % 24; length > 0; --length)
      text.push_back(kAlphabet[random() % kAlphabet.size()]);
    const Result<Requirement> requirement = Requirement::Parse(text);
    if (requirement.ok()) CHECK(Parsed(requirement->Print()).terms() == requirement->terms());
  }
}

}  // namespace
}  // namespace muster
