#include "dispatcher/cli/table.h"

#include <algorithm>
#include <utility>

#include "dispatcher/cli/printable.h"
#include "schemas/invariant.h"

namespace muster::cli {
namespace {

constexpr std::size_t kGap = 2;
constexpr std::size_t kLeastWidth = 6;

std::string Pad(std::string_view text, std::size_t width, Column::Align align) {
  const std::size_t used = DisplayWidth(text);
  const std::string blanks(width > used ? width - used : 0, ' ');
  return align == Column::Align::kRight ? blanks + std::string(text) : std::string(text) + blanks;
}

void EndLine(std::string& line, std::string& out) {
  line.erase(line.find_last_not_of(' ') + 1);
  out += line + "\n";
  line.clear();
}

}  // namespace

std::string Paint(std::string_view text, Colour colour, bool enabled) {
  if (!enabled || colour == Colour::kNone || text.empty()) return std::string(text);
  const char* code = "";
  switch (colour) {
    case Colour::kGreen: code = "32"; break;
    case Colour::kYellow: code = "33"; break;
    case Colour::kRed: code = "31"; break;
    case Colour::kCyan: code = "36"; break;
    case Colour::kDim: code = "2"; break;
    case Colour::kBold: code = "1"; break;
    case Colour::kNone: break;
  }
  return "\x1b[" + std::string(code) + "m" + std::string(text) + "\x1b[0m";
}

void Table::Add(std::vector<Cell> cells) {
  INVARIANT(cells.size() == columns_.size());
  for (Cell& cell : cells) cell.text = EscapeText(cell.text);
  rows_.push_back(std::move(cells));
}

std::vector<std::size_t> Table::Widths(std::size_t limit) const {
  std::vector<std::size_t> widths(columns_.size());
  for (std::size_t i = 0; i < columns_.size(); ++i) {
    widths[i] = DisplayWidth(columns_[i].heading);
    for (const auto& row : rows_) widths[i] = std::max(widths[i], DisplayWidth(row[i].text));
  }
  if (limit == 0) return widths;
  std::size_t total = kGap * (columns_.empty() ? 0 : columns_.size() - 1);
  for (std::size_t width : widths) total += width;
  // One column at a time from the widest: the loop ends, since each step takes one away or stops.
  while (total > limit) {
    std::size_t widest = columns_.size();
    for (std::size_t i = 0; i < columns_.size(); ++i) {
      const std::size_t least = std::max(kLeastWidth, DisplayWidth(columns_[i].heading));
      if (!columns_[i].shrinks || widths[i] <= least) continue;
      if (widest == columns_.size() || widths[i] > widths[widest]) widest = i;
    }
    if (widest == columns_.size()) break;
    --widths[widest], --total;
  }
  return widths;
}

std::string Table::Print(std::size_t width, bool colours) const {
  const std::vector<std::size_t> widths = Widths(width);
  std::string out;
  std::string line;
  for (std::size_t i = 0; i < columns_.size(); ++i) {
    if (i > 0) line.append(kGap, ' ');
    line += Pad(columns_[i].heading, widths[i], columns_[i].align);
  }
  line.erase(line.find_last_not_of(' ') + 1);
  out += Paint(line, Colour::kBold, colours) + "\n";
  line.clear();
  for (const auto& row : rows_) {
    for (std::size_t i = 0; i < columns_.size(); ++i) {
      if (i > 0) line.append(kGap, ' ');
      const std::string text = CutToWidth(row[i].text, widths[i]);
      const std::size_t used = DisplayWidth(text);
      const std::string blanks(widths[i] > used ? widths[i] - used : 0, ' ');
      const bool right = columns_[i].align == Column::Align::kRight;
      if (right) line += blanks;
      line += Paint(text, row[i].colour, colours);
      if (!right) line += blanks;
    }
    EndLine(line, out);
  }
  return out;
}

void Sheet::Add(std::string name, std::string_view value, Colour colour) {
  if (value.empty()) return;
  lines_.emplace_back(std::move(name), Cell(EscapeText(value), colour));
}

std::string Sheet::Print(bool colours) const {
  std::size_t widest = 0;
  for (const auto& entry : lines_) widest = std::max(widest, DisplayWidth(entry.first));
  std::string out;
  for (const auto& entry : lines_) {
    out += Pad(entry.first + ":", widest + 1, Column::Align::kLeft) + "  ";
    out += Paint(entry.second.text, entry.second.colour, colours) + "\n";
  }
  return out;
}

}  // namespace muster::cli
