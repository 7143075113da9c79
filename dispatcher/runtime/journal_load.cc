#include <algorithm>
#include <deque>

#include "dispatcher/runtime/codec.h"
#include "dispatcher/runtime/journal.h"
#include "schemas/limits.h"

namespace muster::runtime {
namespace {

using storage::Family;

std::string Hex(std::string_view bytes) {
  static constexpr char kDigits[] = "0123456789abcdef";
  std::string text;
  for (const char c : bytes) {
    const auto byte = static_cast<unsigned char>(c);
    text.push_back(kDigits[byte >> 4]);
    text.push_back(kDigits[byte & 15]);
  }
  return text;
}

Status Damaged(Family family, std::string_view key) {
  return Status(ErrorCode::kInternal, "a record of the journal does not decode",
                std::string(storage::kFamilyNames[static_cast<std::size_t>(family)]) + "/" + Hex(key));
}

// Calls `take` with each record of the family; what it cannot take (returns false) is damage.
template <typename Record, typename Take>
Status ForEach(storage::Store* store, Family family, Take take) {
  Record record;
  Status damage;
  Status scanned = store->Scan(family, "", "", [&](std::string_view key, std::string_view value) {
    if (record.ParseFromArray(value.data(), static_cast<int>(value.size())) && take(key, record)) return true;
    damage = Damaged(family, key);
    return false;
  });
  return scanned.ok() ? damage : scanned;
}

engine::DeadLetterPtr LetterOf(const v1::DeadLetter& record, const std::string& queue) {
  auto letter = std::make_shared<engine::DeadLetter>();
  letter->id = record.id();
  letter->queue = queue;
  if (record.has_task()) letter->body = record.task().SerializeAsString();
  letter->raw = record.raw();
  letter->subject = record.subject();
  for (const auto& [name, value] : record.headers()) letter->headers.emplace_back(name, value);
  letter->error = StatusOf(record.error());
  letter->attempts = record.attempts();
  letter->last_worker = record.last_worker();
  letter->dead = engine::FromUnixMillis(record.dead_ms());
  return letter;
}

engine::PutDone DoneOf(const store::v1::Done& record) {
  auto outcome = std::make_shared<engine::Outcome>();
  outcome->id = engine::TaskIdOf(record.id());
  outcome->name = record.id();
  outcome->state = static_cast<engine::TaskState>(record.state());
  outcome->attempt = record.attempt();
  outcome->worker = record.worker();
  outcome->queue = record.queue();
  outcome->priority = PriorityOf(record.priority());
  outcome->type = record.type();
  outcome->error = StatusOf(record.error());
  outcome->stored = engine::FromUnixMicros(record.submitted_us());
  outcome->assigned = engine::FromUnixMicros(record.assigned_us());
  outcome->finished = engine::FromUnixMicros(record.finished_us());
  outcome->run = engine::Duration(record.run_us());
  outcome->reply_to = record.reply_to();
  outcome->result_ttl = engine::Duration(record.result_ttl_us());
  engine::PutDone done;
  if (record.has_pending_result()) {
    done.pending = engine::Pending::kResult;
    outcome->result = record.pending_result().result();
    outcome->content_type = record.pending_result().content_type();
  } else if (record.has_pending_dead_letter()) {
    done.pending = engine::Pending::kDeadLetter;
    done.result_wanted = !record.result_discarded();
    done.dead_letter = LetterOf(record.pending_dead_letter(), record.queue());
  }
  done.outcome = std::move(outcome);
  return done;
}

bool IsState(v1::TaskState state, bool terminal) {
  return v1::TaskState_IsValid(state) && state != v1::TASK_STATE_UNSPECIFIED &&
         engine::IsTerminal(static_cast<engine::TaskState>(state)) == terminal;
}

}  // namespace

Result<LoadedJournal> Journal::Load(std::size_t done_max) {
  LoadedJournal loaded;
  if (Status status = LoadMeta(&loaded); !status.ok()) return status;
  if (Status status = LoadInFlight(&loaded.recovered); !status.ok()) return status;
  if (Status status = LoadDone(done_max, &loaded.recovered); !status.ok()) return status;
  if (Status status = LoadQueues(&loaded.recovered); !status.ok()) return status;
  if (Status status = LoadDelayed(&loaded.recovered); !status.ok()) return status;
  return loaded;
}

Status Journal::LoadMeta(LoadedJournal* loaded) {
  Result<std::string> bytes = store_->Get(Family::kMeta, kMetaKey);
  if (!bytes.ok()) return bytes.status().code() == ErrorCode::kNotFound ? Status() : bytes.status();
  store::v1::Meta meta;
  if (!meta.ParseFromString(*bytes)) return Damaged(Family::kMeta, kMetaKey);
  if (meta.schema() > kJournalSchema) {
    return Status(ErrorCode::kConflict,
                  "the journal has schema " + std::to_string(meta.schema()) + ", this program knows up to " +
                      std::to_string(kJournalSchema) + ": start the newer program",
                  "journal");
  }
  loaded->fresh = false;
  loaded->recovered.epoch = meta.epoch();
  return Status();
}

Status Journal::LoadInFlight(engine::Recovered* recovered) {
  return ForEach<store::v1::InFlight>(
      store_, Family::kInFlight, [&](std::string_view key, const store::v1::InFlight& record) {
        engine::PutInFlight task;
        task.id = engine::TaskIdOf(record.id());
        if (key != InFlightKey(task.id) || !IsState(record.state(), false)) return false;
        task.name = record.id();
        task.state = static_cast<engine::TaskState>(record.state());
        task.attempt = record.attempt();
        task.failures = record.failures();
        task.worker = record.worker();
        task.incarnation = record.incarnation();
        task.epoch = record.epoch();
        task.assigned = engine::FromUnixMicros(record.assigned_us());
        task.due = engine::FromUnixMicros(record.due_us());
        task.queue = record.queue();
        task.priority = PriorityOf(record.priority());
        task.type = record.type();
        for (const auto& [name, amount] : record.reserved()) task.reserved.emplace(name, amount);
        task.last_error = StatusOf(record.last_error());
        task.cancel_wanted = record.cancel_wanted();
        task.lost_workers.assign(record.lost_workers().begin(), record.lost_workers().end());
        task.stream = record.stream();
        task.sequence = record.stream_sequence();
        recovered->in_flight.push_back(std::move(task));
        return true;
      });
}

Status Journal::LoadDone(std::size_t done_max, engine::Recovered* recovered) {
  // The keys are in order of time, so the newest come last. Whole records are kept of what is owed and of the newest
  // few; of the rest the id is enough, or two million ends would take most of a gigabyte while they are read.
  std::deque<engine::EndedTask> ended;
  std::deque<engine::PutDone> newest;
  Status status =
      ForEach<store::v1::Done>(store_, Family::kDone, [&](std::string_view key, const store::v1::Done& record) {
        if (!IsState(record.state(), true)) return false;
        engine::PutDone done = DoneOf(record);
        if (key != TimedKey(done.outcome->finished, done.outcome->id)) return false;
        ended.push_back(engine::EndedTask{done.outcome->id, done.outcome->state, done.outcome->finished});
        if (ended.size() > done_max) ended.pop_front();
        newest.push_back(std::move(done));
        if (newest.size() > std::min(done_max, limits::kFinishedViewsMax)) {
          if (newest.front().pending != engine::Pending::kNothing) {
            recovered->done.push_back(std::move(newest.front()));
          }
          newest.pop_front();
        }
        return true;
      });
  recovered->ended.assign(ended.begin(), ended.end());
  for (engine::PutDone& done : newest) recovered->done.push_back(std::move(done));
  return status;
}

Status Journal::LoadQueues(engine::Recovered* recovered) {
  return ForEach<store::v1::Queue>(store_, Family::kQueues, [&](std::string_view key, const store::v1::Queue& record) {
    const Priority priority = PriorityOf(record.priority());
    if (key != QueueKey(priority, record.name())) return false;
    recovered->queues.push_back(engine::PutQueue{record.name(), priority, record.paused()});
    return true;
  });
}

Status Journal::LoadDelayed(engine::Recovered* recovered) {
  return ForEach<store::v1::Delayed>(
      store_, Family::kDelayed, [&](std::string_view key, const store::v1::Delayed& record) {
        const engine::TaskId id = engine::TaskIdOf(record.id());
        const engine::Time due = engine::FromUnixMicros(record.due_us());
        if (key != TimedKey(due, id)) return false;
        recovered->delayed.push_back(engine::PutDelayed{id, record.id(), due, record.stream_sequence()});
        return true;
      });
}

}  // namespace muster::runtime
