// Logging: one line per event on standard error, as key=value or as JSON. The foreign logger stays in logging.cc.
//
//   2026-03-01T12:00:00.123Z info worker.joined worker=gpu-1 slots=4
//
// Threads: any. Before StartLogging, lines of level info and above go out as key=value.
#ifndef MUSTER_DISPATCHER_ADAPTERS_LOGGING_H_
#define MUSTER_DISPATCHER_ADAPTERS_LOGGING_H_

#include <concepts>
#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>

#include "schemas/status.h"

namespace muster::adapters {

enum class LogLevel : std::uint8_t { kDebug, kInfo, kWarn, kError, kOff };

// "debug", "info", "warn", "error", "off"; kBadRequest otherwise.
Result<LogLevel> ParseLogLevel(std::string_view text);
std::string_view LogLevelName(LogLevel level);

// A value as text; `bare` values (numbers, true, false) stay unquoted in JSON.
class LogValue {
 public:
  LogValue(std::string_view text) : text_(text) {}                        // NOLINT(google-explicit-constructor)
  LogValue(const std::string& text) : text_(text) {}                      // NOLINT(google-explicit-constructor)
  LogValue(const char* text) : text_(text) {}                             // NOLINT(google-explicit-constructor)
  LogValue(bool value) : text_(value ? "true" : "false"), bare_(true) {}  // NOLINT(google-explicit-constructor)
  LogValue(double value);                                                 // NOLINT(google-explicit-constructor)
  template <typename T>
  requires(std::integral<T> && !std::same_as<T, bool>) LogValue(T value)
      : text_(std::to_string(value)), bare_(true) {}  // NOLINT(google-explicit-constructor)

  const std::string& text() const { return text_; }
  bool bare() const { return bare_; }

 private:
  std::string text_;
  bool bare_ = false;
};

struct LogField {
  std::string_view key;
  LogValue value;
};
using LogFields = std::initializer_list<LogField>;

enum class LogForm : std::uint8_t { kText, kJson };

void StartLogging(LogLevel level, LogForm form);
bool LogEnabled(LogLevel level);

// `event` is a noun and a verb, "worker.joined": fixed text that one can search for. What varies goes into fields.
void Log(LogLevel level, std::string_view event, LogFields fields = {});

// One line without time, level and line feed; for the tests and for other sinks. A text value is quoted where it is
// empty or holds a space, a quote, an equals sign, a backslash or a control character.
std::string FormatLog(LogForm form, std::string_view event, LogFields fields);

}  // namespace muster::adapters

#endif  // MUSTER_DISPATCHER_ADAPTERS_LOGGING_H_
