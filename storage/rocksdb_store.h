// The store on disk, on RocksDB. Why each of its settings is as it is: docs/storage_format.md.
#ifndef MUSTER_STORAGE_ROCKSDB_STORE_H_
#define MUSTER_STORAGE_ROCKSDB_STORE_H_

#include "storage/store.h"

namespace muster::storage {

// As OpenStore. A read-only store sees the state at its opening; its Write fails with kUnavailable.
Result<OpenedStore> OpenRocksDbStore(const StoreOptions& options);

}  // namespace muster::storage

#endif  // MUSTER_STORAGE_ROCKSDB_STORE_H_
