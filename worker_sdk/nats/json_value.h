// JsonValue: a NATS server's answers, read. A narrow view of nlohmann_json, which stays in one .cc and out of what is
// installed. Threads: values. Untrusted input: bounded depth, never throws.
#ifndef MUSTER_WORKER_SDK_NATS_JSON_VALUE_H_
#define MUSTER_WORKER_SDK_NATS_JSON_VALUE_H_

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace muster::link {

class JsonValue {
 public:
  enum class Kind : std::uint8_t { kNull, kBool, kNumber, kString, kArray, kObject };

  // Nothing where `text` is not one JSON value, or is nested deeper than 32.
  static std::optional<JsonValue> Parse(std::string_view text);

  Kind kind() const { return kind_; }
  // Of an object; nullptr where there is none of that name, or this is no object.
  const JsonValue* Find(std::string_view name) const;
  // Of an object's member; empty, zero or false where it is absent or of another kind.
  std::string Text(std::string_view name) const;
  std::uint64_t Number(std::string_view name) const;  // zero for a negative one as well
  bool True(std::string_view name) const;

 private:
  friend class JsonReader;
  Kind kind_ = Kind::kNull;
  std::string text_;                                        // a string, unescaped; a number, as written; "true"
  std::vector<std::pair<std::string, JsonValue>> members_;  // of an object; of an array with empty names
};

}  // namespace muster::link

#endif  // MUSTER_WORKER_SDK_NATS_JSON_VALUE_H_
