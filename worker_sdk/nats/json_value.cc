#include "worker_sdk/nats/json_value.h"

#include <algorithm>
#include <charconv>

namespace muster::link {

class JsonReader {
 public:
  explicit JsonReader(std::string_view text) : left_(text) {}

  std::optional<JsonValue> ReadAll() {
    JsonValue value;
    if (!Read(value, 0)) return std::nullopt;
    Skip();
    if (!left_.empty()) return std::nullopt;
    return value;
  }

 private:
  static constexpr int kDepthMax = 32;

  void Skip() {
    while (!left_.empty() && std::string_view(" \t\r\n").find(left_.front()) != std::string_view::npos)
      left_.remove_prefix(1);
  }
  bool Take(char c) {
    Skip();
    if (left_.empty() || left_.front() != c) return false;
    left_.remove_prefix(1);
    return true;
  }
  bool TakeWord(std::string_view word) {
    if (left_.substr(0, word.size()) != word) return false;
    left_.remove_prefix(word.size());
    return true;
  }

  bool Read(JsonValue& value, int depth) {
    Skip();
    if (left_.empty() || depth > kDepthMax) return false;
    switch (left_.front()) {
      case '{': value.kind_ = JsonValue::Kind::kObject; return ReadMembers(value, '}', depth);
      case '[': value.kind_ = JsonValue::Kind::kArray; return ReadMembers(value, ']', depth);
      case '"': value.kind_ = JsonValue::Kind::kString; return ReadString(value.text_);
      case 'n': return TakeWord("null");
      case 't':
        value.kind_ = JsonValue::Kind::kBool;
        value.text_ = "true";
        return TakeWord("true");
      case 'f': value.kind_ = JsonValue::Kind::kBool; return TakeWord("false");
      default: value.kind_ = JsonValue::Kind::kNumber; return ReadNumber(value.text_);
    }
  }

  bool ReadMembers(JsonValue& value, char close, int depth) {
    left_.remove_prefix(1);
    if (Take(close)) return true;
    do {
      value.members_.emplace_back();
      auto& member = value.members_.back();
      if (close == '}') {
        Skip();
        if (!ReadString(member.first) || !Take(':')) return false;
      }
      if (!Read(member.second, depth + 1)) return false;
    } while (Take(','));
    return Take(close);
  }

  bool ReadNumber(std::string& text) {
    const auto end = std::min(left_.find_first_not_of("+-0123456789.eE"), left_.size());
    text = std::string(left_.substr(0, end));
    left_.remove_prefix(end);
    return end > 0;
  }

  bool ReadString(std::string& text) {
    if (left_.empty() || left_.front() != '"') return false;
    left_.remove_prefix(1);
    while (!left_.empty()) {
      const char c = left_.front();
      left_.remove_prefix(1);
      if (c == '"') return true;
      if (c != '\\') {
        text.push_back(c);
      } else if (!ReadEscape(text)) {
        return false;
      }
    }
    return false;
  }

  bool ReadEscape(std::string& text) {
    if (left_.empty()) return false;
    constexpr std::string_view kCodes = "\"\\/bfnrt";
    constexpr std::string_view kMeans = "\"\\/\b\f\n\r\t";
    const char c = left_.front();
    left_.remove_prefix(1);
    if (const auto at = kCodes.find(c); at != std::string_view::npos) {
      text.push_back(kMeans[at]);
      return true;
    }
    if (c != 'u' || left_.size() < 4) return false;
    unsigned code = 0;
    if (std::from_chars(left_.data(), left_.data() + 4, code, 16).ptr != left_.data() + 4) return false;
    left_.remove_prefix(4);
    // Servers escape <, > and & this way; what is beyond ASCII comes as it is.
    text.push_back(code < 0x80 ? static_cast<char>(code) : '?');
    return true;
  }

  std::string_view left_;
};

std::optional<JsonValue> JsonValue::Parse(std::string_view text) {
  return JsonReader(text).ReadAll();
}

const JsonValue* JsonValue::Find(std::string_view name) const {
  for (const auto& member : members_) {
    if (kind_ == Kind::kObject && member.first == name) return &member.second;
  }
  return nullptr;
}

std::string JsonValue::Text(std::string_view name) const {
  const JsonValue* value = Find(name);
  return value != nullptr && value->kind_ == Kind::kString ? value->text_ : std::string();
}

std::uint64_t JsonValue::Number(std::string_view name) const {
  const JsonValue* value = Find(name);
  if (value == nullptr || value->kind_ != Kind::kNumber) return 0;
  std::uint64_t number = 0;
  std::from_chars(value->text_.data(), value->text_.data() + value->text_.size(), number);
  return number;
}

bool JsonValue::True(std::string_view name) const {
  const JsonValue* value = Find(name);
  return value != nullptr && value->kind_ == Kind::kBool && value->text_ == "true";
}

}  // namespace muster::link
