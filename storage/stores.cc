#include "schemas/charset.h"
#include "schemas/text.h"
#include "storage/memory_store.h"
#include "storage/rocksdb_store.h"
#include "storage/store.h"

namespace muster::storage {

const std::vector<StoreInfo>& Stores() {
  static const std::vector<StoreInfo> kStores = {
      {"rocksdb", "on disk; survives a kill, and with sync a loss of power", OpenRocksDbStore},
      {"memory", "in memory; gone with the process", OpenMemoryStore},
  };
  return kStores;
}

Result<OpenedStore> OpenStore(std::string_view name, const StoreOptions& options) {
  std::vector<std::string_view> names;
  for (const StoreInfo& store : Stores()) {
    if (store.name == name) return store.open(options);
    names.push_back(store.name);
  }
  std::string message = "unknown store " + charset::Quote(name);
  const std::string_view nearest = NearestName(name, names);
  if (!nearest.empty()) message.append("; did you mean ").append(nearest).append("?");
  message.append(" There are:");
  for (std::string_view known : names) message.append(" ").append(known);
  return Status(ErrorCode::kBadRequest, std::move(message), "store");
}

}  // namespace muster::storage
