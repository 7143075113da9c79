#include "schemas/charset.h"

namespace muster::charset {
namespace {

constexpr std::size_t kQuotedBytesMax = 80;

// Length of the UTF-8 character at the start of `text`; 0 where it is not one.
std::size_t Utf8Length(std::string_view text) {
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  const unsigned char first = byte(0);
  if (first < 0x80) return 1;
  std::size_t length = 0;
  unsigned char second_min = 0x80;
  unsigned char second_max = 0xBF;
  if (first >= 0xC2 && first <= 0xDF) {
    length = 2;
  } else if (first >= 0xE0 && first <= 0xEF) {
    length = 3;
    if (first == 0xE0) second_min = 0xA0;  // shorter forms exist below
    if (first == 0xED) second_max = 0x9F;  // surrogates above
  } else if (first >= 0xF0 && first <= 0xF4) {
    length = 4;
    if (first == 0xF0) second_min = 0x90;
    if (first == 0xF4) second_max = 0x8F;  // U+10FFFF is the last
  }
  if (length == 0 || text.size() < length) return 0;
  if (byte(1) < second_min || byte(1) > second_max) return 0;
  for (std::size_t i = 2; i < length; ++i) {
    if ((byte(i) & 0xC0) != 0x80) return 0;
  }
  return length;
}

}  // namespace

bool IsPlainText(std::string_view text) {
  while (!text.empty()) {
    const unsigned char first = static_cast<unsigned char>(text.front());
    if (first < 0x20 || first == 0x7F) return false;
    const std::size_t length = Utf8Length(text);
    if (length == 0) return false;
    text.remove_prefix(length);
  }
  return true;
}

std::string_view CutText(std::string_view text, std::size_t bytes_max) {
  if (text.size() <= bytes_max) return text;
  std::size_t end = bytes_max;
  while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xC0) == 0x80) --end;
  return text.substr(0, end);
}

std::string Quote(std::string_view text) {
  static constexpr char kHex[] = "0123456789abcdef";
  std::string quoted = "\"";
  for (char c : text.substr(0, kQuotedBytesMax)) {
    if (c >= ' ' && c <= '~') {
      quoted.push_back(c);
    } else {
      const auto byte = static_cast<unsigned char>(c);
      quoted.append("\\x").append({kHex[byte >> 4], kHex[byte & 15]});
    }
  }
  if (text.size() > kQuotedBytesMax) quoted.append("...");
  quoted.push_back('"');
  return quoted;
}

}  // namespace muster::charset
