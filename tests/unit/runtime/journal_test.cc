#include "dispatcher/runtime/journal.h"

#include "dispatcher/runtime/codec.h"
#include "tests/support/catch.h"

namespace muster::runtime {
namespace {

using engine::FromUnixMicros;
using engine::TaskIdOf;
using storage::Family;

std::unique_ptr<storage::Store> MemoryStore() {
  auto opened = storage::OpenStore("memory", storage::StoreOptions());
  REQUIRE(opened.ok());
  return std::move(opened.value().store);
}

LoadedJournal Reload(storage::Store* store, std::size_t done_max = 1000) {
  auto loaded = Journal(store).Load(done_max);
  REQUIRE(loaded.ok());
  return std::move(loaded).value();
}

engine::PutDone Done(const std::string& name, std::int64_t finished,
                     engine::Pending pending = engine::Pending::kNothing) {
  auto outcome = std::make_shared<engine::Outcome>();
  outcome->id = TaskIdOf(name);
  outcome->name = name;
  outcome->state = engine::TaskState::kSucceeded;
  outcome->attempt = 2;
  outcome->worker = "w1";
  outcome->queue = "mail";
  outcome->priority = Priority::kLow;
  outcome->type = "send";
  outcome->result = "the result";
  outcome->content_type = "text/plain";
  outcome->stored = FromUnixMicros(1000);
  outcome->assigned = FromUnixMicros(2000);
  outcome->finished = FromUnixMicros(finished);
  outcome->run = engine::Duration(1234);
  outcome->reply_to = "_INBOX.x";
  outcome->result_ttl = std::chrono::hours(2);
  return engine::PutDone{outcome, pending, nullptr};
}

TEST_CASE("journal: a new one is fresh, one with an epoch is not") {
  auto store = MemoryStore();
  CHECK(Reload(store.get()).fresh);
  REQUIRE(Journal(store.get()).Commit({engine::PutEpoch{42}}).ok());
  const LoadedJournal loaded = Reload(store.get());
  CHECK_FALSE(loaded.fresh);
  CHECK(loaded.recovered.epoch == 42);
}

TEST_CASE("journal: a task in flight comes back with every field") {
  auto store = MemoryStore();
  Journal journal(store.get());
  engine::PutInFlight put;
  put.id = TaskIdOf("t1");
  put.name = "t1";
  put.state = engine::TaskState::kRunning;
  put.attempt = 3;
  put.failures = 1;
  put.worker = "w1";
  put.incarnation = 77;
  put.epoch = 4;
  put.assigned = FromUnixMicros(123456);
  put.due = FromUnixMicros(654321);
  put.queue = "mail";
  put.priority = Priority::kCritical;
  put.type = "send";
  put.reserved = {{"cpu", 500}, {"memory", 1024}};
  put.last_error = Status(ErrorCode::kTimeout, "too slow", "run");
  put.cancel_wanted = true;
  put.lost_workers = {"w0"};
  put.stream = "MUSTER_TASKS_CRITICAL";
  put.sequence = 99;
  REQUIRE(journal.Commit({put}).ok());
  const auto recovered = Reload(store.get()).recovered;
  REQUIRE(recovered.in_flight.size() == 1);
  const engine::PutInFlight& got = recovered.in_flight[0];
  CHECK(got.id == put.id);
  CHECK(got.name == "t1");
  CHECK(got.state == put.state);
  CHECK(got.attempt == 3);
  CHECK(got.failures == 1);
  CHECK(got.worker == "w1");
  CHECK(got.incarnation == 77);
  CHECK(got.epoch == 4);
  CHECK(got.assigned == put.assigned);
  CHECK(got.due == put.due);
  CHECK(got.queue == "mail");
  CHECK(got.priority == Priority::kCritical);
  CHECK(got.type == "send");
  CHECK(got.reserved == put.reserved);
  CHECK(got.last_error == put.last_error);
  CHECK(got.cancel_wanted);
  CHECK(got.lost_workers == put.lost_workers);
  CHECK(got.stream == put.stream);
  CHECK(got.sequence == 99);

  REQUIRE(journal.Commit({engine::EraseInFlight{put.id}}).ok());
  CHECK(Reload(store.get()).recovered.in_flight.empty());
}

TEST_CASE("journal: an ended task owes its result until it is written without") {
  auto store = MemoryStore();
  Journal journal(store.get());
  REQUIRE(journal.Commit({Done("t1", 5000, engine::Pending::kResult)}).ok());
  auto recovered = Reload(store.get()).recovered;
  REQUIRE(recovered.done.size() == 1);
  CHECK(recovered.done[0].pending == engine::Pending::kResult);
  const engine::Outcome& outcome = *recovered.done[0].outcome;
  CHECK(outcome.result == "the result");
  CHECK(outcome.content_type == "text/plain");
  CHECK(outcome.reply_to == "_INBOX.x");
  CHECK(outcome.result_ttl == std::chrono::hours(2));
  CHECK(outcome.priority == Priority::kLow);
  CHECK(outcome.run == engine::Duration(1234));
  CHECK(outcome.stored == FromUnixMicros(1000));
  CHECK(outcome.assigned == FromUnixMicros(2000));

  REQUIRE(journal.Commit({Done("t1", 5000)}).ok());
  recovered = Reload(store.get()).recovered;
  REQUIRE(recovered.done.size() == 1);
  CHECK(recovered.done[0].pending == engine::Pending::kNothing);
  CHECK(recovered.done[0].outcome->result.empty());
}

TEST_CASE("journal: a dead letter that is still to be stored comes back whole") {
  auto store = MemoryStore();
  Journal journal(store.get());
  v1::Task task;
  task.set_id("t1");
  task.set_payload("bytes");
  auto letter = std::make_shared<engine::DeadLetter>();
  letter->id = "t1";
  letter->queue = "mail";
  letter->body = task.SerializeAsString();
  letter->error = Status(ErrorCode::kAttemptsExhausted, "three times");
  letter->attempts = 3;
  letter->last_worker = "w1";
  letter->dead = engine::FromUnixMillis(5);
  engine::PutDone done = Done("t1", 5000, engine::Pending::kDeadLetter);
  done.dead_letter = letter;
  done.result_wanted = false;
  REQUIRE(journal.Commit({done}).ok());
  const auto recovered = Reload(store.get()).recovered;
  REQUIRE(recovered.done.size() == 1);
  REQUIRE(recovered.done[0].dead_letter != nullptr);
  CHECK_FALSE(recovered.done[0].result_wanted);
  const engine::DeadLetter& got = *recovered.done[0].dead_letter;
  CHECK(got.id == "t1");
  CHECK(got.queue == "mail");
  CHECK(got.body == letter->body);
  CHECK(got.error == letter->error);
  CHECK(got.attempts == 3);
  CHECK(got.last_worker == "w1");
  CHECK(got.dead == letter->dead);
}

TEST_CASE("journal: what ended before a time is forgotten, what ended at it is not") {
  auto store = MemoryStore();
  Journal journal(store.get());
  REQUIRE(journal.Commit({Done("t1", 4999), Done("t2", 5000), Done("t3", 70000)}).ok());
  REQUIRE(journal.Commit({engine::EraseDoneBefore{FromUnixMicros(5000)}}).ok());
  const auto recovered = Reload(store.get()).recovered;
  REQUIRE(recovered.done.size() == 2);
  CHECK(recovered.done[0].outcome->name == "t2");
  CHECK(recovered.done[1].outcome->name == "t3");
}

TEST_CASE("journal: beyond the bound the oldest are left out, unless they still owe something") {
  auto store = MemoryStore();
  Journal journal(store.get());
  REQUIRE(journal.Commit({Done("t1", 1, engine::Pending::kResult), Done("t2", 2), Done("t3", 3), Done("t4", 4)}).ok());
  const auto recovered = Reload(store.get(), 2).recovered;
  REQUIRE(recovered.done.size() == 3);
  CHECK(recovered.done[0].outcome->name == "t1");
  CHECK(recovered.done[1].outcome->name == "t3");
  CHECK(recovered.done[2].outcome->name == "t4");
}

TEST_CASE("journal: queues and delayed tasks come back, and delayed ones in order of time") {
  auto store = MemoryStore();
  Journal journal(store.get());
  REQUIRE(journal
              .Commit({engine::PutQueue{"mail", Priority::kHigh, true},
                       engine::PutDelayed{TaskIdOf("b"), "b", FromUnixMicros(256), 2},
                       engine::PutDelayed{TaskIdOf("a"), "a", FromUnixMicros(255), 1}})
              .ok());
  auto recovered = Reload(store.get()).recovered;
  REQUIRE(recovered.queues.size() == 1);
  CHECK(recovered.queues[0].name == "mail");
  CHECK(recovered.queues[0].priority == Priority::kHigh);
  CHECK(recovered.queues[0].paused);
  REQUIRE(recovered.delayed.size() == 2);
  CHECK(recovered.delayed[0].name == "a");
  CHECK(recovered.delayed[1].sequence == 2);
  REQUIRE(journal.Commit({engine::EraseDelayed{TaskIdOf("a"), FromUnixMicros(255)}}).ok());
  CHECK(Reload(store.get()).recovered.delayed.size() == 1);
}

TEST_CASE("journal: a record that does not decode is damage, and is named") {
  auto store = MemoryStore();
  storage::WriteBatch batch;
  batch.Put(Family::kInFlight, InFlightKey(TaskIdOf("t1")), "\xff\xff");
  REQUIRE(store->Write(batch).ok());
  const auto loaded = Journal(store.get()).Load(10);
  REQUIRE_FALSE(loaded.ok());
  CHECK(loaded.status().code() == ErrorCode::kInternal);
  CHECK(loaded.status().where().rfind("inflight/", 0) == 0);
}

TEST_CASE("journal: a record under another's key is damage") {
  auto store = MemoryStore();
  store::v1::InFlight record;
  record.set_id("t2");
  record.set_state(v1::TASK_STATE_RUNNING);
  storage::WriteBatch batch;
  batch.Put(Family::kInFlight, InFlightKey(TaskIdOf("t1")), record.SerializeAsString());
  REQUIRE(store->Write(batch).ok());
  CHECK_FALSE(Journal(store.get()).Load(10).ok());
}

TEST_CASE("journal: one of a newer program is refused, not set aside") {
  auto store = MemoryStore();
  store::v1::Meta meta;
  meta.set_schema(kJournalSchema + 1);
  storage::WriteBatch batch;
  batch.Put(Family::kMeta, kMetaKey, meta.SerializeAsString());
  REQUIRE(store->Write(batch).ok());
  const auto loaded = Journal(store.get()).Load(10);
  REQUIRE_FALSE(loaded.ok());
  CHECK(loaded.status().code() == ErrorCode::kConflict);
}

}  // namespace
}  // namespace muster::runtime
