#include "worker_sdk/src/clean_text.h"

#include "tests/support/catch.h"

namespace muster {
namespace {

TEST_CASE("clean text: well-formed text passes, whatever its language") {
  const std::string text = "plain, \xC3\xA4\xC3\xB6, \xE6\x97\xA5\xE6\x9C\xAC, \xF0\x9F\x90\x99\n\ttab";
  CHECK(CleanText(text, 512) == text);
}

TEST_CASE("clean text: bytes that are no characters become question marks, control characters spaces") {
  CHECK(CleanText("a\xFFz", 512) == "a?z");
  CHECK(CleanText("a\xC3", 512) == "a?");               // cut short
  CHECK(CleanText("\xC0\x80", 512) == "??");            // over-long
  CHECK(CleanText("\xED\xA0\x80", 512) == "???");       // a surrogate
  CHECK(CleanText("\xF4\x90\x80\x80", 512) == "????");  // beyond the last character
  CHECK(CleanText(std::string_view("a\0b\x1B[0m", 7), 512) == "a b [0m");
}

TEST_CASE("clean text: it is cut between characters") {
  CHECK(CleanText("abcdef", 4) == "abcd");
  CHECK(CleanText("abc\xC3\xA4", 4) == "abc");
  CHECK(CleanText("abc\xC3\xA4", 5) == "abc\xC3\xA4");
}

}  // namespace
}  // namespace muster
