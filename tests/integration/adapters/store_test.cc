#include "tests/integration/adapters/transport_rig.h"

namespace muster::tests {
namespace {

using runtime::DelayedFetched;
using runtime::PublishDone;

TEST_CASE("store: a stored message is confirmed with its sequence, a repeated id is known", "[integration]") {
  NatsServer server;
  Rig rig(OptionsFor(server));
  Client client(server);
  for (std::uint64_t token = 1; token <= 40; ++token) {
    rig.transport.PublishStored("muster.results.t" + std::to_string(token), {{"Muster-Id", "t"}}, "data",
                                "id" + std::to_string(token), {}, token);
  }
  rig.transport.PublishStored("muster.results.t1", {}, "data", "id1", {}, 41);
  rig.transport.Flush();
  REQUIRE(Eventually([&] { return rig.sink.Count<PublishDone>() == 41; }));
  for (const PublishDone& done : rig.sink.All<PublishDone>()) {
    CHECK(done.ok);
    CHECK(done.sequence == (done.token == 41 ? 1 : done.token));
  }
  CHECK(client.Messages("MUSTER_RESULTS") == 40);
}

TEST_CASE("store: a time to live is kept by servers that know it", "[integration]") {
  NatsServer server;
  Rig rig(OptionsFor(server));
  Client client(server);
  rig.transport.PublishStored("muster.results.short", {}, "data", "short", std::chrono::milliseconds(900), 1);
  rig.transport.PublishStored("muster.dead.mail", {}, "data", "dead", std::chrono::milliseconds(900), 2);
  rig.transport.Flush();
  REQUIRE(Eventually([&] { return rig.sink.Count<PublishDone>() == 2; }));
  CHECK(rig.sink.All<PublishDone>()[0].ok);
  CHECK(rig.sink.All<PublishDone>()[1].ok);
}

TEST_CASE("store: a subject that no stream takes fails at once", "[integration]") {
  NatsServer server;
  Rig rig(OptionsFor(server));
  rig.transport.PublishStored("muster.tasks.urgent.mail", {}, "data", "id", {}, 7);
  rig.transport.Flush();
  REQUIRE(Eventually([&] { return rig.sink.Count<PublishDone>() == 1; }, std::chrono::seconds(2)));
  const PublishDone done = rig.sink.All<PublishDone>()[0];
  CHECK(done.token == 7);
  CHECK_FALSE(done.ok);
  CHECK_FALSE(done.error.empty());
}

TEST_CASE("store: a refusal by the stream is told with its words", "[integration]") {
  NatsServer server;
  adapters::NatsOptions options = OptionsFor(server);
  options.tasks_count_max = 1;
  Rig rig(options);
  rig.transport.PublishStored("muster.tasks.low.mail", {}, "data", "a", {}, 1);
  rig.transport.Flush();
  REQUIRE(Eventually([&] { return rig.sink.Count<PublishDone>() == 1; }));
  rig.transport.PublishStored("muster.tasks.low.mail", {}, "data", "b", {}, 2);
  rig.transport.Flush();
  REQUIRE(Eventually([&] { return rig.sink.Count<PublishDone>() == 2; }));
  const PublishDone done = rig.sink.All<PublishDone>()[1];
  CHECK_FALSE(done.ok);
  CHECK(done.error.find("maximum messages") != std::string::npos);
}

TEST_CASE("store: a frozen server means an answer in time all the same", "[integration]") {
  NatsServer server;
  adapters::NatsOptions options = OptionsFor(server);
  options.store_timeout = std::chrono::milliseconds(400);
  Rig rig(options);
  server.Freeze();
  rig.transport.PublishStored("muster.results.t1", {}, "data", "id", {}, 9);
  rig.transport.Flush();
  CHECK(Eventually([&] { return rig.sink.Count<PublishDone>() == 1; }, std::chrono::seconds(2)));
  server.Thaw();
  REQUIRE(rig.sink.Count<PublishDone>() == 1);
  CHECK_FALSE(rig.sink.All<PublishDone>()[0].ok);
  CHECK(rig.transport.counters().store_timeouts == 1);
  // Published again with the same id, it is stored once.
  rig.transport.PublishStored("muster.results.t1", {}, "data", "id", {}, 10);
  rig.transport.Flush();
  REQUIRE(Eventually([&] { return rig.sink.Count<PublishDone>() == 2; }));
  CHECK(rig.sink.All<PublishDone>()[1].ok);
  Client client(server);
  CHECK(client.Messages("MUSTER_RESULTS") == 1);
}

TEST_CASE("store: a delayed message is read back, removed, and then not found", "[integration]") {
  NatsServer server;
  Rig rig(OptionsFor(server));
  Client client(server);
  rig.transport.PublishStored("muster.delayed.high.mail", {{"Muster-Id", "t1"}}, "later", "t1", {}, 1);
  rig.transport.Flush();
  REQUIRE(Eventually([&] { return rig.sink.Count<PublishDone>() == 1; }));
  const std::uint64_t sequence = rig.sink.All<PublishDone>()[0].sequence;
  rig.transport.FetchDelayed(sequence);
  REQUIRE(Eventually([&] { return rig.sink.Count<DelayedFetched>() == 1; }));
  const DelayedFetched fetched = rig.sink.All<DelayedFetched>()[0];
  CHECK(fetched.found);
  CHECK(fetched.sequence == sequence);
  CHECK(fetched.message.subject == "muster.delayed.high.mail");
  CHECK(fetched.message.data == "later");
  CHECK(fetched.message.stream == "MUSTER_DELAYED");
  CHECK(fetched.message.stored_ns > 1600000000000000000);
  CHECK(FindHeader(fetched.message.headers, "Muster-Id") == "t1");
  CHECK(FindHeader(fetched.message.headers, "Nats-Sequence").empty());
  rig.transport.RemoveDelayed(sequence);
  rig.transport.RemoveDelayed(sequence);
  REQUIRE(Eventually([&] { return client.Messages("MUSTER_DELAYED") == 0; }));
  rig.transport.FetchDelayed(sequence);
  REQUIRE(Eventually([&] { return rig.sink.Count<DelayedFetched>() == 2; }));
  CHECK_FALSE(rig.sink.All<DelayedFetched>()[1].found);
}

TEST_CASE("store: a delayed message asked for while the server is down comes when it is back", "[integration]") {
  NatsServer server;
  Rig rig(OptionsFor(server));
  rig.transport.PublishStored("muster.delayed.high.mail", {}, "later", "t1", {}, 1);
  rig.transport.Flush();
  REQUIRE(Eventually([&] { return rig.sink.Count<PublishDone>() == 1; }));
  server.Kill();
  rig.transport.FetchDelayed(1);
  server.Start();
  REQUIRE(Eventually([&] { return rig.sink.Count<DelayedFetched>() == 1; }));
  CHECK(rig.sink.All<DelayedFetched>()[0].found);
}

}  // namespace
}  // namespace muster::tests
