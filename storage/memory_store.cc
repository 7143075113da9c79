#include "storage/memory_store.h"

#include <map>

namespace muster::storage {
namespace {

using Map = std::map<std::string, std::string, std::less<>>;

class MemoryStore final : public Store {
 public:
  Status Write(const WriteBatch& batch) override {
    for (const WriteBatch::Operation& operation : batch.operations()) Apply(batch, operation);
    return Status();
  }

  Result<std::string> Get(Family family, std::string_view key) override {
    const Map& map = MapOf(family);
    const auto found = map.find(key);
    if (found == map.end()) return Status(ErrorCode::kNotFound, "no such key");
    return found->second;
  }

  Status Scan(Family family, std::string_view begin, std::string_view end,
              const std::function<bool(std::string_view, std::string_view)>& visit) override {
    const Map& map = MapOf(family);
    for (auto it = map.lower_bound(begin); it != map.end() && (end.empty() || it->first < end); ++it) {
      if (!visit(it->first, it->second)) break;
    }
    return Status();
  }

  std::uint64_t ApproximateBytes() override { return 0; }

 private:
  Map& MapOf(Family family) { return maps_[static_cast<std::size_t>(family)]; }

  void Apply(const WriteBatch& batch, const WriteBatch::Operation& operation) {
    Map& map = MapOf(operation.family);
    const std::string_view key = batch.key(operation);
    const std::string_view value = batch.value(operation);
    switch (operation.kind) {
      case WriteBatch::Kind::kPut: {
        const auto found = map.lower_bound(key);
        if (found != map.end() && found->first == key) {
          found->second.assign(value);
        } else {
          map.emplace_hint(found, key, value);
        }
        break;
      }
      case WriteBatch::Kind::kDelete: {
        const auto found = map.find(key);
        if (found != map.end()) map.erase(found);
        break;
      }
      case WriteBatch::Kind::kDeleteRange:
        if (key < value) map.erase(map.lower_bound(key), map.lower_bound(value));
        break;
    }
  }

  std::array<Map, kFamilies> maps_;
};

}  // namespace

Result<OpenedStore> OpenMemoryStore(const StoreOptions&) {
  OpenedStore opened;
  opened.store = std::make_unique<MemoryStore>();
  return opened;
}

}  // namespace muster::storage
