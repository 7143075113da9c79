#include "dispatcher/daemon/config.h"

namespace muster::daemon {
namespace {

bool NeedsQuotes(std::string_view value) {
  return value.empty() || value.find_first_of(":#{}[],&*!|>'\"%@`?~- \\") != std::string_view::npos || value == "null";
}

std::string Quoted(const std::string& value) {
  if (!NeedsQuotes(value)) return value;
  std::string quoted = "\"";
  for (const char c : value) {
    if (c == '"' || c == '\\') quoted.push_back('\\');
    quoted.push_back(c);
  }
  return quoted + "\"";
}

std::vector<std::string> Split(std::string_view text, char separator) {
  std::vector<std::string> parts(1);
  for (const char c : text) {
    if (c == separator) {
      parts.emplace_back();
    } else {
      parts.back().push_back(c);
    }
  }
  return parts;
}

// The names that stand for "*" in this configuration; one empty name for keys without.
std::vector<std::string> NamesOf(const Key& key, const Config& config) {
  if (key.path.find('*') == std::string_view::npos) return {""};
  std::vector<std::string> names;
  if (key.path.rfind("queues.", 0) == 0) {
    for (const auto& entry : config.queue_strategies) names.push_back(entry.first);
  } else {
    for (const auto& entry : config.later.pools) names.push_back(entry.first);
  }
  return names;
}

// Keys that follow each other and differ in what comes after "*": printed name by name.
std::size_t GroupSize(std::span<const Key> keys, std::size_t at) {
  const std::size_t star = keys[at].path.find('*');
  if (star == std::string_view::npos) return 1;
  const std::string_view before = keys[at].path.substr(0, star + 1);
  std::size_t size = 1;
  while (at + size < keys.size() && keys[at + size].path.substr(0, star + 1) == before) ++size;
  return size;
}

class Printer {
 public:
  explicit Printer(const Config& config) : config_(config) {}

  void Print(const Key& key, const std::string& name) {
    std::vector<std::string> parts = Split(key.path, '.');
    for (std::string& part : parts) {
      if (part == "*") part = name;
    }
    const std::string last = std::move(parts.back());
    parts.pop_back();
    Open(parts);
    const std::string indent(2 * parts.size(), ' ');
    text_ += indent + "# " + std::string(key.help) + (key.in_force ? "" : " Not in force in this version.") + "\n";
    text_ += indent + last + ": " + Value(key, name) + "\n";
  }

  std::string Take() { return std::move(text_); }

 private:
  // Prints the lines of the sections that are not open yet.
  void Open(const std::vector<std::string>& sections) {
    std::size_t shared = 0;
    while (shared < open_.size() && shared < sections.size() && open_[shared] == sections[shared]) ++shared;
    open_.resize(shared);
    for (; shared < sections.size(); ++shared) {
      text_ += std::string(2 * shared, ' ') + Quoted(sections[shared]) + ":\n";
      open_.push_back(sections[shared]);
    }
  }

  std::string Value(const Key& key, const std::string& name) const {
    const std::string value = PrintValue(key, config_, name);
    if (TypeName(key) != "list") return Quoted(value);
    std::string list;
    for (const std::string& word : Split(value, ',')) list += (list.empty() ? "" : ", ") + Quoted(word);
    return "[" + list + "]";
  }

  const Config& config_;
  std::vector<std::string> open_;
  std::string text_;
};

}  // namespace

std::string PrintConfig(const Config& config) {
  Printer printer(config);
  const std::span<const Key> keys = Keys();
  for (std::size_t at = 0; at < keys.size();) {
    const std::size_t size = GroupSize(keys, at);
    for (const std::string& name : NamesOf(keys[at], config)) {
      for (std::size_t i = 0; i < size; ++i) printer.Print(keys[at + i], name);
    }
    at += size;
  }
  return printer.Take();
}

}  // namespace muster::daemon
