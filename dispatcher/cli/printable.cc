#include "dispatcher/cli/printable.h"

#include <array>
#include <cstdint>
#include <cstdio>

namespace muster::cli {
namespace {

struct Decoded {
  char32_t code = 0;
  std::size_t bytes = 0;  // 0: not UTF-8 here
};

// Strict: no overlong forms, no surrogates, nothing above U+10FFFF.
Decoded DecodeOne(std::string_view text) {
  const auto lead = static_cast<unsigned char>(text[0]);
  if (lead < 0x80) return {lead, 1};
  std::size_t size = 0;
  char32_t code = 0;
  char32_t least = 0;
  if (lead >= 0xc2 && lead <= 0xdf) {
    size = 2, code = lead & 0x1fu, least = 0x80;
  } else if (lead >= 0xe0 && lead <= 0xef) {
    size = 3, code = lead & 0x0fu, least = 0x800;
  } else if (lead >= 0xf0 && lead <= 0xf4) {
    size = 4, code = lead & 0x07u, least = 0x10000;
  }
  if (size == 0 || text.size() < size) return {};
  for (std::size_t i = 1; i < size; ++i) {
    const auto next = static_cast<unsigned char>(text[i]);
    if ((next & 0xc0u) != 0x80) return {};
    code = (code << 6) | (next & 0x3fu);
  }
  if (code < least || code > 0x10ffff || (code >= 0xd800 && code <= 0xdfff)) return {};
  return {code, size};
}

struct Range {
  char32_t first, last;
};

template <std::size_t N>
bool In(const std::array<Range, N>& ranges, char32_t code) {
  for (const Range& range : ranges) {
    if (code >= range.first && code <= range.last) return true;
  }
  return false;
}

// What a terminal may obey, or a reader cannot see: controls, zero-width and bidirectional marks, tags.
bool IsHidden(char32_t code) {
  static constexpr std::array<Range, 9> kHidden = {{{0x00, 0x1f},
                                                    {0x7f, 0x9f},
                                                    {0xad, 0xad},
                                                    {0x61c, 0x61c},
                                                    {0x200b, 0x200f},
                                                    {0x2028, 0x202e},
                                                    {0x2060, 0x206f},
                                                    {0xfeff, 0xfeff},
                                                    {0xe0000, 0xe0fff}}};
  return In(kHidden, code);
}

std::size_t WidthOf(char32_t code) {
  static constexpr std::array<Range, 8> kCombining = {{{0x300, 0x36f},
                                                       {0x483, 0x489},
                                                       {0x591, 0x5bd},
                                                       {0x610, 0x61a},
                                                       {0x64b, 0x65f},
                                                       {0x1ab0, 0x1aff},
                                                       {0x20d0, 0x20ff},
                                                       {0xfe00, 0xfe0f}}};
  static constexpr std::array<Range, 12> kWide = {{{0x1100, 0x115f},
                                                   {0x2e80, 0x303e},
                                                   {0x3041, 0x33ff},
                                                   {0x3400, 0x4dbf},
                                                   {0x4e00, 0x9fff},
                                                   {0xa000, 0xa4cf},
                                                   {0xac00, 0xd7a3},
                                                   {0xf900, 0xfaff},
                                                   {0xfe30, 0xfe6f},
                                                   {0xff00, 0xff60},
                                                   {0x1f300, 0x1faff},
                                                   {0x20000, 0x3fffd}}};
  if (code < 0x300) return 1;
  if (In(kCombining, code)) return 0;
  return In(kWide, code) ? 2 : 1;
}

void AppendEscape(char32_t code, std::string& out) {
  std::array<char, 16> buffer{};
  const char* form = code <= 0xff ? "\\x%02x" : code <= 0xffff ? "\\u%04x" : "\\U%08x";
  std::snprintf(buffer.data(), buffer.size(), form, static_cast<unsigned>(code));
  out += buffer.data();
}

std::string Escape(std::string_view text, bool keep_lines) {
  std::string out;
  out.reserve(text.size());
  while (!text.empty()) {
    const Decoded one = DecodeOne(text);
    if (one.bytes == 0) {
      AppendEscape(static_cast<unsigned char>(text[0]), out);
      text.remove_prefix(1);
      continue;
    }
    if (keep_lines && (one.code == '\n' || one.code == '\t')) {
      out += text[0];
    } else if (one.code == '\n') {
      out += "\\n";
    } else if (one.code == '\t') {
      out += "\\t";
    } else if (one.code == '\r') {
      out += "\\r";
    } else if (IsHidden(one.code)) {
      AppendEscape(one.code, out);
    } else {
      out += text.substr(0, one.bytes);
    }
    text.remove_prefix(one.bytes);
  }
  return out;
}

}  // namespace

std::string EscapeText(std::string_view text) {
  return Escape(text, false);
}
std::string EscapeLines(std::string_view text) {
  return Escape(text, true);
}

bool IsPlainText(std::string_view text) {
  while (!text.empty()) {
    const Decoded one = DecodeOne(text);
    if (one.bytes == 0) return false;
    if (IsHidden(one.code) && one.code != '\n' && one.code != '\t') return false;
    text.remove_prefix(one.bytes);
  }
  return true;
}

std::size_t DisplayWidth(std::string_view text) {
  std::size_t width = 0;
  while (!text.empty()) {
    const Decoded one = DecodeOne(text);
    width += one.bytes == 0 ? 1 : WidthOf(one.code);
    text.remove_prefix(one.bytes == 0 ? 1 : one.bytes);
  }
  return width;
}

std::string CutToWidth(std::string_view text, std::size_t width) {
  if (DisplayWidth(text) <= width) return std::string(text);
  if (width == 0) return {};
  std::string out;
  std::size_t used = 0;
  while (!text.empty()) {
    const Decoded one = DecodeOne(text);
    const std::size_t bytes = one.bytes == 0 ? 1 : one.bytes;
    const std::size_t columns = one.bytes == 0 ? 1 : WidthOf(one.code);
    if (used + columns > width - 1) break;
    out += text.substr(0, bytes);
    used += columns;
    text.remove_prefix(bytes);
  }
  return out + "…";
}

}  // namespace muster::cli
