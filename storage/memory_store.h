// The store in memory: for tests, the simulator, and daemons whose state may be lost with the process.
#ifndef MUSTER_STORAGE_MEMORY_STORE_H_
#define MUSTER_STORAGE_MEMORY_STORE_H_

#include "storage/store.h"

namespace muster::storage {

// Ignores every option: nothing of it survives the process.
Result<OpenedStore> OpenMemoryStore(const StoreOptions& options);

}  // namespace muster::storage

#endif  // MUSTER_STORAGE_MEMORY_STORE_H_
