// Store: an ordered map of byte strings with atomic, durable batches. It knows nothing of tasks.
//
// Keys live in column families, each ordered by bytes. A batch is applied whole or not at all; when Write() returns ok
// it survives a kill of the process, and with Durability::kSync a loss of power too.
//
// Threads: one writer. Get and Scan may be called from the writer's thread only, or while nobody writes.
// Errors: a failed Write leaves the store unusable (every later call fails): the caller must stop, see architecture.md.
#ifndef MUSTER_STORAGE_STORE_H_
#define MUSTER_STORAGE_STORE_H_

#include <array>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "schemas/status.h"

namespace muster::storage {

enum class Family : std::uint8_t { kMeta = 0, kInFlight = 1, kDone = 2, kQueues = 3, kDelayed = 4 };
inline constexpr int kFamilies = 5;
inline constexpr std::array<std::string_view, kFamilies> kFamilyNames = {"meta", "inflight", "done", "queues",
                                                                         "delayed"};

// Operations in order; a later one on the same key wins. Reuse with Clear(): the buffers keep their capacity.
class WriteBatch {
 public:
  enum class Kind : std::uint8_t { kPut, kDelete, kDeleteRange };
  struct Operation {
    Kind kind;
    Family family;
    std::uint32_t key_begin, key_end;      // into bytes()
    std::uint32_t value_begin, value_end;  // value, or the end key of a range
  };

  void Put(Family family, std::string_view key, std::string_view value);
  void Delete(Family family, std::string_view key);
  // [begin, end)
  void DeleteRange(Family family, std::string_view begin, std::string_view end);
  void Clear();
  bool empty() const { return operations_.empty(); }
  std::size_t size() const { return operations_.size(); }
  std::size_t bytes() const { return bytes_.size(); }

  const std::vector<Operation>& operations() const { return operations_; }
  std::string_view key(const Operation& op) const {
    return std::string_view(bytes_).substr(op.key_begin, op.key_end - op.key_begin);
  }
  std::string_view value(const Operation& op) const {
    return std::string_view(bytes_).substr(op.value_begin, op.value_end - op.value_begin);
  }

 private:
  std::vector<Operation> operations_;
  std::string bytes_;
};

enum class Durability : std::uint8_t { kProcess, kSync };

class Store {
 public:
  virtual ~Store() = default;

  // Applies the batch whole. Empty batches are fine.
  virtual Status Write(const WriteBatch& batch) = 0;
  // kNotFound where there is no such key.
  virtual Result<std::string> Get(Family family, std::string_view key) = 0;
  // Calls `visit` for keys in [begin, end) in order of bytes, until it returns false. An empty `end` means no end.
  virtual Status Scan(Family family, std::string_view begin, std::string_view end,
                      const std::function<bool(std::string_view key, std::string_view value)>& visit) = 0;
  // Bytes on disk, roughly; 0 in memory.
  virtual std::uint64_t ApproximateBytes() = 0;
};

struct StoreOptions {
  std::string directory;  // RocksDB: made when absent
  Durability durability = Durability::kProcess;
  std::uint64_t memory_bytes = 32 << 20;  // write buffers and cache together
  bool read_only = false;                 // for `muster state inspect`: needs no lock
  // When the files are damaged: move the directory aside to <directory>.damaged-<n> and begin empty, rather than fail.
  bool quarantine = true;
};

struct OpenedStore {
  std::unique_ptr<Store> store;
  std::string quarantined;  // where a damaged directory went; empty when all was well
};

// Opens by the name in the table of stores ("rocksdb", "memory").
// kConflict when another process has the directory open: names the directory and says what to do.
// kUnavailable when it cannot be opened (permissions, disk full), kBadRequest for an unknown store name.
Result<OpenedStore> OpenStore(std::string_view name, const StoreOptions& options);

struct StoreInfo {
  std::string_view name;
  std::string_view summary;
  Result<OpenedStore> (*open)(const StoreOptions&);
};
// Over this table the contract, model and recovery tests iterate.
const std::vector<StoreInfo>& Stores();

}  // namespace muster::storage

#endif  // MUSTER_STORAGE_STORE_H_
