#include "tests/support/transcript.h"

#include <algorithm>
#include <charconv>
#include <deque>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <stdexcept>

namespace muster::tests {

std::string Line::Value(const std::string& name, const std::string& otherwise) const {
  const auto it = values.find(name);
  return it == values.end() ? otherwise : it->second;
}

std::uint64_t Line::Number(const std::string& name, std::uint64_t otherwise) const {
  const auto it = values.find(name);
  return it == values.end() ? otherwise : std::stoull(it->second);
}

Line ParseLine(std::string_view text) {
  std::istringstream stream{std::string(text)};
  Line line;
  stream >> line.verb;
  for (std::string word; stream >> word;) {
    const auto equals = word.find('=');
    if (equals == std::string::npos) {
      line.words.push_back(word);
    } else {
      line.values[word.substr(0, equals)] = word.substr(equals + 1);
    }
  }
  return line;
}

std::int64_t ParseMicroseconds(std::string_view text) {
  std::int64_t number = 0;
  const auto end = std::from_chars(text.data(), text.data() + text.size(), number).ptr;
  const std::string_view unit(end, static_cast<std::size_t>(text.data() + text.size() - end));
  if (unit == "us") return number;
  if (unit == "ms") return number * 1000;
  if (unit == "s") return number * 1000000;
  if (unit == "m") return number * 60000000;
  throw std::invalid_argument("a duration needs a unit: " + std::string(text));
}

namespace {

std::string Complain(const std::string& path, int number, const std::string& text) {
  return path + ":" + std::to_string(number) + ": " + text;
}

}  // namespace

std::string PlayTranscript(const std::string& path, const Player& player) {
  std::ifstream file(path);
  if (!file) return path + ": cannot be read";
  std::deque<std::string> came;
  int number = 0;
  for (std::string text; std::getline(file, text);) {
    ++number;
    while (!text.empty() && (text.back() == ' ' || text.back() == '\r')) text.pop_back();
    if (text.empty() || text.front() == '#') continue;
    if (text.front() == '>') {
      const std::string wanted = text.substr(std::min<std::size_t>(2, text.size()));
      if (came.empty()) return Complain(path, number, "expected '" + wanted + "', but nothing came");
      if (came.front() != wanted)
        return Complain(path, number, "expected '" + wanted + "', got '" + came.front() + "'");
      came.pop_front();
      continue;
    }
    if (!came.empty())
      return Complain(path, number, "before this line came '" + came.front() + "', which is not written");
    for (auto& out : player(ParseLine(text))) came.push_back(std::move(out));
  }
  if (!came.empty()) return Complain(path, number, "at the end came '" + came.front() + "', which is not written");
  return {};
}

std::vector<std::string> TranscriptsIn(const std::string& folder) {
  std::vector<std::string> files;
  for (const auto& entry : std::filesystem::directory_iterator(folder)) {
    if (entry.path().extension() == ".txt" && entry.path().filename() != "CMakeLists.txt") {
      files.push_back(entry.path().string());
    }
  }
  std::sort(files.begin(), files.end());
  if (files.empty()) throw std::runtime_error("no transcript in " + folder);
  return files;
}

}  // namespace muster::tests
