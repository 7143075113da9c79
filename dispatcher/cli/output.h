// Output: where a verb writes, and how: tables or JSON, colours or not, how wide.
//
// Threads: one, but for Progress, which may be updated from one other thread at a time.
#ifndef MUSTER_DISPATCHER_CLI_OUTPUT_H_
#define MUSTER_DISPATCHER_CLI_OUTPUT_H_

#include <google/protobuf/message.h>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <ostream>
#include <string>
#include <string_view>

#include "dispatcher/cli/table.h"
#include "schemas/status.h"

namespace muster::cli {

struct Terminal {
  bool out_is_tty = false;
  bool err_is_tty = false;
  bool in_is_tty = false;
  bool out_colours = false;
  bool err_colours = false;
  std::size_t width = 0;  // columns; 0 = unlimited (no terminal)
};

// What the file descriptors 0, 1, 2 are. `colour` is auto, always or never; auto obeys NO_COLOR and TERM=dumb.
Terminal DetectTerminal(std::string_view colour);

class Output {
 public:
  Output(std::ostream& out, std::ostream& err, Terminal terminal, bool json)
      : out_(out), err_(err), terminal_(terminal), json_(json) {}

  bool json() const { return json_; }
  const Terminal& terminal() const { return terminal_; }
  bool colours() const { return terminal_.out_colours; }
  std::ostream& stream() { return out_; }

  void Write(std::string_view text) { out_ << text << std::flush; }
  void Line(std::string_view text) { out_ << text << "\n" << std::flush; }
  // Pretty on a terminal, one line elsewhere.
  void Json(const google::protobuf::Message& message);
  // Always one line: for answers of many objects.
  void JsonLine(const google::protobuf::Message& message);
  // The table, or `nothing` on standard error where it has no rows.
  void Print(const Table& table, std::string_view nothing);

  // On standard error: what went wrong, and words that are no answer.
  void Error(const Status& status);
  void Note(std::string_view text);
  std::ostream& errors() { return err_; }

 private:
  std::ostream& out_;
  std::ostream& err_;
  Terminal terminal_;
  bool json_;
};

// A bar on standard error, where that is a terminal; silent elsewhere. Drawn ten times a second at most.
class Progress {
 public:
  Progress(Output& out, std::string what, std::uint64_t total);
  ~Progress() { Clear(); }
  Progress(const Progress&) = delete;
  Progress& operator=(const Progress&) = delete;

  void Update(std::uint64_t done, std::string_view note = {});
  // Takes the bar away, so that an answer can be written.
  void Clear();

  // "resize  [#####-----]  50%  5/10  3 failed": one line of `width` columns at most.
  static std::string Render(std::string_view what, std::uint64_t done, std::uint64_t total, double seconds,
                            std::string_view note, std::size_t width);

 private:
  Output& out_;
  std::string what_;
  std::uint64_t total_;
  bool drawn_ = false;
  std::chrono::steady_clock::time_point started_;
  std::chrono::steady_clock::time_point last_;
};

}  // namespace muster::cli

#endif  // MUSTER_DISPATCHER_CLI_OUTPUT_H_
