#include "dispatcher/cli/json.h"

#include <google/protobuf/struct.pb.h>
#include <google/protobuf/util/json_util.h>

#include <array>
#include <cmath>
#include <cstdio>

#include "dispatcher/cli/human.h"
#include "dispatcher/cli/printable.h"

namespace muster::cli {
namespace {

namespace util = google::protobuf::util;

Status Wrong(const std::string& message) {
  return Status(ErrorCode::kBadRequest, message);
}

// Whether one JSON string at the front of `text` begins here; cheap test that keeps numbers exact for plain lines.
bool HasFriendlyMember(const google::protobuf::Struct& object) {
  if (object.fields().contains("data")) return true;
  const auto priority = object.fields().find("priority");
  return priority != object.fields().end() && ParsePriority(priority->second.string_value()).has_value();
}

}  // namespace

std::string ToJson(const google::protobuf::Message& message, bool pretty) {
  util::JsonPrintOptions options;
  options.preserve_proto_field_names = true;
  options.always_print_primitive_fields = true;
  options.add_whitespace = pretty;
  std::string text;
  // Fails only for strings that are no UTF-8, which a reply cannot carry: protobuf checked them when it was parsed.
  if (!util::MessageToJsonString(message, &text, options).ok()) text = "{}";
  while (!text.empty() && text.back() == '\n') text.pop_back();
  return text;
}

std::string JsonString(std::string_view text) {
  std::string out = "\"";
  for (std::size_t i = 0; i < text.size();) {
    const std::string_view one = text.substr(i, 1);
    const auto byte = static_cast<unsigned char>(one[0]);
    if (byte == '"' || byte == '\\') {
      out += '\\';
      out += one;
    } else if (byte < 0x20 || byte == 0x7f) {
      std::array<char, 8> escape{};
      std::snprintf(escape.data(), escape.size(), "\\u%04x", static_cast<unsigned>(byte));
      out += escape.data();
    } else if (byte < 0x80) {
      out += one;
    } else {
      // The longest valid character from here; EscapeText turns what is none into a backslash.
      std::size_t size = 2;
      while (size <= 4 && EscapeText(text.substr(i, size)) != text.substr(i, size)) ++size;
      if (size > 4 || i + size > text.size()) {
        out += "\xef\xbf\xbd";
      } else {
        out += text.substr(i, size);
        i += size;
        continue;
      }
    }
    ++i;
  }
  return out + "\"";
}

JsonObject& JsonObject::SetRaw(std::string_view name, std::string_view json) {
  if (!members_.empty()) members_ += ", ";
  members_ += JsonString(name) + ": " + std::string(json);
  return *this;
}

JsonObject& JsonObject::Set(std::string_view name, std::string_view text) {
  return SetRaw(name, JsonString(text));
}

JsonObject& JsonObject::Set(std::string_view name, double number) {
  return SetRaw(name, std::isfinite(number) ? Fixed(number, 3) : "null");
}

Result<v1::Task> TaskFromJson(std::string_view line) {
  const std::string text(line);
  google::protobuf::Struct object;
  const auto parsed = util::JsonStringToMessage(text, &object);
  if (!parsed.ok()) return Wrong("this is no JSON object: " + std::string(parsed.message()));
  std::string exact = text;
  std::string data;
  const bool friendly = HasFriendlyMember(object);
  const bool has_data = object.fields().contains("data");
  if (friendly) {
    auto& fields = *object.mutable_fields();
    if (has_data) {
      if (fields.at("data").kind_case() != google::protobuf::Value::kStringValue) return Wrong("\"data\" is text");
      if (fields.contains("payload")) return Wrong("\"data\" and \"payload\" are two payloads; give one");
      data = fields.at("data").string_value();
      fields.erase("data");
    }
    if (fields.contains("priority")) {
      const auto named = ParsePriority(fields.at("priority").string_value());
      if (named) fields["priority"].set_string_value(v1::Priority_Name(ToProto(*named)));
    }
    exact = ToJson(object, false);
  }
  v1::Task task;
  const auto read = util::JsonStringToMessage(exact, &task);
  if (!read.ok()) return Wrong("this is no task: " + std::string(read.message()));
  if (has_data) task.set_payload(data);
  return task;
}

}  // namespace muster::cli
