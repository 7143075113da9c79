#include "dispatcher/runtime/loop.h"

#include <algorithm>

#include "tests/support/catch.h"
#include "tests/unit/runtime/loop_rig.h"

namespace muster::tests {
namespace {

// The main path up to the acknowledgement; false where the loop ended before.
bool RunMainPath(LoopRig* rig) {
  rig->PostHello("w1");
  rig->PostTask("t1");
  rig->Turn();
  rig->Pass(std::chrono::seconds(1));
  const auto assigned = rig->Assigned();
  if (assigned.empty()) return false;
  rig->PostSucceeded("w1", assigned.front().ref(), "done");
  rig->Turn();
  rig->ConfirmStored();
  rig->Turn();
  return rig->status.ok();
}

TEST_CASE("loop: a task is assigned, its result stored, and only then acknowledged") {
  auto store = NewMemoryStore();
  LoopRig rig(store.get());
  rig.PostHello("w1");
  rig.PostTask("t1");
  REQUIRE(rig.Turn().ok());
  rig.Pass(std::chrono::seconds(1));
  const auto assigned = rig.Assigned();
  REQUIRE_FALSE(assigned.empty());
  CHECK(assigned.front().ref().task_id() == "t1");
  CHECK(assigned.front().task().payload() == "payload");

  rig.PostSucceeded("w1", assigned.front().ref(), "done");
  REQUIRE(rig.Turn().ok());
  REQUIRE(rig.transport.stored.size() == 1);
  CHECK(rig.transport.stored[0].subject == "muster.results.t1");
  CHECK(rig.transport.stored[0].message_id == "t1:result");
  v1::TaskResult result;
  REQUIRE(result.ParseFromString(rig.transport.stored[0].data));
  CHECK(result.result() == "done");
  CHECK(result.state() == v1::TASK_STATE_SUCCEEDED);
  CHECK(rig.transport.acked.empty());

  rig.ConfirmStored();
  REQUIRE(rig.Turn().ok());
  CHECK(rig.transport.acked == std::vector<std::string>{"ack-t1"});
}

TEST_CASE("loop: assignments of one turn for one worker travel in one message") {
  auto store = NewMemoryStore();
  LoopRig rig(store.get());
  rig.PostHello("w1", 10);
  rig.Turn();
  for (int i = 0; i < 10; ++i) rig.PostTask("t" + std::to_string(i));
  rig.Turn();
  CHECK(rig.transport.To("muster.assign.w1").size() == 1);
  CHECK(rig.Assigned().size() == 10);
}

TEST_CASE("loop: garbage on a task subject is a dead letter, and acknowledged once that is stored") {
  auto store = NewMemoryStore();
  LoopRig rig(store.get());
  runtime::StoredMessage message;
  message.subject = "muster.tasks.normal.mail";
  message.headers = {{"Muster-Timeout", "soon"}};
  message.data = "\xff";
  message.ack = "ack-bad";
  message.stream = "MUSTER_TASKS_NORMAL";
  message.sequence = 3;
  message.stored_ns = 1800000000000000000;
  rig.inbox.Post(std::move(message));
  REQUIRE(rig.Turn().ok());
  REQUIRE(rig.transport.stored.size() == 1);
  CHECK(rig.transport.stored[0].subject == "muster.dead.mail");
  CHECK(rig.transport.acked.empty());
  rig.ConfirmStored();
  rig.Turn();
  CHECK(rig.transport.acked == std::vector<std::string>{"ack-bad"});
}

TEST_CASE("loop: a hello that is refused is answered with the reason") {
  auto store = NewMemoryStore();
  LoopRig rig(store.get());
  v1::Hello hello;
  hello.set_worker("w1");
  hello.set_incarnation(5);
  hello.set_protocol(9);
  hello.set_slots(1);
  rig.PostCore("muster.worker.hello.w1", hello);
  rig.Turn();
  const auto sent = rig.transport.To("muster.control.w1");
  REQUIRE(sent.size() == 1);
  v1::Control control;
  REQUIRE(control.ParseFromString(sent[0].data));
  CHECK(control.commands(0).refused().error().where() == "protocol");
}

TEST_CASE("loop: a newer dispatcher ends it, and nothing is performed from then on") {
  auto store = NewMemoryStore();
  LoopRig rig(store.get());
  const auto published = rig.transport.published.size();
  rig.PostTask("t1");
  rig.inbox.Post(runtime::Fenced{"epoch 9"});
  CHECK(rig.Turn().code() == ErrorCode::kUnavailable);
  const auto flushes = rig.transport.flushes;
  rig.PostHello("w1");
  CHECK(rig.loop.RunOnce(engine::Duration::zero()).code() == ErrorCode::kUnavailable);
  CHECK(rig.transport.flushes == flushes);
  CHECK(rig.transport.published.size() == published);
}

TEST_CASE("loop: when the Nth write fails it stops, having acknowledged nothing that is not journalled") {
  for (const bool applied : {false, true}) {
    bool survived = false;
    for (std::uint64_t n = 1; n < 100 && !survived; ++n) {
      INFO("write " << n << (applied ? " applied" : " not applied"));
      auto base = NewMemoryStore();
      auto faulty = storage::NewFaultyStore(base.get(), {n, applied, 0});
      std::vector<std::string> acked;
      std::size_t settled = 0;
      {
        LoopRig rig(faulty.get());
        RunMainPath(&rig);
        survived = rig.status.ok();
        if (!survived) {
          CHECK(rig.status.code() == ErrorCode::kInternal);
          const auto published = rig.transport.published.size();
          rig.PostHello("w2");
          CHECK_FALSE(rig.loop.RunOnce(engine::Duration::zero()).ok());
          CHECK(rig.transport.published.size() == published);
        }
        acked = rig.transport.acked;
        for (const auto& message : rig.transport.To("muster.control.")) {
          v1::Control control;
          REQUIRE(control.ParseFromString(message.data));
          for (const v1::Command& command : control.commands()) settled += command.has_settled() ? 1 : 0;
        }
      }
      // What survived must account for everything that left.
      auto loaded = runtime::Journal(base.get()).Load(100);
      REQUIRE(loaded.ok());
      const auto& done = loaded->recovered.done;
      if (!acked.empty() || settled != 0) {
        REQUIRE(done.size() == 1);
        CHECK(done[0].outcome->name == "t1");
      }
    }
    CHECK(survived);
  }
}

TEST_CASE("loop: after a crash before the acknowledgement the result is stored again, not the task run again") {
  auto store = NewMemoryStore();
  {
    LoopRig rig(store.get(), 1);
    rig.PostHello("w1");
    rig.PostTask("t1");
    rig.Turn();
    rig.Pass(std::chrono::seconds(1));
    REQUIRE_FALSE(rig.Assigned().empty());
    rig.PostSucceeded("w1", rig.Assigned().front().ref(), "done");
    rig.Turn();
    REQUIRE(rig.transport.stored.size() == 1);
  }
  LoopRig rig(store.get(), 2);
  rig.PostHello("w1");
  rig.PostTask("t1");  // offered again: it was never acknowledged
  rig.Turn();
  rig.Pass(std::chrono::seconds(2));
  rig.ConfirmStored();
  rig.Turn();
  CHECK(rig.Assigned().empty());
  REQUIRE_FALSE(rig.transport.stored.empty());
  CHECK(rig.transport.stored[0].message_id == "t1:result");
  CHECK(std::count(rig.transport.acked.begin(), rig.transport.acked.end(), "ack-t1") >= 1);
}

TEST_CASE("loop: health says when the recovery is over and whether NATS is there") {
  auto store = NewMemoryStore();
  LoopRig rig(store.get());
  rig.inbox.Post(runtime::ConnectionChanged{true, "n1"});
  rig.Turn();
  rig.Pass(std::chrono::seconds(5));
  CHECK(rig.health.ready());
  rig.inbox.Post(runtime::ConnectionChanged{false, "gone"});
  rig.Turn();
  CHECK_FALSE(rig.health.ready());
}

TEST_CASE("performer: a delayed message that is gone, or never answered, ends its release") {
  FakeTransport transport;
  runtime::Performer performer(&transport, {});
  const engine::Time now = engine::FromUnixMillis(1000);
  performer.Perform(now, {engine::ReleaseDelayed{7, 70}, engine::ReleaseDelayed{8, 80}, engine::ReleaseDelayed{9, 90}});
  CHECK(transport.fetched == std::vector<std::uint64_t>{7, 8, 9});
  runtime::DelayedFetched gone;
  gone.sequence = 7;
  const auto done = performer.OnFetched(gone);
  REQUIRE(done.has_value());
  CHECK(done->token == 70);
  CHECK(done->gone);

  runtime::DelayedFetched found;
  found.sequence = 8;
  found.found = true;
  found.message.subject = "muster.delayed.high.mail";
  found.message.stream = "MUSTER_DELAYED";
  found.message.headers = {{"Nats-Msg-Id", "old"}, {std::string(runtime::kStoredAtHeader), "5"}};
  found.message.data = "task";
  CHECK_FALSE(performer.OnFetched(found).has_value());
  REQUIRE(transport.stored.size() == 1);
  CHECK(transport.stored[0].subject == "muster.tasks.high.mail");
  CHECK(transport.stored[0].token == 80);
  CHECK(FindHeader(transport.stored[0].headers, "Nats-Msg-Id").empty());
  CHECK(FindHeader(transport.stored[0].headers, runtime::kStoredAtHeader) == "5");

  std::vector<engine::Event> events;
  performer.ExpireReleases(performer.NextDeadline(), &events);
  REQUIRE(events.size() == 1);
  CHECK(std::get<engine::StoredDone>(events[0]).token == 90);
  CHECK_FALSE(std::get<engine::StoredDone>(events[0]).ok);
  CHECK_FALSE(performer.OnFetched(runtime::DelayedFetched{9, false, {}}).has_value());
}

TEST_CASE("performer: a batch over the size bound is cut into messages that each parse") {
  FakeTransport transport;
  runtime::Performer performer(&transport, {});
  performer.set_epoch(3);
  v1::Task task;
  task.set_payload(std::string(100000, 'x'));
  auto spec = std::make_shared<engine::TaskSpec>();
  spec->name = "t1";
  spec->body = task.SerializeAsString();
  std::vector<engine::Effect> effects;
  for (std::uint32_t i = 1; i <= 20; ++i) effects.emplace_back(engine::Assign{"w1", 5, spec, i, 3, i, 0});
  performer.Perform(engine::FromUnixMillis(1), effects);
  CHECK(transport.published.size() == 4);
  int total = 0;
  for (const auto& message : transport.published) {
    CHECK(message.data.size() <= limits::kBatchBytesMax);
    v1::Assignments assignments;
    REQUIRE(assignments.ParseFromString(message.data));
    CHECK(assignments.epoch() == 3);
    CHECK(assignments.incarnation() == 5);
    total += assignments.assignments_size();
  }
  CHECK(total == 20);
}

}  // namespace
}  // namespace muster::tests
