#include "storage/rocksdb_store.h"

#include <rocksdb/cache.h>
#include <rocksdb/convenience.h>
#include <rocksdb/db.h>
#include <rocksdb/listener.h>
#include <rocksdb/memtablerep.h>
#include <rocksdb/table.h>
#include <rocksdb/utilities/table_properties_collectors.h>
#include <rocksdb/write_batch.h>
#include <rocksdb/write_buffer_manager.h>

#include <algorithm>
#include <atomic>
#include <filesystem>
#include <system_error>

#include "storage/rocksdb_log.h"

namespace muster::storage {
namespace {

namespace fs = std::filesystem;

Status Unavailable(const std::string& directory, const std::string& why) {
  return Status(ErrorCode::kUnavailable, why, directory);
}

// Which error a background thread met, if any. Written by RocksDB's threads, read by the writer.
class BackgroundErrors final : public rocksdb::EventListener {
 public:
  void OnBackgroundError(rocksdb::BackgroundErrorReason, rocksdb::Status* status) override {
    if (!failed_.exchange(true)) message_ = status->ToString();
    told_.store(true, std::memory_order_release);
  }
  bool any() const { return told_.load(std::memory_order_acquire); }
  // REQUIRES: any()
  const std::string& message() const { return message_; }

 private:
  std::atomic<bool> failed_{false};
  std::atomic<bool> told_{false};
  std::string message_;
};

class RocksDbStore final : public Store {
 public:
  RocksDbStore(const StoreOptions& options, std::unique_ptr<rocksdb::DB> db,
               std::vector<rocksdb::ColumnFamilyHandle*> families, std::shared_ptr<BackgroundErrors> errors)
      : directory_(options.directory),
        read_only_(options.read_only),
        db_(std::move(db)),
        families_(std::move(families)),
        errors_(std::move(errors)) {
    write_options_.sync = options.durability == Durability::kSync;
    read_options_.fill_cache = false;  // read once, at start and by people who ask
  }

  ~RocksDbStore() override {
    for (rocksdb::ColumnFamilyHandle* family : families_) {
      const rocksdb::Status status = db_->DestroyColumnFamilyHandle(family);
      status.PermitUncheckedError();
    }
    const rocksdb::Status status = db_->Close();
    status.PermitUncheckedError();
  }

  Status Write(const WriteBatch& batch) override {
    if (read_only_) return Unavailable(directory_, "the journal is open for reading only");
    if (Status status = Check(); !status.ok()) return status;
    if (batch.empty()) return Status();
    batch_.Clear();
    bool ranges = false;
    for (const WriteBatch::Operation& operation : batch.operations()) {
      const rocksdb::Status added = Add(batch, operation);
      if (!added.ok()) return Fail(added.ToString());
      ranges |= operation.kind == WriteBatch::Kind::kDeleteRange;
    }
    const rocksdb::Status written = db_->Write(write_options_, &batch_);
    if (!written.ok()) return Fail(written.ToString());
    if (ranges) DropCoveredFiles(batch);
    return Check();
  }

  Result<std::string> Get(Family family, std::string_view key) override {
    if (Status status = Check(); !status.ok()) return status;
    std::string value;
    const rocksdb::Status status = db_->Get(read_options_, Handle(family), Slice(key), &value);
    if (status.IsNotFound()) return Status(ErrorCode::kNotFound, "no such key");
    if (!status.ok()) return Fail(status.ToString());
    return value;
  }

  Status Scan(Family family, std::string_view begin, std::string_view end,
              const std::function<bool(std::string_view, std::string_view)>& visit) override {
    if (Status status = Check(); !status.ok()) return status;
    rocksdb::ReadOptions options = read_options_;
    options.readahead_size = 256 << 10;
    const rocksdb::Slice upper = Slice(end);
    if (!end.empty()) options.iterate_upper_bound = &upper;
    const std::unique_ptr<rocksdb::Iterator> it(db_->NewIterator(options, Handle(family)));
    for (it->Seek(Slice(begin)); it->Valid(); it->Next()) {
      if (!visit(it->key().ToStringView(), it->value().ToStringView())) break;
    }
    return it->status().ok() ? Status() : Fail(it->status().ToString());
  }

