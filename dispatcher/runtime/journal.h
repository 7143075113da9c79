// Journal: the engine's changes as records of a storage::Store, and back. docs/storage_format.md describes the keys.
//
// Threads: the loop's. Errors: Commit fails when the store fails; nothing may be performed after that.
#ifndef MUSTER_DISPATCHER_RUNTIME_JOURNAL_H_
#define MUSTER_DISPATCHER_RUNTIME_JOURNAL_H_

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "dispatcher/engine/engine.h"
#include "dispatcher/engine/turn.h"
#include "muster/store/v1/record.pb.h"
#include "schemas/status.h"
#include "storage/store.h"

namespace muster::runtime {

struct LoadedJournal {
  engine::Recovered recovered;  // recovered.epoch is the last one that was journalled
  bool fresh = true;            // nothing was ever written: a new directory, or one that was set aside
};

class Journal {
 public:
  // `store` must outlive the journal.
  explicit Journal(storage::Store* store) : store_(store) {}

  // Reads everything. kInternal, with the family and key in `where`, when a record does not decode: the journal is
  // damaged and the caller must set it aside. kConflict when a newer program wrote it. Ended tasks beyond
  // `done_max` are left out, oldest first, except those that still owe a result or a dead letter.
  Result<LoadedJournal> Load(std::size_t done_max);

  // Makes the changes durable, all or none.
  Status Commit(const std::vector<engine::Change>& changes);

 private:
  void Append(const engine::Change& change);
  void AppendInFlight(const engine::PutInFlight& change);
  void AppendDone(const engine::PutDone& change);

  Status LoadMeta(LoadedJournal* loaded);
  Status LoadInFlight(engine::Recovered* recovered);
  Status LoadDone(std::size_t done_max, engine::Recovered* recovered);
  Status LoadQueues(engine::Recovered* recovered);
  Status LoadDelayed(engine::Recovered* recovered);

  storage::Store* store_;
  storage::WriteBatch batch_;
  std::string key_, value_;
  store::v1::InFlight in_flight_;
  store::v1::Done done_;
};

// The keys, for tests and `muster state inspect`.
std::string InFlightKey(const engine::TaskId& id);                  // 16 bytes: high, low, big-endian
std::string TimedKey(engine::Time time, const engine::TaskId& id);  // 8 bytes time in us big-endian, then the id
std::string QueueKey(Priority priority, std::string_view name);     // "<priority>.<queue>"
inline constexpr std::string_view kMetaKey = "meta";
inline constexpr std::uint32_t kJournalSchema = 1;

}  // namespace muster::runtime

#endif  // MUSTER_DISPATCHER_RUNTIME_JOURNAL_H_
