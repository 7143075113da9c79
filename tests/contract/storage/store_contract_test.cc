// What storage/store.h promises, for every store of the table.
#include "tests/contract/storage/scratch.h"

namespace muster::storage {
namespace {

using namespace std::string_literals;

// Runs `body(store)` on a fresh store of each kind.
template <typename Body>
void ForEachStore(Body body) {
  for (const StoreInfo& info : Stores()) {
    DYNAMIC_SECTION(info.name) {
      Scratch scratch;
      OpenedStore opened = OpenOrFail(info.name, scratch.Options());
      CHECK(opened.quarantined.empty());
      body(opened.store.get());
    }
  }
}

void MustWrite(Store* store, const WriteBatch& batch) {
  REQUIRE(store->Write(batch).ToString() == "ok");
}

TEST_CASE("store: what is put is got, what is deleted is gone") {
  ForEachStore([](Store* store) {
    WriteBatch batch;
    batch.Put(Family::kMeta, "a", "1");
    batch.Put(Family::kMeta, "b", "");
    batch.Put(Family::kMeta, "", "empty key");
    MustWrite(store, batch);
    CHECK(*store->Get(Family::kMeta, "a") == "1");
    CHECK(store->Get(Family::kMeta, "b")->empty());
    CHECK(*store->Get(Family::kMeta, "") == "empty key");
    CHECK(store->Get(Family::kMeta, "c").status().code() == ErrorCode::kNotFound);
    batch.Clear();
    CHECK(batch.empty());
    batch.Delete(Family::kMeta, "a");
    batch.Delete(Family::kMeta, "never there");
    MustWrite(store, batch);
    CHECK(store->Get(Family::kMeta, "a").status().code() == ErrorCode::kNotFound);
    // A key that is not there is an answer, not a failure.
    CHECK(store->Get(Family::kMeta, "b").ok());
  });
}

TEST_CASE("store: keys and values are any bytes, in the order of unsigned bytes") {
  ForEachStore([](Store* store) {
    const std::string low("\x00\x00", 2);
    const std::string high("\xff\xff\xff", 3);
    const std::string all = "v\0\xff\n"s;
    WriteBatch batch;
    batch.Put(Family::kDone, high, all);
    batch.Put(Family::kDone, "\x7f", "2");
    batch.Put(Family::kDone, "\x80", "3");
    batch.Put(Family::kDone, low, "1");
    MustWrite(store, batch);
    CHECK(Scanned(store, Family::kDone) == Pairs{{low, "1"}, {"\x7f", "2"}, {"\x80", "3"}, {high, all}});
  });
}

TEST_CASE("store: families do not see one another") {
  ForEachStore([](Store* store) {
    WriteBatch batch;
    for (int i = 0; i < kFamilies; ++i) batch.Put(static_cast<Family>(i), "k", std::string(kFamilyNames[i]));
    batch.Delete(Family::kQueues, "k");
    MustWrite(store, batch);
    for (int i = 0; i < kFamilies; ++i) {
      const auto family = static_cast<Family>(i);
      if (family == Family::kQueues) {
        CHECK_FALSE(store->Get(family, "k").ok());
      } else {
        CHECK(*store->Get(family, "k") == kFamilyNames[i]);
      }
    }
  });
}

TEST_CASE("store: in one batch the later operation on a key wins") {
  ForEachStore([](Store* store) {
    WriteBatch batch;
    batch.Put(Family::kMeta, "a", "1");
    batch.Put(Family::kMeta, "a", "2");
    batch.Put(Family::kMeta, "b", "1");
    batch.Delete(Family::kMeta, "b");
    batch.Delete(Family::kMeta, "c");
    batch.Put(Family::kMeta, "c", "1");
    batch.Put(Family::kMeta, "d", "1");
    batch.DeleteRange(Family::kMeta, "d", "e");
    batch.DeleteRange(Family::kMeta, "e", "f");
    batch.Put(Family::kMeta, "e", "1");
    MustWrite(store, batch);
    CHECK(Scanned(store, Family::kMeta) == Pairs{{"a", "2"}, {"c", "1"}, {"e", "1"}});
  });
}

TEST_CASE("store: a range is deleted from its begin up to, not including, its end") {
  ForEachStore([](Store* store) {
    WriteBatch batch;
    for (const char* key : {"a", "b", "bb", "c", "d"}) batch.Put(Family::kDone, key, "x");
    MustWrite(store, batch);
    batch.Clear();
    batch.DeleteRange(Family::kDone, "b", "c");
    batch.DeleteRange(Family::kDone, "d", "d");  // empty
    batch.DeleteRange(Family::kDone, "d", "a");  // reversed: empty
    MustWrite(store, batch);
    CHECK(Scanned(store, Family::kDone) == Pairs{{"a", "x"}, {"c", "x"}, {"d", "x"}});
  });
}

TEST_CASE("store: a scan shows [begin, end) and stops when told") {
  ForEachStore([](Store* store) {
    WriteBatch batch;
    for (const char* key : {"a", "b", "c", "d"}) batch.Put(Family::kDelayed, key, key);
    MustWrite(store, batch);
    CHECK(Scanned(store, Family::kDelayed, "b", "d") == Pairs{{"b", "b"}, {"c", "c"}});
    CHECK(Scanned(store, Family::kDelayed, "bb") == Pairs{{"c", "c"}, {"d", "d"}});
    CHECK(Scanned(store, Family::kDelayed, "e").empty());
    CHECK(Scanned(store, Family::kDelayed, "c", "b").empty());
    CHECK(Scanned(store, Family::kInFlight).empty());
    int seen = 0;
    CHECK(store->Scan(Family::kDelayed, {}, {}, [&](std::string_view, std::string_view) { return ++seen < 2; }).ok());
    CHECK(seen == 2);
  });
}

TEST_CASE("store: an empty batch is fine, and a batch can be written again") {
  ForEachStore([](Store* store) {
    WriteBatch batch;
    MustWrite(store, batch);
    batch.Put(Family::kMeta, "a", "1");
    MustWrite(store, batch);
    MustWrite(store, batch);
    CHECK(batch.size() == 1);
    CHECK(batch.bytes() == 2);
    CHECK(Scanned(store, Family::kMeta).size() == 1);
  });
}

TEST_CASE("store: what is persistent is there after a reopening, with and without sync") {
  for (const StoreInfo& info : Stores()) {
    if (!IsPersistent(info)) continue;
    for (Durability durability : {Durability::kProcess, Durability::kSync}) {
      Scratch scratch;
      StoreOptions options = scratch.Options();
      options.durability = durability;
      {
        OpenedStore opened = OpenOrFail(info.name, options);
        WriteBatch batch;
        for (int i = 0; i < kFamilies; ++i) batch.Put(static_cast<Family>(i), "k", std::to_string(i));
        MustWrite(opened.store.get(), batch);
        CHECK(opened.store->ApproximateBytes() > 0);
      }
      OpenedStore opened = OpenOrFail(info.name, options);
      CHECK(opened.quarantined.empty());
      for (int i = 0; i < kFamilies; ++i) CHECK(*opened.store->Get(static_cast<Family>(i), "k") == std::to_string(i));
    }
  }
}

TEST_CASE("stores: an unknown name is refused and the nearest is named") {
  const Status status = OpenStore("rockdb", {}).status();
  CHECK(status.code() == ErrorCode::kBadRequest);
  CHECK(status.message().find("did you mean rocksdb?") != std::string::npos);
}

}  // namespace
}  // namespace muster::storage
