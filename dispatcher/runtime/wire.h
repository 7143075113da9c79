// wire: the few pieces of the protobuf wire format that the hot path writes by hand, so that a task's encoded body goes
// into a message without being parsed and built again. Field numbers come from the generated classes.
//
// Threads: pure functions. Like protobuf itself, fields with a zero or empty value are left out.
#ifndef MUSTER_DISPATCHER_RUNTIME_WIRE_H_
#define MUSTER_DISPATCHER_RUNTIME_WIRE_H_

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace muster::runtime::wire {

constexpr std::size_t VarintBytes(std::uint64_t value) {
  std::size_t bytes = 1;
  for (; value >= 0x80; value >>= 7) ++bytes;
  return bytes;
}

inline void AppendVarint(std::uint64_t value, std::string* out) {
  for (; value >= 0x80; value >>= 7) out->push_back(static_cast<char>((value & 0x7f) | 0x80));
  out->push_back(static_cast<char>(value));
}

constexpr std::uint64_t Tag(int field, unsigned type) {
  return (static_cast<std::uint64_t>(field) << 3) | type;
}

constexpr std::size_t NumberBytes(int field, std::uint64_t value) {
  return value == 0 ? 0 : VarintBytes(Tag(field, 0)) + VarintBytes(value);
}
inline void AppendNumber(int field, std::uint64_t value, std::string* out) {
  if (value == 0) return;
  AppendVarint(Tag(field, 0), out);
  AppendVarint(value, out);
}

// A string, bytes or message of `size` bytes; empty ones too: a message that is present may have no fields.
constexpr std::size_t DelimitedBytes(int field, std::size_t size) {
  return VarintBytes(Tag(field, 2)) + VarintBytes(size) + size;
}
// The caller appends the `size` bytes itself.
inline void AppendDelimiter(int field, std::size_t size, std::string* out) {
  AppendVarint(Tag(field, 2), out);
  AppendVarint(size, out);
}
inline void AppendDelimited(int field, std::string_view bytes, std::string* out) {
  AppendDelimiter(field, bytes.size(), out);
  out->append(bytes);
}

}  // namespace muster::runtime::wire

#endif  // MUSTER_DISPATCHER_RUNTIME_WIRE_H_
