#include "storage/store.h"

#include <limits>

#include "schemas/invariant.h"

namespace muster::storage {
namespace {

// Offsets are 32 bits wide: a batch is some hundred operations of some hundred bytes.
std::uint32_t Append(std::string* bytes, std::string_view more) {
  bytes->append(more);
  INVARIANT(bytes->size() <= std::numeric_limits<std::uint32_t>::max());
  return static_cast<std::uint32_t>(bytes->size());
}

}  // namespace

void WriteBatch::Put(Family family, std::string_view key, std::string_view value) {
  const auto key_begin = static_cast<std::uint32_t>(bytes_.size());
  const std::uint32_t key_end = Append(&bytes_, key);
  const std::uint32_t value_end = Append(&bytes_, value);
  operations_.push_back(Operation{Kind::kPut, family, key_begin, key_end, key_end, value_end});
}

void WriteBatch::Delete(Family family, std::string_view key) {
  const auto key_begin = static_cast<std::uint32_t>(bytes_.size());
  const std::uint32_t key_end = Append(&bytes_, key);
  operations_.push_back(Operation{Kind::kDelete, family, key_begin, key_end, key_end, key_end});
}

void WriteBatch::DeleteRange(Family family, std::string_view begin, std::string_view end) {
  const auto key_begin = static_cast<std::uint32_t>(bytes_.size());
  const std::uint32_t key_end = Append(&bytes_, begin);
  const std::uint32_t value_end = Append(&bytes_, end);
  operations_.push_back(Operation{Kind::kDeleteRange, family, key_begin, key_end, key_end, value_end});
}

void WriteBatch::Clear() {
  operations_.clear();
  bytes_.clear();
}

}  // namespace muster::storage