  std::uint64_t ApproximateBytes() override {
    std::uint64_t bytes = 0;
    std::error_code error;
    for (fs::directory_iterator it(directory_, error), end; !error && it != end; it.increment(error)) {
      std::error_code gone;  // a file may be deleted under us
      const std::uintmax_t size = it->file_size(gone);
      if (!gone) bytes += size;
    }
    return bytes;
  }

 private:
  static rocksdb::Slice Slice(std::string_view bytes) { return rocksdb::Slice(bytes.data(), bytes.size()); }

  rocksdb::ColumnFamilyHandle* Handle(Family family) const { return families_[static_cast<std::size_t>(family)]; }

  rocksdb::Status Add(const WriteBatch& batch, const WriteBatch::Operation& operation) {
    const rocksdb::Slice key = Slice(batch.key(operation));
    const rocksdb::Slice value = Slice(batch.value(operation));
    rocksdb::ColumnFamilyHandle* family = Handle(operation.family);
    switch (operation.kind) {
      case WriteBatch::Kind::kPut: return batch_.Put(family, key, value);
      case WriteBatch::Kind::kDelete: return batch_.Delete(family, key);
      case WriteBatch::Kind::kDeleteRange:
        // An empty or reversed range is no error here, but one for RocksDB.
        return key.compare(value) < 0 ? batch_.DeleteRange(family, key, value) : rocksdb::Status::OK();
    }
    return rocksdb::Status::OK();
  }

  // A range that covers whole files need not wait for compaction to give their space back. What stays is covered by the
  // range's tombstone, so a failure here costs nothing but space.
  void DropCoveredFiles(const WriteBatch& batch) {
    for (const WriteBatch::Operation& operation : batch.operations()) {
      if (operation.kind != WriteBatch::Kind::kDeleteRange) continue;
      const rocksdb::Slice begin = Slice(batch.key(operation));
      const rocksdb::Slice end = Slice(batch.value(operation));
      if (begin.compare(end) >= 0) continue;
      const rocksdb::Status status =
          rocksdb::DeleteFilesInRange(db_.get(), Handle(operation.family), &begin, &end, /*include_end=*/false);
      status.PermitUncheckedError();
    }
  }

  Status Check() {
    if (failure_.empty() && errors_->any()) failure_ = errors_->message();
    if (failure_.empty()) return Status();
    return Unavailable(directory_, "the journal failed and takes no more writes: " + failure_);
  }

  Status Fail(const std::string& why) {
    if (failure_.empty()) failure_ = why;
    return Check();
  }

