// Table: rows aligned under their headings, cut to the width of the terminal.
//
// Cells are escaped (printable.h) as they are added. Where the table is wider than the terminal, the widest columns
// that may shrink are cut with "…"; on a pipe nothing is cut. Threads: none; a value.
#ifndef MUSTER_DISPATCHER_CLI_TABLE_H_
#define MUSTER_DISPATCHER_CLI_TABLE_H_

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace muster::cli {

enum class Colour : std::uint8_t { kNone, kGreen, kYellow, kRed, kCyan, kDim, kBold };

// `text` between the codes of `colour`, or as it is where `enabled` is false.
std::string Paint(std::string_view text, Colour colour, bool enabled);

struct Cell {
  Cell(std::string content, Colour paint = Colour::kNone)  // NOLINT(google-explicit-constructor)
      : text(std::move(content)), colour(paint) {}
  Cell(const char* content) : text(content) {}       // NOLINT(google-explicit-constructor)
  Cell(std::string_view content) : text(content) {}  // NOLINT(google-explicit-constructor)
  std::string text;
  Colour colour = Colour::kNone;
};

struct Column {
  enum class Align : std::uint8_t { kLeft, kRight };
  std::string heading;
  Align align = Align::kLeft;
  bool shrinks = true;  // ids and states are worth nothing when cut
};

class Table {
 public:
  explicit Table(std::vector<Column> columns) : columns_(std::move(columns)) {}

  // REQUIRES: one cell per column.
  void Add(std::vector<Cell> cells);
  bool empty() const { return rows_.empty(); }

  // `width` of 0: unlimited. Every line ends with a new line and has no trailing blanks.
  std::string Print(std::size_t width, bool colours) const;

 private:
  std::vector<std::size_t> Widths(std::size_t limit) const;

  std::vector<Column> columns_;
  std::vector<std::vector<Cell>> rows_;
};

// "name:  value" lines with the values aligned: how one thing is shown.
class Sheet {
 public:
  // Does nothing where `value` is empty: absent fields are not shown.
  void Add(std::string name, std::string_view value, Colour colour = Colour::kNone);
  std::string Print(bool colours) const;

 private:
  std::vector<std::pair<std::string, Cell>> lines_;
};

}  // namespace muster::cli

#endif  // MUSTER_DISPATCHER_CLI_TABLE_H_
