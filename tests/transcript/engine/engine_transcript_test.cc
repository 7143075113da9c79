// Every *.txt beside this file is a transcript that must go exactly as it is written.
// MUSTER_UPDATE=1 writes down how it went instead; read the difference before you commit it.
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <set>
#include <sstream>

#include "tests/support/catch.h"
#include "tests/transcript/engine/script.h"

namespace {

std::string Read(const std::filesystem::path& path) {
  std::ifstream in(path);
  std::ostringstream text;
  text << in.rdbuf();
  return text.str();
}

}  // namespace

TEST_CASE("engine: every transcript goes as it is written") {
  std::set<std::filesystem::path> files;
  const std::filesystem::path folder = std::filesystem::path(std::getenv("MUSTER_SOURCE")) / "tests/transcript/engine";
  for (const auto& entry : std::filesystem::directory_iterator(folder)) {
    if (entry.path().extension() == ".txt") files.insert(entry.path());
  }
  REQUIRE(files.size() >= 20);
  for (const std::filesystem::path& file : files) {
    INFO(file.filename().string());
    const std::string written = Read(file);
    muster::engine::Script script;
    const std::string played = script.Play(written);
    if (std::getenv("MUSTER_UPDATE") != nullptr) {
      std::ofstream(file) << played;
      continue;
    }
    CHECK(played == written);
  }
}
