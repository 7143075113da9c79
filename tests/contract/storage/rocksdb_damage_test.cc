// RocksDB in a bad world: a taken directory, damaged files, a full disk, no rights.
#include <sys/resource.h>
#include <unistd.h>

#include <csignal>
#include <cstdlib>
#include <fstream>
#include <functional>

#include "tests/contract/storage/scratch.h"

namespace muster::storage {
namespace {

namespace fs = std::filesystem;

void Fill(Store* store, int batches, std::string_view prefix = "k") {
  for (int i = 0; i < batches; ++i) {
    WriteBatch batch;
    // Text that LZ4 cannot make small: the files must have bytes to damage.
    std::string value;
    for (int j = 0; j < 100; ++j) value.push_back(static_cast<char>((i * 7919 + j * j * 31 + j) % 251));
    for (int j = 0; j < 100; ++j) batch.Put(Family::kDone, std::string(prefix) + std::to_string(i * 100 + j), value);
    REQUIRE(store->Write(batch).ToString() == "ok");
  }
}

std::vector<fs::path> FilesLike(const std::string& directory, std::string_view part) {
  std::vector<fs::path> files;
  for (const fs::directory_entry& entry : fs::directory_iterator(directory)) {
    if (entry.path().filename().string().find(part) != std::string::npos) files.push_back(entry.path());
  }
  return files;
}

void FlipByte(const fs::path& path, std::uintmax_t at) {
  std::fstream file(path, std::ios::in | std::ios::out | std::ios::binary);
  file.seekg(static_cast<std::streamoff>(at));
  const char byte = static_cast<char>(file.get());
  file.seekp(static_cast<std::streamoff>(at));
  file.put(static_cast<char>(byte ^ 0x55));
  REQUIRE(file.good());
}

// A journal with tables on disk: small buffers, so that they were flushed.
StoreOptions MakeTables(const Scratch& scratch) {
  StoreOptions options = scratch.Options();
  options.memory_bytes = 2 << 20;
  OpenedStore opened = OpenOrFail("rocksdb", options);
  Fill(opened.store.get(), 400);
  return options;
}

TEST_CASE("rocksdb: a directory that is open already is refused, naming it and what to do") {
  Scratch scratch;
  OpenedStore first = OpenOrFail("rocksdb", scratch.Options());
  const Status second = OpenStore("rocksdb", scratch.Options()).status();
  CHECK(second.code() == ErrorCode::kConflict);
  CHECK(second.where() == scratch.directory());
  CHECK(second.message().find("Stop that musterd") != std::string::npos);
  // From another process: the lock is the operating system's.
  const std::string command = std::string(MUSTER_STORAGE_CHILD) + " open " + scratch.directory();
  const int status = std::system(command.c_str());
  REQUIRE(WIFEXITED(status));
  CHECK(WEXITSTATUS(status) == static_cast<int>(ErrorCode::kConflict));
  CHECK_FALSE(fs::exists(scratch.directory() + ".damaged-1"));
  first.store.reset();
  CHECK(OpenStore("rocksdb", scratch.Options()).ok());
}

TEST_CASE("rocksdb: a read-only opening beside the writer sees what was written and writes nothing") {
  Scratch scratch;
  OpenedStore writer = OpenOrFail("rocksdb", scratch.Options());
  Fill(writer.store.get(), 1);
  const auto before = FilesLike(scratch.directory(), "");
  StoreOptions options = scratch.Options();
  options.read_only = true;
  {
    OpenedStore reader = OpenOrFail("rocksdb", options);
    CHECK(Scanned(reader.store.get(), Family::kDone).size() == 100);
    WriteBatch batch;
    batch.Put(Family::kMeta, "a", "1");
    CHECK(reader.store->Write(batch).code() == ErrorCode::kUnavailable);
  }
  const auto after = FilesLike(scratch.directory(), "");
  CHECK(before.size() == after.size());
  Fill(writer.store.get(), 2);
  CHECK(Scanned(writer.store.get(), Family::kDone).size() == 200);
  options.directory += "-absent";
  CHECK(OpenStore("rocksdb", options).status().code() == ErrorCode::kUnavailable);
  CHECK_FALSE(fs::exists(options.directory));
}

struct Damage {
  const char* name;
  std::function<void(const std::string& directory)> make;
};

const Damage kDamages[] = {
    {"a byte of a table",
     [](const std::string& d) {
       const fs::path table = FilesLike(d, ".sst").at(0);
       FlipByte(table, fs::file_size(table) / 3);
     }},
    {"a table cut short",
     [](const std::string& d) {
       const fs::path table = FilesLike(d, ".sst").at(0);
       fs::resize_file(table, fs::file_size(table) / 2);
     }},
    {"a table gone", [](const std::string& d) { fs::remove(FilesLike(d, ".sst").at(0)); }},
    {"the manifest gone", [](const std::string& d) { fs::remove(FilesLike(d, "MANIFEST-").at(0)); }},
    {"a byte of the manifest", [](const std::string& d) { FlipByte(FilesLike(d, "MANIFEST-").at(0), 40); }},
    {"CURRENT gone", [](const std::string& d) { fs::remove(fs::path(d) / "CURRENT"); }},
    {"CURRENT full of rubbish", [](const std::string& d) { std::ofstream(fs::path(d) / "CURRENT") << "rubbish"; }},
};

TEST_CASE("rocksdb: a damaged journal is set aside whole and an empty one begun") {
  for (const Damage& damage : kDamages) {
    INFO(damage.name);
    Scratch scratch;
    const StoreOptions options = MakeTables(scratch);
    REQUIRE_FALSE(FilesLike(options.directory, ".sst").empty());
    damage.make(options.directory);

    StoreOptions strict = options;
    strict.quarantine = false;
    if (std::string_view(damage.name) != "CURRENT gone") {
      const Status refused = OpenStore("rocksdb", strict).status();
      CHECK(refused.code() == ErrorCode::kUnavailable);
      CHECK(refused.where() == options.directory);
    }

    OpenedStore opened = OpenOrFail("rocksdb", options);
    CHECK(opened.quarantined == options.directory + ".damaged-1");
    CHECK_FALSE(FilesLike(opened.quarantined, ".sst").empty());
    CHECK(Scanned(opened.store.get(), Family::kDone).empty());
    Fill(opened.store.get(), 1);
    opened.store.reset();
    CHECK(OpenOrFail("rocksdb", options).quarantined.empty());
  }
}

TEST_CASE("rocksdb: a second damage gets a name of its own") {
  Scratch scratch;
  fs::create_directories(scratch.directory() + ".damaged-1");
  const StoreOptions options = MakeTables(scratch);
  fs::remove(fs::path(options.directory) / "CURRENT");
  CHECK(OpenOrFail("rocksdb", options).quarantined == options.directory + ".damaged-2");
}

TEST_CASE("rocksdb: a log torn at its end loses that end only") {
  Scratch scratch;
  {
    OpenedStore opened = OpenOrFail("rocksdb", scratch.Options());
    Fill(opened.store.get(), 1, "first");
    Fill(opened.store.get(), 1, "second");
  }
  fs::path log;
  for (const fs::path& path : FilesLike(scratch.directory(), ".log")) {
    if (log.empty() || fs::file_size(path) > fs::file_size(log)) log = path;
  }
  REQUIRE(fs::file_size(log) > 1000);
  fs::resize_file(log, fs::file_size(log) - 10);
  OpenedStore opened = OpenOrFail("rocksdb", scratch.Options());
  CHECK(opened.quarantined.empty());
  const Pairs pairs = Scanned(opened.store.get(), Family::kDone);
  REQUIRE(pairs.size() == 100);
  CHECK(pairs.front().first.find("first") == 0);
}

// A full disk, as the file-size limit of the process shows it: writes fail in the middle.
class FileSizeLimit {
 public:
  explicit FileSizeLimit(rlim_t bytes) {
    before_handler_ = std::signal(SIGXFSZ, SIG_IGN);
    REQUIRE(getrlimit(RLIMIT_FSIZE, &before_) == 0);
    rlimit limit = before_;
    limit.rlim_cur = bytes;
    REQUIRE(setrlimit(RLIMIT_FSIZE, &limit) == 0);
  }
  ~FileSizeLimit() {
    setrlimit(RLIMIT_FSIZE, &before_);
    std::signal(SIGXFSZ, before_handler_);
  }