  const std::string directory_;
  const bool read_only_;
  std::unique_ptr<rocksdb::DB> db_;
  std::vector<rocksdb::ColumnFamilyHandle*> families_;
  std::shared_ptr<BackgroundErrors> errors_;
  rocksdb::WriteOptions write_options_;
  rocksdb::ReadOptions read_options_;
  rocksdb::WriteBatch batch_;  // reused: keeps its buffer
  std::string failure_;        // the first one; every later call fails with it
};

rocksdb::ColumnFamilyOptions FamilyOptions(const StoreOptions& options, const std::shared_ptr<rocksdb::Cache>& cache) {
  rocksdb::ColumnFamilyOptions family;
  family.write_buffer_size = std::max<std::uint64_t>(options.memory_bytes / 8, 256 << 10);
  family.max_write_buffer_number = 2;
  // The journal is written all day and read at the start alone: a list that is sorted when it is flushed costs half of
  // what a skip list does, which sorts with every insert. Reads from what is not flushed yet are slow; nobody does
  // them.
  family.memtable_factory = std::make_shared<rocksdb::VectorRepFactory>();
  family.target_file_size_base = 4 << 20;
  family.max_bytes_for_level_base = 16 << 20;
  const std::vector<rocksdb::CompressionType> compressions = rocksdb::GetSupportedCompressions();
  const bool lz4 = std::count(compressions.begin(), compressions.end(), rocksdb::kLZ4Compression) > 0;
  family.compression = lz4 ? rocksdb::kLZ4Compression : rocksdb::kNoCompression;
  family.table_properties_collector_factories = {rocksdb::NewCompactOnDeletionCollectorFactory(4096, 1024)};
  rocksdb::BlockBasedTableOptions table;
  table.block_cache = cache;
  table.cache_index_and_filter_blocks = true;
  table.format_version = 5;
  family.table_factory.reset(rocksdb::NewBlockBasedTableFactory(table));
  return family;
}

rocksdb::DBOptions DatabaseOptions(const StoreOptions& options, const std::shared_ptr<rocksdb::Cache>& cache,
                                   std::shared_ptr<BackgroundErrors> errors) {
  rocksdb::DBOptions db;
  db.create_if_missing = true;
  db.create_missing_column_families = true;
  db.paranoid_checks = true;
  db.wal_recovery_mode = rocksdb::WALRecoveryMode::kPointInTimeRecovery;
  db.track_and_verify_wals_in_manifest = true;
  db.recycle_log_file_num = 0;
  db.max_total_wal_size = 64 << 20;
  db.write_buffer_manager = std::make_shared<rocksdb::WriteBufferManager>(options.memory_bytes / 2, cache);
  db.max_background_jobs = 2;
  db.max_open_files = 256;
  db.allow_concurrent_memtable_write = false;
  db.enable_write_thread_adaptive_yield = false;
  db.max_bgerror_resume_count = 0;
  db.max_manifest_file_size = 4 << 20;
  db.stats_dump_period_sec = 0;
  db.stats_persist_period_sec = 0;
  db.listeners.push_back(std::move(errors));
  db.info_log = options.read_only ? NoLog() : FileLog(options.directory);
  return db;
}

struct Opening {
  rocksdb::Status status;
  std::unique_ptr<Store> store;
};

Opening OpenDatabase(const StoreOptions& options) {
  const std::shared_ptr<rocksdb::Cache> cache = rocksdb::NewLRUCache(options.memory_bytes, /*num_shard_bits=*/2);
  auto errors = std::make_shared<BackgroundErrors>();
  const rocksdb::DBOptions db_options = DatabaseOptions(options, cache, errors);
  // RocksDB wants its own "default" family among them; it stays empty.
  std::vector<rocksdb::ColumnFamilyDescriptor> descriptors;
  for (std::string_view name : kFamilyNames) {
    descriptors.emplace_back(std::string(name), FamilyOptions(options, cache));
  }
  descriptors.emplace_back(rocksdb::kDefaultColumnFamilyName, FamilyOptions(options, cache));
  std::vector<rocksdb::ColumnFamilyHandle*> families;
  rocksdb::DB* db = nullptr;
  Opening opening;
  opening.status = options.read_only
                       ? rocksdb::DB::OpenForReadOnly(db_options, options.directory, descriptors, &families, &db)
                       : rocksdb::DB::Open(db_options, options.directory, descriptors, &families, &db);
  if (!opening.status.ok()) return opening;
  opening.store = std::make_unique<RocksDbStore>(options, std::unique_ptr<rocksdb::DB>(db), families, errors);
  // Opening reads no data block. Recovery reads them all a moment later anyway; damage must be found while the
  // directory can still be set aside.
  if (!options.read_only) opening.status = db->VerifyChecksum();
  if (!opening.status.ok()) opening.store.reset();
  return opening;
}

bool Contains(const std::string& text, std::string_view part) {
  return text.find(part) != std::string::npos;
}

bool IsLocked(const rocksdb::Status& status) {
  // RocksDB has no code of its own for it. The first is another process, the second this one.
  const std::string text = status.ToString();
  return status.IsIOError() && (Contains(text, "While lock file") || Contains(text, "lock hold by current process"));
}

// A database without the file that names its manifest; RocksDB would begin a new one over what is left.
bool LacksCurrent(const std::string& directory) {
  std::error_code error;
  if (fs::exists(fs::path(directory) / "CURRENT", error)) return false;
  for (fs::directory_iterator it(directory, error), end; !error && it != end; it.increment(error)) {
    const std::string name = it->path().filename().string();
    if (name.ends_with(".sst") || name.starts_with("MANIFEST-")) return true;
  }
  return false;
}

bool IsDamaged(const rocksdb::Status& status) {
  if (status.IsCorruption()) return true;
  // A table or manifest that is named but not there.
  const std::string text = status.ToString();
  return status.IsPathNotFound() || (status.IsIOError() && Contains(text, "No such file or directory"));
}

// Moves the directory to <directory>.damaged-<n>; where it is a mount point, its files into <directory>/damaged-<n>.
Result<std::string> Quarantine(const std::string& directory) {
  std::error_code error;
  for (int n = 1; n < 10000; ++n) {
    const std::string aside = directory + ".damaged-" + std::to_string(n);
    const fs::path inside = fs::path(directory) / ("damaged-" + std::to_string(n));
    if (fs::exists(aside, error) || fs::exists(inside, error)) continue;
    fs::rename(directory, aside, error);
    if (!error) return aside;
    fs::create_directory(inside, error);
    if (error) break;
    std::vector<fs::path> files;
    for (const fs::directory_entry& entry : fs::directory_iterator(directory, error)) {
      if (entry.is_regular_file(error)) files.push_back(entry.path());
    }
    for (const fs::path& file : files) {
      fs::rename(file, inside / file.filename(), error);
      if (error) break;
    }
    if (error) break;
    return inside.string();
  }
  return Unavailable(directory, "the journal is damaged and cannot be moved aside: " + error.message());
}

Status OpenError(const StoreOptions& options, const rocksdb::Status& status) {
  const std::string& directory = options.directory;
  const std::string text = status.ToString();
  if (IsLocked(status)) {
    return Status(ErrorCode::kConflict,
                  "another process has this journal open. Stop that musterd, or give this one a directory of its own; "
                  "to look without stopping it, use muster state inspect.",
                  directory);
  }
  if (status.IsInvalidArgument() && Contains(text, "olumn famil")) {
    return Unavailable(directory, "the journal was written by another version of Muster: " + text);
  }
  if (IsDamaged(status)) return Unavailable(directory, "the journal is damaged: " + text);
  return Unavailable(directory, "the journal cannot be opened: " + text);
}

}  // namespace

Result<OpenedStore> OpenRocksDbStore(const StoreOptions& options) {
  const std::string& directory = options.directory;
  if (directory.empty()) return Status(ErrorCode::kBadRequest, "the directory of the journal is not set", "directory");
  std::error_code error;
  if (options.read_only) {
    if (!fs::exists(fs::path(directory) / "CURRENT", error)) return Unavailable(directory, "there is no journal here");
  } else {
    fs::create_directories(directory, error);
    if (error) return Unavailable(directory, "the directory cannot be made: " + error.message());
  }
  OpenedStore opened;
  Opening opening;
  if (!options.read_only && LacksCurrent(directory)) {
    opening.status = rocksdb::Status::Corruption("the file CURRENT is gone");
  } else {
    opening = OpenDatabase(options);
  }
  if (!opening.status.ok() && !options.read_only && options.quarantine && IsDamaged(opening.status)) {
    Result<std::string> aside = Quarantine(directory);
    if (!aside.ok()) return aside.status();
    opened.quarantined = std::move(aside).value();
    fs::create_directories(directory, error);
    if (error) return Unavailable(directory, "the directory cannot be made: " + error.message());
    opening = OpenDatabase(options);
  }
  if (!opening.status.ok()) return OpenError(options, opening.status);
  opened.store = std::move(opening.store);
  return opened;
}

}  // namespace muster::storage
