// Transcripts: tests whose text is what happens and what must come of it.
//
// A file is a list of lines. "# …" is a comment, "> …" is what must have come out since the last line before, in order;
// any other line is put in. Everything that comes out must be there, and nothing else. A blank line separates scenes.
#ifndef MUSTER_TESTS_SUPPORT_TRANSCRIPT_H_
#define MUSTER_TESTS_SUPPORT_TRANSCRIPT_H_

#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace muster::tests {

// A line taken apart: "assign t1 attempt=2 x" has verb "assign", words {"t1", "x"}, values {attempt: 2}.
struct Line {
  std::string verb;
  std::vector<std::string> words;
  std::map<std::string, std::string> values;

  std::string Word(std::size_t i) const { return i < words.size() ? words[i] : std::string(); }
  std::string Value(const std::string& name, const std::string& otherwise = {}) const;
  std::uint64_t Number(const std::string& name, std::uint64_t otherwise = 0) const;
};
Line ParseLine(std::string_view text);

// "20ms", "31s", "2m" in microseconds; a Catch failure otherwise.
std::int64_t ParseMicroseconds(std::string_view text);

// Takes one input line, gives what came out of it, line by line.
using Player = std::function<std::vector<std::string>(const Line&)>;

// Plays the file; empty when all was as written, else "file:line: expected …, got …" with what came out.
std::string PlayTranscript(const std::string& path, const Player& player);

// The *.txt files of a folder, sorted. Fails when there is none.
std::vector<std::string> TranscriptsIn(const std::string& folder);

}  // namespace muster::tests

#endif  // MUSTER_TESTS_SUPPORT_TRANSCRIPT_H_
