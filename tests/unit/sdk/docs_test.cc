#include <cstdlib>
#include <fstream>
#include <sstream>

#include "tests/support/catch.h"

namespace muster {
namespace {

std::string Read(const std::string& path) {
  std::ifstream file(std::string(std::getenv("MUSTER_SOURCE")) + "/" + path);
  REQUIRE(file);
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

std::string Between(const std::string& text, const std::string& open, const std::string& close, std::size_t from = 0) {
  const auto start = text.find(open, from);
  REQUIRE(start != std::string::npos);
  const auto end = text.find(close, start + open.size());
  REQUIRE(end != std::string::npos);
  return text.substr(start + open.size(), end - start - open.size());
}

TEST_CASE("sdk docs: every quoted example is the one that is compiled") {
  const std::string page = Read("docs/sdk.md");
  const std::string marker = "<!-- from ";
  int quotes = 0;
  for (auto at = page.find(marker); at != std::string::npos; at = page.find(marker, at + 1)) {
    const std::string path = Between(page, marker, " -->", at);
    INFO(path);
    CHECK(Between(page, "```cpp\n", "```", at) == Between(Read(path), "// [doc\n", "// doc]"));
    ++quotes;
  }
  CHECK(quotes == 4);
}

}  // namespace
}  // namespace muster
