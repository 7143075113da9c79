// A directory of its own for one test, removed at the end; and the shortest way to open a store in it.
#ifndef MUSTER_TESTS_CONTRACT_STORAGE_SCRATCH_H_
#define MUSTER_TESTS_CONTRACT_STORAGE_SCRATCH_H_

#include <stdlib.h>

#include <filesystem>
#include <string>
#include <utility>
#include <vector>

#include "storage/store.h"
#include "tests/support/catch.h"

namespace muster::storage {

class Scratch {
 public:
  Scratch() {
    std::string pattern = (std::filesystem::temp_directory_path() / "muster-store-XXXXXX").string();
    REQUIRE(mkdtemp(pattern.data()) != nullptr);
    root_ = pattern;
  }
  ~Scratch() {
    std::error_code ignored;
    std::filesystem::remove_all(root_, ignored);
  }
  Scratch(const Scratch&) = delete;
  Scratch& operator=(const Scratch&) = delete;

  std::string directory() const { return root_ + "/journal"; }
  StoreOptions Options() const {
    StoreOptions options;
    options.directory = directory();
    return options;
  }

 private:
  std::string root_;
};

inline OpenedStore OpenOrFail(std::string_view name, const StoreOptions& options) {
  Result<OpenedStore> opened = OpenStore(name, options);
  REQUIRE(opened.status().ToString() == "ok");
  return std::move(opened).value();
}

using Pairs = std::vector<std::pair<std::string, std::string>>;

// What a scan shows.
inline Pairs Scanned(Store* store, Family family, std::string_view begin = {}, std::string_view end = {}) {
  Pairs pairs;
  const Status status = store->Scan(family, begin, end, [&](std::string_view key, std::string_view value) {
    pairs.emplace_back(key, value);
    return true;
  });
  REQUIRE(status.ToString() == "ok");
  return pairs;
}

// Stores of the table that keep their content over a reopening.
inline bool IsPersistent(const StoreInfo& store) {
  return store.name != "memory";
}

}  // namespace muster::storage

#endif  // MUSTER_TESTS_CONTRACT_STORAGE_SCRATCH_H_
