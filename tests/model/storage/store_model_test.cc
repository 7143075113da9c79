// Random operations on every store, against one std::map per family; with reopenings where the store is persistent.
#include <map>
#include <random>

#include "tests/contract/storage/scratch.h"

namespace muster::storage {
namespace {

using Model = std::array<std::map<std::string, std::string>, kFamilies>;

// Few keys, so that they meet often; of different lengths, with bytes above 0x7f.
std::string RandomKey(std::mt19937_64* random) {
  static constexpr std::string_view kAlphabet(
      "\x00"
      "ab\x7f\xff",
      5);
  std::string key;
  const std::uint64_t length = (*random)() % 4;
  for (std::uint64_t i = 0; i < length; ++i) key.push_back(kAlphabet[(*random)() % kAlphabet.size()]);
  return key;
}

WriteBatch RandomBatch(std::mt19937_64* random, Model* model) {
  WriteBatch batch;
  for (std::uint64_t n = (*random)() % 20; n > 0; --n) {
    const auto family = static_cast<Family>((*random)() % kFamilies);
    std::map<std::string, std::string>& map = (*model)[static_cast<std::size_t>(family)];
    const std::string key = RandomKey(random);
    const std::uint64_t kind = (*random)() % 10;
    if (kind < 6) {
      const std::uint64_t length = (*random)() % 300;
      const std::string value(length, static_cast<char>((*random)()));
      batch.Put(family, key, value);
      map[key] = value;
    } else if (kind < 9) {
      batch.Delete(family, key);
      map.erase(key);
    } else {
      const std::string end = RandomKey(random);
      batch.DeleteRange(family, key, end);
      if (key < end) map.erase(map.lower_bound(key), map.lower_bound(end));
    }
  }
  return batch;
}

void CheckEqual(Store* store, const Model& model, std::mt19937_64* random) {
  for (int i = 0; i < kFamilies; ++i) {
    const auto family = static_cast<Family>(i);
    const std::map<std::string, std::string>& map = model[static_cast<std::size_t>(i)];
    REQUIRE(Scanned(store, family) == Pairs(map.begin(), map.end()));
    const std::string begin = RandomKey(random);
    const std::string end = RandomKey(random);
    Pairs part;
    for (auto it = map.lower_bound(begin); it != map.end() && (end.empty() || it->first < end); ++it)
      part.push_back(*it);
    REQUIRE(Scanned(store, family, begin, end) == part);
    const Result<std::string> got = store->Get(family, begin);
    REQUIRE(got.ok() == (map.count(begin) == 1));
    if (got.ok()) REQUIRE(*got == map.at(begin));
  }
}

TEST_CASE("store: after any operations it equals a map") {
  for (const StoreInfo& info : Stores()) {
    for (std::uint64_t seed = 1; seed <= 8; ++seed) {
      INFO(info.name << " seed " << seed);
      std::mt19937_64 random(seed);
      Scratch scratch;
      StoreOptions options = scratch.Options();
      options.memory_bytes = 2 << 20;
      OpenedStore opened = OpenOrFail(info.name, options);
      Model model;
      for (int step = 0; step < 400; ++step) {
        const WriteBatch batch = RandomBatch(&random, &model);
        REQUIRE(opened.store->Write(batch).ok());
        if (random() % 20 == 0) CheckEqual(opened.store.get(), model, &random);
        if (random() % 60 == 0 && IsPersistent(info)) {
          opened.store.reset();
          opened = OpenOrFail(info.name, options);
          REQUIRE(opened.quarantined.empty());
        }
      }
      CheckEqual(opened.store.get(), model, &random);
    }
  }
}

}  // namespace
}  // namespace muster::storage
