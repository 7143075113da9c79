// Which bytes may stand where: the few character classes that names, words, ids and free text are made of.
// Threads: pure functions. No locale: a byte is what it is everywhere.
#ifndef MUSTER_SCHEMAS_CHARSET_H_
#define MUSTER_SCHEMAS_CHARSET_H_

#include <array>
#include <cstdint>
#include <string>
#include <string_view>

namespace muster::charset {

enum Class : std::uint8_t {
  kName = 1,  // A-Z a-z 0-9 - _           queues, workers: one subject token
  kId = 2,    // kName and : = + @ ~       task ids: one subject token, no comma (they are listed with commas)
  kWord = 4,  // kName and . : / @ +       capabilities, label keys and values in constraints, types, tenants, pools
};

namespace internal {
constexpr std::array<std::uint8_t, 256> MakeTable() {
  std::array<std::uint8_t, 256> table{};
  for (int c = 0; c < 256; ++c) {
    const bool alphanumeric = (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
    if (alphanumeric || c == '-' || c == '_') table[static_cast<std::size_t>(c)] = kName | kId | kWord;
  }
  for (char c : std::string_view(":=+@~")) table[static_cast<std::size_t>(c)] |= kId;
  for (char c : std::string_view(".:/@+")) table[static_cast<std::size_t>(c)] |= kWord;
  return table;
}
inline constexpr std::array<std::uint8_t, 256> kTable = MakeTable();
}  // namespace internal

constexpr bool Is(Class wanted, char c) {
  return (internal::kTable[static_cast<unsigned char>(c)] & wanted) != 0;
}

// The first byte of `text` that is not of the class; text.size() when all are.
constexpr std::size_t FindOther(Class wanted, std::string_view text) {
  std::size_t i = 0;
  while (i < text.size() && Is(wanted, text[i])) ++i;
  return i;
}

constexpr bool IsDigit(char c) {
  return c >= '0' && c <= '9';
}
constexpr bool IsSpace(char c) {
  return c == ' ' || c == '\t';
}
constexpr char ToLower(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

constexpr bool EqualsIgnoreCase(std::string_view a, std::string_view b) {
  if (a.size() != b.size()) return false;
  for (std::size_t i = 0; i < a.size(); ++i) {
    if (ToLower(a[i]) != ToLower(b[i])) return false;
  }
  return true;
}

constexpr std::string_view Trim(std::string_view text) {
  while (!text.empty() && IsSpace(text.front())) text.remove_prefix(1);
  while (!text.empty() && IsSpace(text.back())) text.remove_suffix(1);
  return text;
}

// Valid UTF-8 (shortest forms only, no surrogates) without control characters.
bool IsPlainText(std::string_view text);
// `text` cut to at most `bytes_max` bytes, never inside a UTF-8 character. REQUIRES: IsPlainText(text).
std::string_view CutText(std::string_view text, std::size_t bytes_max);
// Untrusted text fit for a message: in quotes, other bytes than printable ASCII as \xNN, cut to a readable length.
std::string Quote(std::string_view text);

}  // namespace muster::charset

#endif  // MUSTER_SCHEMAS_CHARSET_H_
