#include "worker_sdk/nats/json_value.h"

#include <charconv>
#include <nlohmann/json.hpp>

namespace muster::link {

class JsonReader {
 public:
  static std::optional<JsonValue> ReadAll(std::string_view text) {
    const nlohmann::json json = nlohmann::json::parse(text, nullptr, /*allow_exceptions=*/false);
    JsonValue value;
    if (json.is_discarded() || !Copy(json, &value, 0)) return std::nullopt;
    return value;
  }

 private:
  static constexpr int kDepthMax = 32;

  static bool Copy(const nlohmann::json& from, JsonValue* to, int depth) {
    if (depth > kDepthMax) return false;
    switch (from.type()) {
      case nlohmann::json::value_t::string:
        to->kind_ = JsonValue::Kind::kString;
        to->text_ = *from.get_ptr<const std::string*>();
        return true;
      case nlohmann::json::value_t::boolean:
      case nlohmann::json::value_t::number_integer:
      case nlohmann::json::value_t::number_unsigned:
      case nlohmann::json::value_t::number_float:
        to->kind_ = from.is_boolean() ? JsonValue::Kind::kBool : JsonValue::Kind::kNumber;
        to->text_ = from.dump();
        return true;
      case nlohmann::json::value_t::object:
      case nlohmann::json::value_t::array:
        to->kind_ = from.is_object() ? JsonValue::Kind::kObject : JsonValue::Kind::kArray;
        for (auto member = from.begin(); member != from.end(); ++member) {
          to->members_.emplace_back(from.is_object() ? member.key() : std::string(), JsonValue());
          if (!Copy(*member, &to->members_.back().second, depth + 1)) return false;
        }
        return true;
      default: return true;
    }
  }
};

std::optional<JsonValue> JsonValue::Parse(std::string_view text) {
  return JsonReader::ReadAll(text);
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
