// Text that is safe and aligned on a terminal.
//
// Task ids, labels, error messages and payloads come from strangers: before they are shown, every control character,
// every byte that is no UTF-8 and every invisible or direction-changing character is written as an escape.
// Threads: pure functions.
#ifndef MUSTER_DISPATCHER_CLI_PRINTABLE_H_
#define MUSTER_DISPATCHER_CLI_PRINTABLE_H_

#include <cstddef>
#include <string>
#include <string_view>

namespace muster::cli {

// "a\x1b[31m" -> "a\\x1b[31m". Tab, carriage return and new line become \t, \r, \n; a backslash stays one.
std::string EscapeText(std::string_view text);
// The same, but new lines and tabs stay: for payloads of many lines.
std::string EscapeLines(std::string_view text);
// Whether EscapeLines would change nothing.
bool IsPlainText(std::string_view text);

// Columns of valid UTF-8 on a terminal: 2 for wide East Asian characters and emoji, 0 for combining marks.
std::size_t DisplayWidth(std::string_view text);
// At most `width` columns, ending in "…" where something was cut. Never cuts inside a character.
std::string CutToWidth(std::string_view text, std::size_t width);

}  // namespace muster::cli

#endif  // MUSTER_DISPATCHER_CLI_PRINTABLE_H_
