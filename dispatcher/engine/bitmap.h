// Bitmap: a set of worker indices, one bit each. Sets of different length compare as if the shorter were padded with 0.
#ifndef MUSTER_DISPATCHER_ENGINE_BITMAP_H_
#define MUSTER_DISPATCHER_ENGINE_BITMAP_H_

#include <bit>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace muster::engine {

class Bitmap {
 public:
  void Set(std::uint32_t index) {
    const std::size_t word = index / 64;
    if (word >= words_.size()) words_.resize(word + 1);
    words_[word] |= Bit(index);
  }
  void Clear(std::uint32_t index) {
    const std::size_t word = index / 64;
    if (word < words_.size()) words_[word] &= ~Bit(index);
  }
  void Put(std::uint32_t index, bool value) { value ? Set(index) : Clear(index); }
  bool Test(std::uint32_t index) const {
    const std::size_t word = index / 64;
    return word < words_.size() && (words_[word] & Bit(index)) != 0;
  }
  bool Any() const {
    for (std::uint64_t word : words_) {
      if (word != 0) return true;
    }
    return false;
  }
  std::size_t Count() const {
    std::size_t count = 0;
    for (std::uint64_t word : words_) count += static_cast<std::size_t>(std::popcount(word));
    return count;
  }

  std::size_t words() const { return words_.size(); }
  std::uint64_t word(std::size_t i) const { return i < words_.size() ? words_[i] : 0; }

 private:
  static std::uint64_t Bit(std::uint32_t index) { return std::uint64_t{1} << (index % 64); }
  std::vector<std::uint64_t> words_;
};

}  // namespace muster::engine

#endif  // MUSTER_DISPATCHER_ENGINE_BITMAP_H_
