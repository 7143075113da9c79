#include "tests/integration/adapters/transport_rig.h"

namespace muster::tests {
namespace {

using runtime::StoredMessage;

TEST_CASE("epoch: each one is larger than the last, and than what the journal knew", "[integration]") {
  NatsServer server;
  KeepingSink sink;
  adapters::NatsTransport transport(OptionsFor(server), &sink);
  REQUIRE(transport.Connect(std::chrono::seconds(5)).ok());
  CHECK(*transport.TakeEpoch(0) == 1);
  CHECK(*transport.TakeEpoch(0) == 2);
  CHECK(*transport.TakeEpoch(41) == 42);
  CHECK(*transport.TakeEpoch(7) == 43);
}

TEST_CASE("epoch: a second dispatcher fences the first, which is told once", "[integration]") {
  NatsServer server;
  Rig old(OptionsFor(server));
  Client client(server);
  REQUIRE(client.SubmitMany("muster.tasks.normal.mail", 10));
  old.Pull("mail", 4);
  REQUIRE(old.Gets(4));

  Rig fresh(OptionsFor(server));
  REQUIRE(fresh.epoch == old.epoch + 1);
  REQUIRE(Eventually([&] { return old.sink.Count<runtime::Fenced>() == 1; }));

  SECTION("what the old one held is offered to the new one at once") {
    REQUIRE(fresh.left.size() == 1);
    CHECK(fresh.left[0].queue == "mail");
    CHECK(fresh.left[0].priority == Priority::kNormal);
    CHECK(fresh.left[0].unacked == 4);
    fresh.Pull("mail", 20);
    CHECK(fresh.Gets(10));
  }
  SECTION("an acknowledgement of the old one changes nothing") {
    for (const StoredMessage& message : old.sink.All<StoredMessage>()) old.transport.Ack(message.ack);
    old.transport.Flush();
    fresh.Pull("mail", 20);
    REQUIRE(fresh.Gets(10));
    CHECK(client.Messages("MUSTER_TASKS_NORMAL") == 10);
  }
  SECTION("the old one gets nothing any more") {
    REQUIRE(client.SubmitMany("muster.tasks.normal.other", 3));
    old.Pull("mail", 10);
    old.Pull("other", 10);
    fresh.Pull("other", 10);
    REQUIRE(fresh.Gets(3));
    CHECK(old.sink.Count<StoredMessage>() == 4);
    CHECK(old.sink.Count<runtime::Fenced>() == 1);
  }
}

TEST_CASE("epoch: a dispatcher whose epoch was overtaken does not start", "[integration]") {
  NatsServer server;
  KeepingSink sink;
  adapters::NatsTransport slow(OptionsFor(server), &sink);
  REQUIRE(slow.Connect(std::chrono::seconds(5)).ok());
  const auto epoch = slow.TakeEpoch(0);
  REQUIRE(epoch.ok());
  Rig fast(OptionsFor(server));
  fast.transport.EnsureQueue(Priority::kNormal, "mail");
  REQUIRE(Eventually([&] { return fast.sink.Count<runtime::QueueSeen>() == 1; }));
  const auto started = slow.Start(*epoch);
  REQUIRE_FALSE(started.ok());
  CHECK(started.status().code() == ErrorCode::kConflict);
  // And the newer one's consumer is unharmed.
  Client client(server);
  REQUIRE(client.Submit("muster.tasks.normal.mail", "x"));
  fast.Pull("mail", 1);
  CHECK(fast.Gets(1));
}

}  // namespace
}  // namespace muster::tests
