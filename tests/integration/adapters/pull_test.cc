#include <filesystem>
#include <set>

#include "tests/integration/adapters/transport_rig.h"
#include "tests/support/scratch.h"

namespace muster::tests {
namespace {

using runtime::QueueSeen;
using runtime::StoredMessage;

// Long enough for a message that must not come to come, were it sent: the server answers in under a millisecond.
template <typename Predicate>
bool StaysTrue(Predicate predicate) {
  return !Eventually([&] { return !predicate(); }, std::chrono::milliseconds(300));
}

TEST_CASE("pull: no more messages come than were asked for", "[integration]") {
  NatsServer server;
  Rig rig(OptionsFor(server));
  Client client(server);
  REQUIRE(client.SubmitMany("muster.tasks.normal.mail", 20));
  rig.Pull("mail", 3);
  REQUIRE(rig.Gets(3));
  CHECK(StaysTrue([&] { return rig.sink.Count<StoredMessage>() == 3; }));
  rig.Pull("mail", 1);
  rig.Pull("mail", 4);
  REQUIRE(rig.Gets(8));
  CHECK(StaysTrue([&] { return rig.sink.Count<StoredMessage>() == 8; }));
  std::set<std::uint64_t> sequences;
  for (const StoredMessage& message : rig.sink.All<StoredMessage>()) {
    sequences.insert(message.sequence);
    CHECK(message.stream == "MUSTER_TASKS_NORMAL");
    CHECK(message.subject == "muster.tasks.normal.mail");
    CHECK(message.stored_ns > 1600000000000000000);
  }
  CHECK(sequences.size() == 8);
}

TEST_CASE("pull: credit given in small amounts is all served", "[integration]") {
  NatsServer server;
  Rig rig(OptionsFor(server));
  Client client(server);
  REQUIRE(client.SubmitMany("muster.tasks.high.mail", 200));
  rig.Pull("mail", 40, Priority::kHigh);
  for (std::size_t i = 0; i < 160; ++i) {
    REQUIRE(rig.Gets(i + 1));
    rig.Pull("mail", 1, Priority::kHigh);
  }
  REQUIRE(rig.Gets(200));
  CHECK(rig.transport.counters().pull_requests < 100);
}

TEST_CASE("pull: headers and payload arrive as they were published", "[integration]") {
  NatsServer server;
  Rig rig(OptionsFor(server));
  Client client(server);
  natsMsg* message = nullptr;
  REQUIRE(natsMsg_Create(&message, "muster.tasks.low.mail", nullptr, "a\0b", 3) == NATS_OK);
  natsMsgHeader_Set(message, "Muster-Type", "letter");
  natsMsgHeader_Add(message, "Muster-Label", "x=1");
  natsMsgHeader_Add(message, "Muster-Label", "y=2");
  REQUIRE(js_PublishMsg(nullptr, client.stream(), message, nullptr, nullptr) == NATS_OK);
  natsMsg_Destroy(message);
  rig.Pull("mail", 1, Priority::kLow);
  REQUIRE(rig.Gets(1));
  const StoredMessage got = rig.sink.All<StoredMessage>()[0];
  CHECK(got.data == std::string("a\0b", 3));
  CHECK(FindHeader(got.headers, "muster-type") == "letter");
  CHECK(got.headers.size() == 3);
}

TEST_CASE("pull: credit lasts over a SIGKILL and restart of the server", "[integration]") {
  NatsServer server;
  Rig rig(OptionsFor(server));
  rig.Pull("mail", 5);
  REQUIRE(Eventually([&] { return rig.transport.counters().pull_requests >= 1; }));
  server.Kill();
  REQUIRE(Eventually([&] {
    const auto states = rig.sink.All<runtime::ConnectionChanged>();
    return !states.empty() && !states.back().connected;
  }));
  server.Start();
  REQUIRE(Eventually([&] { return rig.sink.All<runtime::ConnectionChanged>().back().connected; }));
  Client client(server);
  REQUIRE(Eventually([&] { return client.Submit("muster.tasks.normal.mail", "x"); }));
  REQUIRE(client.SubmitMany("muster.tasks.normal.mail", 9));
  REQUIRE(rig.Gets(5));
  CHECK(StaysTrue([&] { return rig.sink.Count<StoredMessage>() == 5; }));
}

TEST_CASE("pull: what was delivered and not acknowledged is offered again once the server is back", "[integration]") {
  NatsServer server;
  Rig rig(OptionsFor(server));
  Client client(server);
  REQUIRE(client.SubmitMany("muster.tasks.normal.mail", 3));
  rig.Pull("mail", 3);
  REQUIRE(rig.Gets(3));
  rig.transport.Ack(rig.sink.All<StoredMessage>()[1].ack);
  rig.transport.Flush();
  REQUIRE(Eventually([&] { return client.Messages("MUSTER_TASKS_NORMAL") == 2; }));
  server.Kill();
  server.Start();
  rig.Pull("mail", 10);
  REQUIRE(rig.Gets(5));  // not an hour later, when AckWait ends
  const auto got = rig.sink.All<StoredMessage>();
  std::set<std::uint64_t> again;
  for (std::size_t i = 3; i < got.size(); ++i) again.insert(got[i].sequence);
  CHECK(again.count(got[0].sequence) == 1);
  CHECK(again.count(got[2].sequence) == 1);
}

TEST_CASE("pull: credit lasts when requests expire and heartbeats are missed", "[integration]") {
  NatsServer server;
  adapters::NatsOptions options = OptionsFor(server);
  options.pull_heartbeat = std::chrono::milliseconds(200);
  options.pull_expires = std::chrono::milliseconds(450);
  Rig rig(options);
  Client client(server);
  rig.Pull("mail", 6);
  rig.Pull("mail", 2);
  REQUIRE(Eventually([&] { return rig.transport.counters().pull_requests >= 6; }));
  REQUIRE(client.SubmitMany("muster.tasks.normal.mail", 20));
  REQUIRE(rig.Gets(8));
  CHECK(StaysTrue([&] { return rig.sink.Count<StoredMessage>() == 8; }));
}

TEST_CASE("pull: an acknowledged message leaves the stream", "[integration]") {
  NatsServer server;
  Rig rig(OptionsFor(server));
  Client client(server);
  REQUIRE(client.SubmitMany("muster.tasks.normal.mail", 30));
  rig.Pull("mail", 30);
  REQUIRE(rig.Gets(30));
  for (const StoredMessage& message : rig.sink.All<StoredMessage>()) rig.transport.Ack(message.ack);
  rig.transport.Flush();
  CHECK(Eventually([&] { return client.Messages("MUSTER_TASKS_NORMAL") == 0; }));
}

TEST_CASE("pull: a message given back comes again, after its delay", "[integration]") {
  NatsServer server;
  Rig rig(OptionsFor(server));
  Client client(server);
  REQUIRE(client.Submit("muster.tasks.normal.mail", "x"));
  rig.Pull("mail", 3);
  REQUIRE(rig.Gets(1));
  rig.transport.Nak(rig.sink.All<StoredMessage>()[0].ack, std::chrono::milliseconds(0));
  rig.transport.Flush();
  REQUIRE(rig.Gets(2));
  const auto before = std::chrono::steady_clock::now();
  rig.transport.Nak(rig.sink.All<StoredMessage>()[1].ack, std::chrono::milliseconds(700));
  rig.transport.Flush();
  REQUIRE(rig.Gets(3));
  CHECK(std::chrono::steady_clock::now() - before >= std::chrono::milliseconds(650));
  CHECK(rig.sink.All<StoredMessage>()[2].sequence == rig.sink.All<StoredMessage>()[0].sequence);
}

TEST_CASE("discovery: a new queue is told with its numbers", "[integration]") {
  NatsServer server;
  Rig rig(OptionsFor(server));
  Client client(server);
  REQUIRE(client.SubmitMany("muster.tasks.background.nightly", 4));
  REQUIRE(Eventually([&] { return rig.sink.Count<QueueSeen>() >= 1; }));
  const QueueSeen seen = rig.sink.All<QueueSeen>().back();
  CHECK(seen.priority == Priority::kBackground);
  CHECK(seen.queue == "nightly");
  CHECK(seen.stored == 4);
  rig.Pull("nightly", 3, Priority::kBackground);
  CHECK(Eventually([&] {
    const QueueSeen last = rig.sink.All<QueueSeen>().back();
    return last.stored == 1 && last.unacked == 3;
  }));
}

TEST_CASE("discovery: a queue asked for exists before its first task", "[integration]") {
  NatsServer server;
  Rig rig(OptionsFor(server));
  rig.transport.EnsureQueue(Priority::kCritical, "pager");
  REQUIRE(Eventually([&] { return rig.sink.Count<QueueSeen>() == 1; }));
  rig.transport.EnsureQueue(Priority::kCritical, "pager");
  CHECK(rig.sink.All<QueueSeen>()[0].queue == "pager");
  CHECK(rig.sink.All<QueueSeen>()[0].stored == 0);
}

TEST_CASE("discovery: messages on a subject that is no queue are delivered all the same", "[integration]") {
  NatsServer server;
  Rig rig(OptionsFor(server));
  Client client(server);
  for (int i = 0; i < 20; ++i) {
    REQUIRE(client.Submit("muster.tasks.normal.a.b", "x"));
    REQUIRE(client.Submit("muster.tasks.normal.caf\xc3\xa9", "x"));
  }
  REQUIRE(client.Submit("muster.tasks.normal." + std::string(200, 'q'), "x"));
  CHECK(rig.Gets(41));
  CHECK(rig.sink.Count<QueueSeen>() == 0);
}

TEST_CASE("discovery: a stream that was deleted is made again, and its queue goes on", "[integration]") {
  NatsServer server;
  Rig rig(OptionsFor(server));
  Client client(server);
  REQUIRE(client.SubmitMany("muster.tasks.normal.mail", 5));
  rig.Pull("mail", 20);
  REQUIRE(rig.Gets(5));
  for (const StoredMessage& message : rig.sink.All<StoredMessage>()) rig.transport.Ack(message.ack);
  rig.transport.Flush();
  REQUIRE(Eventually([&] { return client.Messages("MUSTER_TASKS_NORMAL") == 0; }));
  REQUIRE(js_DeleteStream(client.stream(), "MUSTER_TASKS_NORMAL", nullptr, nullptr) == NATS_OK);
  REQUIRE(Eventually([&] { return client.Submit("muster.tasks.normal.mail", "after"); }));
  CHECK(rig.Gets(6));
}

TEST_CASE("discovery: tasks are delivered though a power cut put the stream back behind its consumer",
          "[integration]") {
  const Scratch store;
  NatsServer server({"-sd", store.path().string()});
  Rig rig(OptionsFor(server));
  Client client(server);
  REQUIRE(client.SubmitMany("muster.tasks.normal.mail", 50));
  rig.Pull("mail", 100);
  REQUIRE(rig.Gets(50));
  for (const StoredMessage& message : rig.sink.All<StoredMessage>()) rig.transport.Ack(message.ack);
  rig.transport.Flush();
  REQUIRE(Eventually([&] { return client.Messages("MUSTER_TASKS_NORMAL") == 0; }));
  // The server writes a consumer's state within a second; a clean stop makes sure.
  server.Terminate();
  const auto stream = store.path() / "jetstream/$G/streams/MUSTER_TASKS_NORMAL/msgs";
  REQUIRE(std::filesystem::exists(stream));
  for (const auto& file : std::filesystem::directory_iterator(stream)) std::filesystem::remove(file.path());
  rig.sink.Clear();
  server.Start();
  REQUIRE(Eventually([&] { return client.Submit("muster.tasks.normal.mail", "after"); }));
  CHECK(rig.Gets(1));
}

}  // namespace
}  // namespace muster::tests
