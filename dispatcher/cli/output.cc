#include "dispatcher/cli/output.h"

#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>

#include "dispatcher/cli/human.h"
#include "dispatcher/cli/json.h"
#include "dispatcher/cli/printable.h"

namespace muster::cli {
namespace {

std::string_view Variable(const char* name) {
  const char* value = std::getenv(name);
  return value == nullptr ? std::string_view() : std::string_view(value);
}

std::size_t TerminalWidth() {
  winsize size{};
  if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0) return size.ws_col;
  const long columns = std::strtol(std::string(Variable("COLUMNS")).c_str(), nullptr, 10);
  return columns > 0 ? static_cast<std::size_t>(columns) : 80;
}

}  // namespace

Terminal DetectTerminal(std::string_view colour) {
  Terminal terminal;
  terminal.in_is_tty = isatty(STDIN_FILENO) == 1;
  terminal.out_is_tty = isatty(STDOUT_FILENO) == 1;
  terminal.err_is_tty = isatty(STDERR_FILENO) == 1;
  if (terminal.out_is_tty) terminal.width = TerminalWidth();
  const bool wanted = Variable("NO_COLOR").empty() && Variable("TERM") != "dumb";
  terminal.out_colours = colour == "always" || (colour != "never" && wanted && terminal.out_is_tty);
  terminal.err_colours = colour == "always" || (colour != "never" && wanted && terminal.err_is_tty);
  return terminal;
}

void Output::Json(const google::protobuf::Message& message) {
  Line(ToJson(message, terminal_.out_is_tty));
}
void Output::JsonLine(const google::protobuf::Message& message) {
  Line(ToJson(message, false));
}

void Output::Print(const Table& table, std::string_view nothing) {
  if (table.empty()) {
    Note(nothing);
  } else {
    Write(table.Print(terminal_.width, colours()));
  }
}

void Output::Error(const Status& status) {
  if (json_) {
    JsonObject error;
    error.Set("code", ErrorCodeName(status.code())).Set("message", status.message()).Set("where", status.where());
    err_ << JsonObject().Set("error", error).Print() << std::endl;
    return;
  }
  std::string text = status.where().empty() ? status.message() : status.where() + ": " + status.message();
  err_ << Paint("muster:", Colour::kRed, terminal_.err_colours) << " " << EscapeLines(text) << std::endl;
}

void Output::Note(std::string_view text) {
  if (!json_) err_ << EscapeLines(text) << std::endl;
}

Progress::Progress(Output& out, std::string what, std::uint64_t total)
    : out_(out), what_(std::move(what)), total_(total), started_(std::chrono::steady_clock::now()), last_(started_) {}

void Progress::Update(std::uint64_t done, std::string_view note) {
  if (!out_.terminal().err_is_tty || out_.json()) return;
  const auto now = std::chrono::steady_clock::now();
  if (drawn_ && now - last_ < std::chrono::milliseconds(100) && done < total_) return;
  last_ = now;
  drawn_ = true;
  const double seconds = std::chrono::duration<double>(now - started_).count();
  const std::size_t width = out_.terminal().width == 0 ? 80 : out_.terminal().width;
  out_.errors() << "\r\x1b[2K" << Render(what_, done, total_, seconds, note, width - 1) << std::flush;
}

void Progress::Clear() {
  if (drawn_) out_.errors() << "\r\x1b[2K" << std::flush;
  drawn_ = false;
}

std::string Progress::Render(std::string_view what, std::uint64_t done, std::uint64_t total, double seconds,
                             std::string_view note, std::size_t width) {
  const double part = total == 0 ? 0 : std::min(1.0, static_cast<double>(done) / static_cast<double>(total));
  std::string tail = "  " + HumanCount(done);
  if (total > 0) tail = "  " + Fixed(part * 100, 0) + "%" + tail + "/" + HumanCount(total);
  if (done > 0 && seconds > 0.5) {
    tail += "  " + HumanCount(static_cast<std::uint64_t>(static_cast<double>(done) / seconds)) + "/s";
    if (done < total) tail += "  " + ShortDuration(seconds * 1000 * (1 / part - 1)) + " left";
  }
  if (!note.empty()) tail += "  " + EscapeText(note);
  const std::size_t used = DisplayWidth(what) + DisplayWidth(tail) + 4;
  std::string line(what);
  if (total > 0 && used + 10 <= width) {
    const std::size_t columns = std::min<std::size_t>(40, width - used);
    const auto filled = static_cast<std::size_t>(part * static_cast<double>(columns));
    line += "  [" + std::string(filled, '#') + std::string(columns - filled, '-') + "]";
  }
  return CutToWidth(line + tail, width);
}

}  // namespace muster::cli
