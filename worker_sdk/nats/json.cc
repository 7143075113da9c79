#include "worker_sdk/nats/json.h"

#include <array>
#include <cctype>
#include <cstdio>
#include <utility>

#include "schemas/text.h"
#include "worker_sdk/nats/json_value.h"

namespace muster::link {
namespace {

// JetStream's own error numbers.
constexpr int kStreamNotFound = 10059;
constexpr int kMessageNotFound = 10037;
constexpr int kSequenceNotFound = 10043;  // in the answer to a delete
constexpr int kDeleteFailed = 10057;      // with the store's own words
constexpr int kStoreFailed = 10077;       // a limit of the stream
constexpr int kMessageTooLarge = 10054;
constexpr int kNotEnabled = 10076;
constexpr int kNotEnabledForAccount = 10039;

Result<JsonValue> Parse(const std::string& json) {
  auto parsed = JsonValue::Parse(json);
  if (!parsed || parsed->kind() != JsonValue::Kind::kObject) {
    return Status(ErrorCode::kInternal, "the server's answer is not JSON");
  }
  return std::move(*parsed);
}

Status ErrorOf(const JsonValue& parsed, std::string_view what) {
  const JsonValue* error = parsed.Find("error");
  if (error == nullptr) return {};
  const int code = static_cast<int>(error->Number("err_code"));
  std::string text = error->Text("description") + " (" + std::to_string(code) + ")";
  switch (code) {
    case kStreamNotFound: return {ErrorCode::kNotFound, "there is no stream " + std::string(what), "stream"};
    case kDeleteFailed:
      if (text.find("not found") == std::string::npos && text.find("no message") == std::string::npos) break;
      return {ErrorCode::kNotFound, "no such message", "message"};
    case kSequenceNotFound:
    case kMessageNotFound: return {ErrorCode::kNotFound, "no such message", "message"};
    case kStoreFailed: return {ErrorCode::kQueueFull, "the queue is full, try again later: " + text, std::string(what)};
    case kMessageTooLarge: return {ErrorCode::kTooLarge, std::move(text), std::string(what)};
    case kNotEnabled:
    case kNotEnabledForAccount:
      return {ErrorCode::kUnavailable, "JetStream is off: start nats-server with -js", std::string(what)};
    default: break;
  }
  if (error->Number("code") == 404) return {ErrorCode::kNotFound, std::move(text), "message"};
  if (error->Number("code") == 503) return {ErrorCode::kUnavailable, std::move(text), std::string(what)};
  return {ErrorCode::kInternal, std::move(text), std::string(what)};
}

std::string Decode64(std::string_view text) {
  static const std::array<std::int8_t, 256> kTable = [] {
    std::array<std::int8_t, 256> table{};
    table.fill(-1);
    constexpr std::string_view kAlphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    for (std::size_t i = 0; i < kAlphabet.size(); ++i) {
      table[static_cast<unsigned char>(kAlphabet[i])] = static_cast<std::int8_t>(i);
    }
    return table;
  }();
  std::string decoded;
  decoded.reserve(text.size() / 4 * 3);
  std::uint32_t bits = 0;
  int count = 0;
  for (char c : text) {
    const std::int8_t value = kTable[static_cast<unsigned char>(c)];
    if (value < 0) continue;  // padding
    bits = (bits << 6) | static_cast<std::uint32_t>(value);
    count += 6;
    if (count < 8) continue;
    count -= 8;
    decoded.push_back(static_cast<char>((bits >> count) & 0xFF));
  }
  return decoded;
}

// "NATS/1.0\r\nName: value\r\n…\r\n\r\n"
Headers ParseHeaderBlock(std::string_view block) {
  Headers headers;
  while (!block.empty()) {
    const auto end = block.find("\r\n");
    const std::string_view line = block.substr(0, end);
    block.remove_prefix(end == std::string_view::npos ? block.size() : end + 2);
    const auto colon = line.find(':');
    if (colon == std::string_view::npos) continue;  // the version line
    std::string_view value = line.substr(colon + 1);
    while (!value.empty() && value.front() == ' ') value.remove_prefix(1);
    headers.emplace_back(line.substr(0, colon), value);
  }
  return headers;
}

// The digits after `"name":`, or 0. Only for the receipt, whose form is fixed; the general parser costs ten times as
// much.
std::uint64_t QuickNumber(std::string_view json, std::string_view name) {
  auto at = json.find(name);
  if (at == std::string_view::npos) return 0;
  at += name.size();
  while (at < json.size() && (json[at] == ' ' || json[at] == ':')) ++at;
  std::uint64_t number = 0;
  for (; at < json.size() && json[at] >= '0' && json[at] <= '9'; ++at) {
    number = number * 10 + static_cast<std::uint64_t>(json[at] - '0');
  }
  return number;
}

}  // namespace

Result<StoreReceipt> ParseReceipt(std::string_view json, std::string_view subject) {
  if (json.find("\"error\"") != std::string_view::npos) {
    const auto parsed = Parse(std::string(json));
    if (!parsed.ok()) return parsed.status();
    if (Status status = ErrorOf(*parsed, subject); !status.ok()) return status;
  }
  StoreReceipt receipt;
  receipt.sequence = QuickNumber(json, "\"seq\"");
  if (receipt.sequence == 0)
    return Status(ErrorCode::kInternal, "no receipt, but: " + std::string(json.substr(0, 200)));
  receipt.duplicate = json.find("\"duplicate\":true") != std::string_view::npos ||
                      json.find("\"duplicate\": true") != std::string_view::npos;
  constexpr std::string_view kStream = "\"stream\":";
  if (auto at = json.find(kStream); at != std::string_view::npos) {
    const auto open = json.find('"', at + kStream.size());
    const auto close = open == std::string_view::npos ? open : json.find('"', open + 1);
    if (close != std::string_view::npos) receipt.stream = std::string(json.substr(open + 1, close - open - 1));
  }
  return receipt;
}

Result<StreamMessage> ParseStreamMessage(const std::string& json, std::string_view stream) {
  const auto parsed = Parse(json);
  if (!parsed.ok()) return parsed.status();
  if (Status status = ErrorOf(*parsed, stream); !status.ok()) return status;
  const JsonValue* body = parsed->Find("message");
  if (body == nullptr) return Status(ErrorCode::kInternal, "the server's answer has no message", std::string(stream));
  StreamMessage message;
  message.subject = body->Text("subject");
  message.sequence = body->Number("seq");
  message.data = Decode64(body->Text("data"));
  message.headers = ParseHeaderBlock(Decode64(body->Text("hdrs")));
  if (const auto stored = ParseTimestampMs(body->Text("time"), 0); stored.ok()) message.stored_ms = *stored;
  return message;
}

Result<StreamStatus> ParseStreamStatus(const std::string& json, std::string_view stream) {
  const auto parsed = Parse(json);
  if (!parsed.ok()) return parsed.status();
  if (Status status = ErrorOf(*parsed, stream); !status.ok()) return status;
  const JsonValue* state = parsed->Find("state");
  if (state == nullptr) return Status(ErrorCode::kInternal, "the server's answer has no state", std::string(stream));
  StreamStatus status;
  status.name = std::string(stream);
  status.messages = state->Number("messages");
  status.bytes = state->Number("bytes");
  status.first_sequence = state->Number("first_seq");
  status.last_sequence = state->Number("last_seq");
  status.consumers = static_cast<std::uint32_t>(state->Number("consumer_count"));
  status.json = json;
  return status;
}

Status ParseAnswer(const std::string& json, std::string_view stream) {
  const auto parsed = Parse(json);
  return parsed.ok() ? ErrorOf(*parsed, stream) : parsed.status();
}

Result<ServerInfo> ParseServerInfo(const std::string& json) {
  const auto parsed = Parse(json);
  if (!parsed.ok()) return parsed.status();
  ServerInfo info;
  info.version = parsed->Text("version");
  info.name = parsed->Text("server_name");
  info.max_payload = static_cast<std::int64_t>(parsed->Number("max_payload"));
  info.jetstream = parsed->True("jetstream");
  if (info.version.empty()) return Status(ErrorCode::kInternal, "the greeting has no version");
  return info;
}

std::string Quote(std::string_view text) {
  std::string quoted = "\"";
  for (char c : text) {
    if (c == '"' || c == '\\') quoted.push_back('\\');
    if (static_cast<unsigned char>(c) < 0x20) {
      char escaped[8];
      std::snprintf(escaped, sizeof escaped, "\\u%04x", static_cast<unsigned>(c));
      quoted += escaped;
    } else {
      quoted.push_back(c);
    }
  }
  return quoted + "\"";
}

}  // namespace muster::link
