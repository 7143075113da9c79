// The other process of the storage tests.
//   storage_child open DIR          exits with the ErrorCode of opening DIR
//   storage_child write DIR SYNC    writes batch after batch until it is killed; says on stdout the number of each
//                                   batch whose Write returned ok
#include <unistd.h>

#include <cstdio>
#include <string>
#include <string_view>

#include "storage/store.h"

namespace muster::storage {
namespace {

constexpr int kKeysPerBatch = 50;

int Open(const StoreOptions& options) {
  return static_cast<int>(OpenStore("rocksdb", options).status().code());
}

int WriteForEver(const StoreOptions& options) {
  Result<OpenedStore> opened = OpenStore("rocksdb", options);
  if (!opened.ok()) {
    std::fprintf(stderr, "%s\n", opened.status().ToString().c_str());
    return 1;
  }
  WriteBatch batch;
  for (int number = 0;; ++number) {
    batch.Clear();
    const std::string value = std::to_string(number);
    // Every key of the batch carries its number, over two families: a half batch would show.
    for (int i = 0; i < kKeysPerBatch; ++i) {
      batch.Put(i % 2 == 0 ? Family::kInFlight : Family::kDone, std::to_string(i), value);
      batch.Put(Family::kQueues, std::to_string(number) + "." + std::to_string(i), std::string(100, 'x'));
    }
    if (!opened->store->Write(batch).ok()) return 1;
    const std::string line = value + "\n";
    if (write(STDOUT_FILENO, line.data(), line.size()) != static_cast<ssize_t>(line.size())) return 1;
  }
}

}  // namespace
}  // namespace muster::storage

int main(int argc, char** argv) {
  if (argc < 3) return 2;
  muster::storage::StoreOptions options;
  options.directory = argv[2];
  options.memory_bytes = 2 << 20;
  if (std::string_view(argv[1]) == "open") return muster::storage::Open(options);
  if (argc > 3 && std::string_view(argv[3]) == "sync") options.durability = muster::storage::Durability::kSync;
  return muster::storage::WriteForEver(options);
}
