// IndexedHeap: a binary min-heap of small integers whose keys can change. Keeps each member's place, so that moving or
// removing one is O(log n). No allocation once it has grown.
#ifndef MUSTER_DISPATCHER_ENGINE_INDEXED_HEAP_H_
#define MUSTER_DISPATCHER_ENGINE_INDEXED_HEAP_H_

#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

namespace muster::engine {

template <typename Key>
class IndexedHeap {
 public:
  bool empty() const { return heap_.empty(); }
  std::size_t size() const { return heap_.size(); }
  std::uint32_t top() const { return heap_.front().member; }
  const Key& top_key() const { return heap_.front().key; }
  bool Contains(std::uint32_t member) const { return member < place_.size() && place_[member] != kAbsent; }

  // Inserts the member, or moves it to its new key.
  void Put(std::uint32_t member, const Key& key) {
    if (member >= place_.size()) place_.resize(member + 1, kAbsent);
    std::size_t at = place_[member];
    if (at == kAbsent) {
      at = heap_.size();
      heap_.push_back({key, member});
      place_[member] = at;
      Up(at);
      return;
    }
    const bool smaller = key < heap_[at].key;
    heap_[at].key = key;
    smaller ? Up(at) : Down(at);
  }

  void Erase(std::uint32_t member) {
    if (!Contains(member)) return;
    const std::size_t at = place_[member];
    place_[member] = kAbsent;
    const Node last = heap_.back();
    heap_.pop_back();
    if (at == heap_.size()) return;
    heap_[at] = last;
    place_[last.member] = at;
    Up(at);
    Down(place_[last.member]);
  }

 private:
  static constexpr std::size_t kAbsent = static_cast<std::size_t>(-1);
  struct Node {
    Key key;
    std::uint32_t member;
  };

  void Swap(std::size_t a, std::size_t b) {
    std::swap(heap_[a], heap_[b]);
    place_[heap_[a].member] = a;
    place_[heap_[b].member] = b;
  }
  void Up(std::size_t at) {
    while (at > 0) {
      const std::size_t parent = (at - 1) / 2;
      if (!(heap_[at].key < heap_[parent].key)) return;
      Swap(at, parent);
      at = parent;
    }
  }
  void Down(std::size_t at) {
    for (;;) {
      std::size_t least = at;
      for (std::size_t child = 2 * at + 1; child <= 2 * at + 2 && child < heap_.size(); ++child) {
        if (heap_[child].key < heap_[least].key) least = child;
      }
      if (least == at) return;
      Swap(at, least);
      at = least;
    }
  }

  std::vector<Node> heap_;
  std::vector<std::size_t> place_;
};

}  // namespace muster::engine

#endif  // MUSTER_DISPATCHER_ENGINE_INDEXED_HEAP_H_
