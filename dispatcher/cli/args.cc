#include "dispatcher/cli/args.h"

#include <array>
#include <charconv>
#include <cstdlib>

#include "schemas/invariant.h"
#include "schemas/requirement.h"
#include "schemas/subjects.h"
#include "schemas/task_check.h"
#include "schemas/task_codec.h"

namespace muster::cli {
namespace {

std::vector<std::string_view> Split(std::string_view text, char separator) {
  std::vector<std::string_view> parts;
  while (!text.empty()) {
    const std::size_t at = text.find(separator);
    parts.push_back(text.substr(0, at));
    if (at == std::string_view::npos) break;
    text.remove_prefix(at + 1);
  }
  return parts;
}

std::optional<std::uint64_t> ParseCount(std::string_view text) {
  std::uint64_t count = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), count);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return count;
}

std::string Shown(const Option& option) {
  return IsPositional(option) ? std::string(option.value) : "--" + std::string(LongName(option));
}

Status Wrong(const Option& option, std::string message) {
  return Status(ErrorCode::kBadRequest, std::move(message), Shown(option));
}

Status CheckChoice(const Option& option, std::string_view value) {
  const std::vector<std::string_view> choices = Split(option.choices, '|');
  for (std::string_view choice : choices) {
    if (choice == value) return Status();
  }
  std::string message = "\"" + std::string(value) + "\" is none of " + std::string(option.choices);
  const std::string_view near = NearestName(value, choices);
  if (!near.empty()) message += "; did you mean " + std::string(near) + "?";
  return Wrong(option, message);
}

Status CheckPriority(const Option& option, std::string_view value) {
  if (ParsePriority(value)) return Status();
  std::array<std::string_view, kPriorities> names{};
  for (Priority priority : kAllPriorities) names[static_cast<std::size_t>(priority)] = PriorityName(priority);
  std::string message = "\"" + std::string(value) + "\" is no priority: critical, high, normal, low or background";
  const std::string_view near = NearestName(value, names);
  if (!near.empty()) message += "; did you mean " + std::string(near) + "?";
  return Wrong(option, message);
}

// The language's own complaint, under the name of the option.
Status Named(const Option& option, const Status& status) {
  return status.ok() ? status : Wrong(option, status.message());
}

}  // namespace

Status CheckValue(const Option& option, std::string_view value) {
  if (!option.choices.empty()) return CheckChoice(option, value);
  switch (option.kind) {
    case Kind::kFlag:
    case Kind::kText: return Status();
    case Kind::kName: return Named(option, subjects::CheckName(LongName(option), value));
    case Kind::kWord: return Named(option, internal::CheckWord(LongName(option), value));
    case Kind::kTaskId: return Named(option, CheckTaskId(value));
    case Kind::kCount:
      if (ParseCount(value)) return Status();
      return Wrong(option, "\"" + std::string(value) + "\" is no count: 0, 1, 2, …");
    case Kind::kDuration: return Named(option, ParseDuration(value).status());
    case Kind::kTimestamp: return Named(option, ParseTimestampMs(value, 0).status());
    case Kind::kPriority: return CheckPriority(option, value);
    case Kind::kResources: return Named(option, ParseResources(value).status());
    case Kind::kRequire: return Named(option, Requirement::Parse(value).status());
    case Kind::kLabel:
      if (value.find('=') != std::string_view::npos && value.front() != '=') return Status();
      return Wrong(option, "\"" + std::string(value) + "\" is no label: key=value");
  }
  return Status();
}

Result<Args> Args::Check(const std::vector<Option>& options, std::map<std::string, std::vector<std::string>> values) {
  Args args;
  for (const Option& option : options) {
    const std::string name(LongName(option));
    std::vector<std::string> given = std::move(values[name]);
    for (std::string_view variable : Split(option.environment, ' ')) {
      if (!given.empty()) break;
      const char* value = std::getenv(std::string(variable).c_str());
      if (value != nullptr && *value != '\0') given.emplace_back(value);
    }
    if (given.empty() && option.required) {
      return Status(ErrorCode::kBadRequest, Shown(option) + " is missing: " + std::string(option.help));
    }
    if (given.size() > 1 && !option.repeated && option.kind != Kind::kFlag) {
      return Wrong(option, "given " + std::to_string(given.size()) + " times; once is right");
    }
    for (const std::string& value : given) {
      const Status status = CheckValue(option, value);
      if (!status.ok()) return status;
    }
    args.values_[name] = std::move(given);
  }
  return args;
}

const std::vector<std::string>& Args::All(std::string_view name) const {
  const auto found = values_.find(name);
  INVARIANT(found != values_.end());
  return found->second;
}

bool Args::Has(std::string_view name) const {
  return !All(name).empty();
}

std::string Args::Text(std::string_view name, std::string_view otherwise) const {
  const std::vector<std::string>& given = All(name);
  return given.empty() ? std::string(otherwise) : given.back();
}

std::uint64_t Args::Count(std::string_view name, std::uint64_t otherwise) const {
  return Has(name) ? ParseCount(Text(name)).value_or(otherwise) : otherwise;
}

std::optional<std::chrono::milliseconds> Args::Duration(std::string_view name) const {
  if (!Has(name)) return std::nullopt;
  const auto parsed = ParseDuration(Text(name));
  INVARIANT(parsed.ok());
  return std::chrono::duration_cast<std::chrono::milliseconds>(*parsed);
}

std::chrono::milliseconds Args::Duration(std::string_view name, std::chrono::milliseconds otherwise) const {
  return Duration(name).value_or(otherwise);
}

std::optional<std::int64_t> Args::TimestampMs(std::string_view name, std::int64_t now_ms) const {
  if (!Has(name)) return std::nullopt;
  const auto parsed = ParseTimestampMs(Text(name), now_ms);
  INVARIANT(parsed.ok());
  return *parsed;
}

std::optional<Priority> Args::PriorityOf(std::string_view name) const {
  return Has(name) ? ParsePriority(Text(name)) : std::nullopt;
}

Resources Args::ResourcesOf(std::string_view name) const {
  Resources all;
  for (const std::string& text : All(name)) {
    const auto parsed = ParseResources(text);
    INVARIANT(parsed.ok());
    for (const auto& entry : *parsed) all[entry.first] = entry.second;
  }
  return all;
}

std::vector<std::pair<std::string, std::string>> Args::Labels(std::string_view name) const {
  std::vector<std::pair<std::string, std::string>> labels;
  for (const std::string& text : All(name)) {
    const std::size_t at = text.find('=');
    labels.emplace_back(text.substr(0, at), text.substr(at + 1));
  }
  return labels;
}

}  // namespace muster::cli
