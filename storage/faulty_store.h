// FaultyStore: a store in which the Nth call fails, for tests of what happens then. Wraps any other store.
#ifndef MUSTER_STORAGE_FAULTY_STORE_H_
#define MUSTER_STORAGE_FAULTY_STORE_H_

#include <cstdint>
#include <memory>

#include "storage/store.h"

namespace muster::storage {

struct FaultPlan {
  std::uint64_t fail_write_at = 0;  // the Nth Write from 1 fails and is not applied; 0 = none
  bool applied_but_failed = false;  // it is applied all the same: the caller cannot know
  std::uint64_t fail_scan_at = 0;
};

// After the failed write every call fails, as with a real store. Does not own `base`.
std::unique_ptr<Store> NewFaultyStore(Store* base, FaultPlan plan);

}  // namespace muster::storage

#endif  // MUSTER_STORAGE_FAULTY_STORE_H_
