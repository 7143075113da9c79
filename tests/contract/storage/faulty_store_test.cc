#include "storage/faulty_store.h"

#include "tests/contract/storage/scratch.h"

namespace muster::storage {
namespace {

WriteBatch Putting(std::string_view key) {
  WriteBatch batch;
  batch.Put(Family::kMeta, key, "x");
  return batch;
}

TEST_CASE("faulty store: the planned write fails and is not applied, and everything after it fails") {
  for (const StoreInfo& info : Stores()) {
    Scratch scratch;
    OpenedStore base = OpenOrFail(info.name, scratch.Options());
    FaultPlan plan;
    plan.fail_write_at = 2;
    const std::unique_ptr<Store> store = NewFaultyStore(base.store.get(), plan);
    CHECK(store->Write(Putting("a")).ok());
    CHECK_FALSE(store->Write(Putting("b")).ok());
    CHECK_FALSE(store->Write(Putting("c")).ok());
    CHECK_FALSE(store->Get(Family::kMeta, "a").ok());
    CHECK_FALSE(store->Scan(Family::kMeta, {}, {}, [](auto, auto) { return true; }).ok());
    CHECK(Scanned(base.store.get(), Family::kMeta) == Pairs{{"a", "x"}});
  }
}

TEST_CASE("faulty store: a write can fail and be applied all the same") {
  Scratch scratch;
  OpenedStore base = OpenOrFail("memory", scratch.Options());
  FaultPlan plan;
  plan.fail_write_at = 1;
  plan.applied_but_failed = true;
  const std::unique_ptr<Store> store = NewFaultyStore(base.store.get(), plan);
  CHECK_FALSE(store->Write(Putting("a")).ok());
  CHECK(base.store->Get(Family::kMeta, "a").ok());
}

TEST_CASE("faulty store: the planned scan fails, the others do not") {
  Scratch scratch;
  OpenedStore base = OpenOrFail("memory", scratch.Options());
  FaultPlan plan;
  plan.fail_scan_at = 2;
  const std::unique_ptr<Store> store = NewFaultyStore(base.store.get(), plan);
  const auto all = [](std::string_view, std::string_view) { return true; };
  CHECK(store->Scan(Family::kMeta, {}, {}, all).ok());
  CHECK_FALSE(store->Scan(Family::kMeta, {}, {}, all).ok());
  CHECK(store->Scan(Family::kMeta, {}, {}, all).ok());
}

}  // namespace
}  // namespace muster::storage
