#include "dispatcher/adapters/nats/server_info.h"
#include "dispatcher/adapters/nats/streams.h"
#include "tests/integration/adapters/transport_rig.h"

namespace muster::tests {
namespace {

using adapters::NatsOptions;
using adapters::NatsTransport;

TEST_CASE("connect: without a server it says so in time", "[integration]") {
  NatsOptions options;
  options.servers = {"nats://127.0.0.1:" + std::to_string(FreePort())};
  KeepingSink sink;
  NatsTransport transport(options, &sink);
  const auto connected = transport.Connect(std::chrono::milliseconds(500));
  REQUIRE_FALSE(connected.ok());
  CHECK(connected.status().code() == ErrorCode::kUnavailable);
  CHECK(connected.status().ToString().find("no nats-server answers") != std::string::npos);
  CHECK(connected.status().where() == options.servers[0]);
}

TEST_CASE("connect: waits for a server that comes later", "[integration]") {
  NatsServer server;
  server.Kill();
  KeepingSink sink;
  NatsTransport transport(OptionsFor(server), &sink);
  std::thread later([&] { server.Start(); });
  const auto connected = transport.Connect(std::chrono::seconds(10));
  later.join();
  CHECK(connected.ok());
}

TEST_CASE("connect: a server without JetStream is named as such", "[integration]") {
  NatsServer server({}, false);
  KeepingSink sink;
  NatsTransport transport(OptionsFor(server), &sink);
  const auto connected = transport.Connect(std::chrono::milliseconds(500));
  REQUIRE_FALSE(connected.ok());
  CHECK(connected.status().ToString().find("JetStream") != std::string::npos);
}

TEST_CASE("connect: wrong credentials are told at once, right ones pass", "[integration]") {
  NatsServer server({"--user", "boss", "--pass", "secret"});
  KeepingSink sink;
  NatsOptions options = OptionsFor(server);
  options.user = "boss";
  options.password = "wrong";
  {
    NatsTransport transport(options, &sink);
    const auto connected = transport.Connect(std::chrono::seconds(30));
    REQUIRE_FALSE(connected.ok());
    CHECK(connected.status().code() == ErrorCode::kBadRequest);
  }
  options.password = "secret";
  NatsTransport transport(options, &sink);
  CHECK(transport.Connect(std::chrono::seconds(5)).ok());
}

TEST_CASE("connect: the streams are there afterwards, and a second start changes nothing", "[integration]") {
  NatsServer server;
  KeepingSink sink;
  for (int start = 0; start < 2; ++start) {
    NatsTransport transport(OptionsFor(server), &sink);
    const auto connected = transport.Connect(std::chrono::seconds(5));
    INFO(connected.status().ToString());
    REQUIRE(connected.ok());
    CHECK(connected->version.starts_with("2."));
    CHECK(connected->url == server.url());
  }
  Client client(server);
  jsStreamInfo* info = nullptr;
  REQUIRE(js_GetStreamInfo(&info, client.stream(), "MUSTER_TASKS_CRITICAL", nullptr, nullptr) == NATS_OK);
  CHECK(info->Config->Retention == js_WorkQueuePolicy);
  CHECK(info->Config->Discard == js_DiscardNew);
  CHECK(info->Config->Storage == js_FileStorage);
  jsStreamInfo_Destroy(info);
  CHECK(client.Messages("MUSTER_RESULTS") == 0);
  CHECK(client.Messages("MUSTER_DEAD") == 0);
  CHECK(client.Messages("MUSTER_DELAYED") == 0);
}

TEST_CASE("connect: a changed option reaches an existing stream", "[integration]") {
  NatsServer server;
  KeepingSink sink;
  NatsOptions options = OptionsFor(server);
  REQUIRE(NatsTransport(options, &sink).Connect(std::chrono::seconds(5)).ok());
  options.results_age_max = std::chrono::hours(1);
  options.tasks_count_max = 2;
  REQUIRE(NatsTransport(options, &sink).Connect(std::chrono::seconds(5)).ok());
  Client client(server);
  jsStreamInfo* info = nullptr;
  REQUIRE(js_GetStreamInfo(&info, client.stream(), "MUSTER_RESULTS", nullptr, nullptr) == NATS_OK);
  CHECK(info->Config->MaxAge == std::int64_t{3600} * 1000000000);
  jsStreamInfo_Destroy(info);
  CHECK(client.SubmitMany("muster.tasks.low.mail", 2));
  CHECK_FALSE(client.Submit("muster.tasks.low.mail", "one too many"));
}

TEST_CASE("connect: a stream of that name with another retention is refused by name", "[integration]") {
  NatsServer server;
  Client client(server);
  jsStreamConfig config;
  jsStreamConfig_Init(&config);
  const char* subjects[] = {"muster.tasks.high.>"};
  config.Name = "MUSTER_TASKS_HIGH";
  config.Subjects = subjects;
  config.SubjectsLen = 1;
  REQUIRE(js_AddStream(nullptr, client.stream(), &config, nullptr, nullptr) == NATS_OK);
  KeepingSink sink;
  NatsTransport transport(OptionsFor(server), &sink);
  const auto connected = transport.Connect(std::chrono::seconds(5));
  REQUIRE_FALSE(connected.ok());
  CHECK(connected.status().code() == ErrorCode::kConflict);
  CHECK(connected.status().where() == "MUSTER_TASKS_HIGH");
}

TEST_CASE("connect: core messages of workers and callers come in, answers go out", "[integration]") {
  NatsServer server;
  Rig rig(OptionsFor(server));
  Client client(server);
  client.Tell("muster.report.w1", "report");
  client.Tell("muster.worker.beat.w1", "beat");
  REQUIRE(Eventually([&] { return rig.sink.Count<runtime::CoreMessage>() == 2; }));
  natsMsg* reply = nullptr;
  std::thread answer([&] {
    REQUIRE(Eventually([&] { return rig.sink.Count<runtime::CoreMessage>() == 3; }));
    const runtime::CoreMessage question = rig.sink.All<runtime::CoreMessage>()[2];
    CHECK(question.subject == "muster.api.task.show");
    rig.transport.Publish(runtime::Lane::kControl, question.reply, "answer");
  });
  const natsStatus status =
      natsConnection_RequestString(&reply, client.connection(), "muster.api.task.show", "?", 5000);
  answer.join();
  REQUIRE(status == NATS_OK);
  CHECK(std::string(natsMsg_GetData(reply)) == "answer");
  natsMsg_Destroy(reply);
}

TEST_CASE("connect: a publish to a worker that is not there is told", "[integration]") {
  NatsServer server;
  Rig rig(OptionsFor(server));
  rig.transport.PublishToWorker("muster.assign.ghost", "x");
  REQUIRE(Eventually([&] { return rig.sink.Count<runtime::NoResponders>() == 1; }));
  CHECK(rig.sink.All<runtime::NoResponders>()[0].subject == "muster.assign.ghost");
}

}  // namespace
}  // namespace muster::tests
