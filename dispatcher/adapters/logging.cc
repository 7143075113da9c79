#include "dispatcher/adapters/logging.h"

#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>

#include <array>
#include <charconv>
#include <cstdio>
#include <memory>
#include <mutex>

namespace muster::adapters {
namespace {

constexpr std::array<std::string_view, 5> kLevelNames = {"debug", "info", "warn", "error", "off"};

spdlog::level::level_enum ForeignLevel(LogLevel level) {
  switch (level) {
    case LogLevel::kDebug: return spdlog::level::debug;
    case LogLevel::kInfo: return spdlog::level::info;
    case LogLevel::kWarn: return spdlog::level::warn;
    case LogLevel::kError: return spdlog::level::err;
    case LogLevel::kOff: break;
  }
  return spdlog::level::off;
}

struct Sink {
  std::shared_ptr<spdlog::logger> logger;
  LogForm form = LogForm::kText;
};

std::shared_ptr<spdlog::logger> MakeLogger(LogLevel level, LogForm form) {
  auto logger = std::make_shared<spdlog::logger>("muster", std::make_shared<spdlog::sinks::stderr_sink_mt>());
  logger->set_level(ForeignLevel(level));
  logger->flush_on(spdlog::level::trace);
  // The level is written by us: "warn", not spdlog's "warning", so that both forms and the option agree.
  const char* pattern = form == LogForm::kJson ? R"({"time":"%Y-%m-%dT%H:%M:%S.%eZ",%v)" : "%Y-%m-%dT%H:%M:%S.%eZ %v";
  logger->set_pattern(pattern, spdlog::pattern_time_type::utc);
  return logger;
}

std::mutex g_sink_mutex;
Sink& GlobalSink() {
  static Sink& sink = *new Sink{MakeLogger(LogLevel::kInfo, LogForm::kText), LogForm::kText};
  return sink;
}
Sink CurrentSink() {
  std::lock_guard lock(g_sink_mutex);
  return GlobalSink();
}

bool NeedsQuotes(std::string_view text) {
  if (text.empty()) return true;
  for (char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte <= ' ' || byte == 0x7f || c == '"' || c == '=' || c == '\\') return true;
  }
  return false;
}

// JSON's rules serve for both forms. Bytes that are not UTF-8 are replaced, since a log line must stay readable.
void AppendQuoted(std::string_view text, std::string* out) {
  out->push_back('"');
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    const auto byte = static_cast<unsigned char>(c);
    if (c == '"' || c == '\\') {
      out->push_back('\\');
      out->push_back(c);
    } else if (c == '\n') {
      out->append("\\n");
    } else if (c == '\t') {
      out->append("\\t");
    } else if (c == '\r') {
      out->append("\\r");
    } else if (byte < 0x20 || byte == 0x7f) {
      std::array<char, 8> escape{};
      std::snprintf(escape.data(), escape.size(), "\\u%04x", byte);
      out->append(escape.data());
    } else if (byte < 0x80) {
      out->push_back(c);
    } else {
      const std::size_t length = byte >= 0xf0 && byte < 0xf5 ? 4 : byte >= 0xe0 ? 3 : byte >= 0xc2 ? 2 : 0;
      bool good = length != 0 && byte < 0xf5 && i + length <= text.size();
      for (std::size_t k = 1; good && k < length; ++k) {
        good = (static_cast<unsigned char>(text[i + k]) & 0xc0) == 0x80;
      }
      if (good) {
        out->append(text.substr(i, length));
        i += length - 1;
      } else {
        out->append("\xef\xbf\xbd");
      }
    }
  }
  out->push_back('"');
}

void AppendFields(LogForm form, LogFields fields, std::string* out) {
  for (const LogField& field : fields) {
    if (form == LogForm::kText) {
      out->push_back(' ');
      out->append(field.key);
      out->push_back('=');
      if (NeedsQuotes(field.value.text())) {
        AppendQuoted(field.value.text(), out);
      } else {
        out->append(field.value.text());
      }
    } else {
      out->push_back(',');
      AppendQuoted(field.key, out);
      out->push_back(':');
      if (field.value.bare()) {
        out->append(field.value.text());
      } else {
        AppendQuoted(field.value.text(), out);
      }
    }
  }
}

}  // namespace

LogValue::LogValue(double value) {
  std::array<char, 32> buffer{};
  const auto [end, error] = std::to_chars(buffer.data(), buffer.data() + buffer.size(), value);
  text_.assign(buffer.data(), end);
  bare_ = error == std::errc() && text_.find_first_of("ni") == std::string::npos;  // inf and nan are no JSON
}

Result<LogLevel> ParseLogLevel(std::string_view text) {
  for (std::size_t i = 0; i < kLevelNames.size(); ++i) {
    if (kLevelNames[i] == text) return static_cast<LogLevel>(i);
  }
  return Status(ErrorCode::kBadRequest,
                "unknown level \"" + std::string(text) + "\": use debug, info, warn, error or off", "log level");
}

std::string_view LogLevelName(LogLevel level) {
  return kLevelNames[static_cast<std::size_t>(level)];
}

void StartLogging(LogLevel level, LogForm form) {
  std::lock_guard lock(g_sink_mutex);
  GlobalSink() = Sink{MakeLogger(level, form), form};
}

bool LogEnabled(LogLevel level) {
  return level != LogLevel::kOff && CurrentSink().logger->should_log(ForeignLevel(level));
}

void Log(LogLevel level, std::string_view event, LogFields fields) {
  if (level == LogLevel::kOff) return;
  const Sink sink = CurrentSink();
  if (!sink.logger->should_log(ForeignLevel(level))) return;
  std::string line;
  if (sink.form == LogForm::kJson) {
    line.append("\"level\":\"").append(LogLevelName(level)).append("\",");
    line.append(FormatLog(sink.form, event, fields).substr(1));
  } else {
    line.append(LogLevelName(level)).append(" ").append(FormatLog(sink.form, event, fields));
  }
  sink.logger->log(ForeignLevel(level), spdlog::string_view_t(line.data(), line.size()));
}

std::string FormatLog(LogForm form, std::string_view event, LogFields fields) {
  std::string line;
  if (form == LogForm::kJson) {
    line.append("{\"event\":");
    AppendQuoted(event, &line);
    AppendFields(form, fields, &line);
    line.push_back('}');
  } else {
    line.append(event);
    AppendFields(form, fields, &line);
  }
  return line;
}

}  // namespace muster::adapters
