#include "dispatcher/runtime/journal.h"

#include "dispatcher/runtime/codec.h"
#include "dispatcher/runtime/wire.h"

namespace muster::runtime {
namespace {

using storage::Family;

void AppendBigEndian(std::uint64_t value, std::string* out) {
  for (int shift = 56; shift >= 0; shift -= 8) out->push_back(static_cast<char>((value >> shift) & 0xff));
}

// Times before 1970 do not occur; they would sort last.
void SetTimedKey(engine::Time time, const engine::TaskId& id, std::string* key) {
  key->clear();
  AppendBigEndian(static_cast<std::uint64_t>(engine::UnixMicros(time)), key);
  AppendBigEndian(id.high, key);
  AppendBigEndian(id.low, key);
}

void SetInFlightKey(const engine::TaskId& id, std::string* key) {
  key->clear();
  AppendBigEndian(id.high, key);
  AppendBigEndian(id.low, key);
}

void SetQueueKey(Priority priority, std::string_view name, std::string* key) {
  key->assign(PriorityName(priority));
  key->push_back('.');
  key->append(name);
}

template <typename... F>
struct Overloaded : F... {
  using F::operator()...;
};
template <typename... F>
Overloaded(F...) -> Overloaded<F...>;

}  // namespace

std::string InFlightKey(const engine::TaskId& id) {
  std::string key;
  SetInFlightKey(id, &key);
  return key;
}

std::string TimedKey(engine::Time time, const engine::TaskId& id) {
  std::string key;
  SetTimedKey(time, id, &key);
  return key;
}

std::string QueueKey(Priority priority, std::string_view name) {
  std::string key;
  SetQueueKey(priority, name, &key);
  return key;
}

Status Journal::Commit(const std::vector<engine::Change>& changes) {
  if (changes.empty()) return Status();
  batch_.Clear();
  for (const engine::Change& change : changes) Append(change);
  return store_->Write(batch_);
}

void Journal::Append(const engine::Change& change) {
  std::visit(Overloaded{
                 [this](const engine::PutInFlight& c) { AppendInFlight(c); },
                 [this](const engine::EraseInFlight& c) {
                   SetInFlightKey(c.id, &key_);
                   batch_.Delete(Family::kInFlight, key_);
                 },
                 [this](const engine::PutDone& c) { AppendDone(c); },
                 [this](const engine::EraseDoneBefore& c) {
                   key_.clear();
                   AppendBigEndian(static_cast<std::uint64_t>(engine::UnixMicros(c.before)), &key_);
                   batch_.DeleteRange(Family::kDone, std::string(8, '\0'), key_);
                 },
                 [this](const engine::PutQueue& c) {
                   store::v1::Queue record;
                   record.set_name(c.name);
                   record.set_priority(ProtoPriority(c.priority));
                   record.set_paused(c.paused);
                   SetQueueKey(c.priority, c.name, &key_);
                   batch_.Put(Family::kQueues, key_, record.SerializeAsString());
                 },
                 [this](const engine::PutDelayed& c) {
                   store::v1::Delayed record;
                   record.set_id(c.name);
                   record.set_due_us(engine::UnixMicros(c.due));
                   record.set_stream_sequence(c.sequence);
                   SetTimedKey(c.due, c.id, &key_);
                   batch_.Put(Family::kDelayed, key_, record.SerializeAsString());
                 },
                 [this](const engine::EraseDelayed& c) {
                   SetTimedKey(c.due, c.id, &key_);
                   batch_.Delete(Family::kDelayed, key_);
                 },
                 [this](const engine::PutEpoch& c) {
                   store::v1::Meta record;
                   record.set_schema(kJournalSchema);
                   record.set_epoch(c.epoch);
                   batch_.Put(Family::kMeta, kMetaKey, record.SerializeAsString());
                 },
             },
             change);
}

void Journal::AppendInFlight(const engine::PutInFlight& change) {
  store::v1::InFlight& record = in_flight_;
  record.Clear();
  record.set_id(change.name);
  record.set_state(static_cast<v1::TaskState>(change.state));
  record.set_attempt(change.attempt);
  record.set_failures(change.failures);
  record.set_worker(change.worker);
  record.set_incarnation(change.incarnation);
  record.set_epoch(change.epoch);
  record.set_assigned_us(engine::UnixMicros(change.assigned));
  record.set_due_us(engine::UnixMicros(change.due));
  record.set_queue(change.queue);
  record.set_priority(ProtoPriority(change.priority));
  record.set_type(change.type);
  for (const auto& [name, amount] : change.reserved) (*record.mutable_reserved())[name] = amount;
  if (!change.last_error.ok()) FillError(change.last_error, record.mutable_last_error());
  record.set_cancel_wanted(change.cancel_wanted);
  for (const std::string& worker : change.lost_workers) record.add_lost_workers(worker);
  record.set_stream(change.stream);
  record.set_stream_sequence(change.sequence);
  value_.clear();
  record.AppendToString(&value_);
  SetInFlightKey(change.id, &key_);
  batch_.Put(Family::kInFlight, key_, value_);
}

void Journal::AppendDone(const engine::PutDone& change) {
  const engine::Outcome& outcome = *change.outcome;
  store::v1::Done& record = done_;
  record.Clear();
  record.set_id(outcome.name);
  record.set_state(static_cast<v1::TaskState>(outcome.state));
  record.set_attempt(outcome.attempt);
  record.set_worker(outcome.worker);
  record.set_finished_us(engine::UnixMicros(outcome.finished));
  record.set_queue(outcome.queue);
  record.set_type(outcome.type);
  if (!outcome.error.ok()) FillError(outcome.error, record.mutable_error());
  record.set_submitted_us(engine::UnixMicros(outcome.stored));
  record.set_assigned_us(engine::UnixMicros(outcome.assigned));
  record.set_priority(ProtoPriority(outcome.priority));
  record.set_run_us(outcome.run.count());
  if (change.pending != engine::Pending::kNothing) {
    record.set_reply_to(outcome.reply_to);
    record.set_result_ttl_us(outcome.result_ttl.count());
  }
  record.set_result_discarded(change.pending == engine::Pending::kDeadLetter && !change.result_wanted);
  if (change.pending == engine::Pending::kResult) FillResult(outcome, record.mutable_pending_result());
  value_.clear();
  record.AppendToString(&value_);
  if (change.pending == engine::Pending::kDeadLetter) {
    std::string letter;
    AppendDeadLetter(*change.dead_letter, &letter);
    wire::AppendDelimited(store::v1::Done::kPendingDeadLetterFieldNumber, letter, &value_);
  }
  SetTimedKey(outcome.finished, outcome.id, &key_);
  batch_.Put(Family::kDone, key_, value_);
}

}  // namespace muster::runtime