 private:
  rlimit before_{};
  void (*before_handler_)(int) = nullptr;
};

TEST_CASE("rocksdb: after a failed write everything fails, and what had returned ok is there after a restart") {
  Scratch scratch;
  int written = 0;
  {
    OpenedStore opened = OpenOrFail("rocksdb", scratch.Options());
    Fill(opened.store.get(), 1);
    const auto put = [&] {
      WriteBatch batch;
      batch.Put(Family::kInFlight, std::to_string(written), std::string(1000, 'x'));
      return opened.store->Write(batch);
    };
    Status status;
    {
      FileSizeLimit full(64 << 10);
      while (written < 1000 && (status = put()).ok()) ++written;
    }
    CHECK(written > 0);
    REQUIRE_FALSE(status.ok());
    CHECK(status.code() == ErrorCode::kUnavailable);
    CHECK(status.where() == scratch.directory());
    // There is room again, but the store stays failed: nobody knows what the failed write left.
    CHECK_FALSE(put().ok());
    CHECK_FALSE(opened.store->Get(Family::kInFlight, "0").ok());
  }
  OpenedStore opened = OpenOrFail("rocksdb", scratch.Options());
  CHECK(opened.quarantined.empty());
  for (int i = 0; i < written; ++i) CHECK(opened.store->Get(Family::kInFlight, std::to_string(i)).ok());
}

TEST_CASE("rocksdb: a place where nothing can be made is reported with its name") {
  Scratch scratch;
  std::ofstream(scratch.directory()) << "a file";
  const Status status = OpenStore("rocksdb", scratch.Options()).status();
  CHECK(status.code() == ErrorCode::kUnavailable);
  CHECK(status.where() == scratch.directory());
  CHECK(fs::is_regular_file(scratch.directory()));
  CHECK(OpenStore("rocksdb", {}).status().code() == ErrorCode::kBadRequest);
}

TEST_CASE("rocksdb: a queue's worth of puts and deletes leaves little on disk") {
  Scratch scratch;
  StoreOptions options = scratch.Options();
  options.memory_bytes = 4 << 20;
  OpenedStore opened = OpenOrFail("rocksdb", options);
  for (int round = 0; round < 400; ++round) {
    WriteBatch batch;
    for (int i = 0; i < 100; ++i) {
      batch.Put(Family::kInFlight, std::to_string(round * 100 + i),
                std::string(500, static_cast<char>('a' + round % 26)));
      if (round > 0) batch.Delete(Family::kInFlight, std::to_string((round - 1) * 100 + i));
    }
    REQUIRE(opened.store->Write(batch).ok());
  }
  CHECK(Scanned(opened.store.get(), Family::kInFlight).size() == 100);
  opened.store.reset();
  opened = OpenOrFail("rocksdb", options);
  CHECK(Scanned(opened.store.get(), Family::kInFlight).size() == 100);
}

}  // namespace
}  // namespace muster::storage
