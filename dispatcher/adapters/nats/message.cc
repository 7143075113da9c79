#include "dispatcher/adapters/nats/message.h"

#include <array>
#include <charconv>
#include <cstdlib>
#include <ctime>

namespace muster::adapters::nats {
namespace {

template <typename T>
bool ToNumber(std::string_view text, T* out) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), *out);
  return error == std::errc() && end == text.data() + text.size();
}

// False: there is a header block, and it cannot be read.
bool CopyHeaders(natsMsg* message, Headers* out) {
  const char** keys = nullptr;
  int key_count = 0;
  const natsStatus status = natsMsgHeader_Keys(message, &keys, &key_count);
  if (status != NATS_OK) return status == NATS_NOT_FOUND;
  for (int k = 0; k < key_count; ++k) {
    const char** values = nullptr;
    int value_count = 0;
    if (natsMsgHeader_Values(message, keys[k], &values, &value_count) != NATS_OK) continue;
    for (int v = 0; v < value_count; ++v) out->emplace_back(keys[k], values[v]);
    std::free(static_cast<void*>(values));
  }
  std::free(static_cast<void*>(keys));
  return true;
}

bool IsOrigin(std::string_view header) {
  return header == "Nats-Stream" || header == "Nats-Subject" || header == "Nats-Sequence" ||
         header == "Nats-Time-Stamp" || header == "Nats-Last-Sequence" || header == "Nats-Num-Pending";
}

}  // namespace

std::string_view Subject(const natsMsg* message) {
  const char* subject = natsMsg_GetSubject(message);
  return subject == nullptr ? std::string_view() : subject;
}

std::string_view Data(const natsMsg* message) {
  return {natsMsg_GetData(message), static_cast<std::size_t>(natsMsg_GetDataLength(message))};
}

std::string_view HeaderOf(natsMsg* message, const char* name) {
  const char* value = nullptr;
  return natsMsgHeader_Get(message, name, &value) == NATS_OK && value != nullptr ? value : std::string_view();
}

int StatusOf(natsMsg* message) {
  if (natsMsg_GetDataLength(message) != 0) return 0;
  int status = 0;
  return ToNumber(HeaderOf(message, "Status"), &status) ? status : 0;
}

bool ParseAckSubject(std::string_view ack, runtime::StoredMessage* out) {
  if (!ack.starts_with("$JS.ACK.")) return false;
  std::array<std::string_view, 12> tokens;
  std::size_t count = 0;
  while (count < tokens.size()) {
    const std::size_t dot = ack.find('.');
    tokens[count++] = ack.substr(0, dot);
    if (dot == std::string_view::npos) break;
    ack.remove_prefix(dot + 1);
  }
  // $JS.ACK.[<domain>.<account>.]<stream>.<consumer>.<delivered>.<stream seq>.<consumer seq>.<time>.<pending>[.<token>]
  if (count != 9 && count < 11) return false;
  const std::size_t stream = count == 9 ? 2 : 4;
  out->stream = tokens[stream];
  return ToNumber(tokens[stream + 3], &out->sequence) && ToNumber(tokens[stream + 5], &out->stored_ns);
}

runtime::StoredMessage ToStored(natsMsg* message) {
  runtime::StoredMessage out;
  out.subject = Subject(message);
  out.data = Data(message);
  out.headers_damaged = !CopyHeaders(message, &out.headers);
  if (const char* ack = natsMsg_GetReply(message); ack != nullptr) {
    out.ack = ack;
    ParseAckSubject(out.ack, &out);
  }
  return out;
}

runtime::StoredMessage ToStoredDirect(natsMsg* message) {
  runtime::StoredMessage out;
  out.subject = HeaderOf(message, "Nats-Subject");
  out.stream = HeaderOf(message, "Nats-Stream");
  ToNumber(HeaderOf(message, "Nats-Sequence"), &out.sequence);
  out.stored_ns = ParseServerTime(HeaderOf(message, "Nats-Time-Stamp"));
  out.data = Data(message);
  out.headers_damaged = !CopyHeaders(message, &out.headers);
  std::erase_if(out.headers, [](const auto& header) { return IsOrigin(header.first); });
  return out;
}

runtime::CoreMessage ToCore(natsMsg* message) {
  const char* reply = natsMsg_GetReply(message);
  return {std::string(Subject(message)), reply == nullptr ? std::string() : reply, std::string(Data(message))};
}

std::int64_t ParseServerTime(std::string_view text) {
  // 2026-03-01T12:00:00[.fraction]Z
  if (text.size() < 20 || text[4] != '-' || text[10] != 'T' || text.back() != 'Z') return 0;
  std::tm tm{};
  if (!ToNumber(text.substr(0, 4), &tm.tm_year) || !ToNumber(text.substr(5, 2), &tm.tm_mon) ||
      !ToNumber(text.substr(8, 2), &tm.tm_mday) || !ToNumber(text.substr(11, 2), &tm.tm_hour) ||
      !ToNumber(text.substr(14, 2), &tm.tm_min) || !ToNumber(text.substr(17, 2), &tm.tm_sec)) {
    return 0;
  }
  tm.tm_year -= 1900;
  tm.tm_mon -= 1;
  std::int64_t nanoseconds = 0;
  if (text[19] == '.') {
    std::string fraction(text.substr(20, text.size() - 21));
    fraction.resize(9, '0');
    if (!ToNumber(std::string_view(fraction), &nanoseconds)) return 0;
  }
  return static_cast<std::int64_t>(timegm(&tm)) * 1000000000 + nanoseconds;
}

}  // namespace muster::adapters::nats
