#include "worker_sdk/nats/link.h"

#include <atomic>
#include <mutex>

#include "tests/support/catch.h"
#include "tests/support/eventually.h"
#include "tests/support/nats_fixture.h"

namespace muster {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using tests::Eventually;
using tests::NatsServer;

ConnectionOptions To(const NatsServer& server) {
  ConnectionOptions options;
  options.servers = {server.url()};
  return options;
}

std::unique_ptr<Link> Connect(const NatsServer& server, Link::StateCallback on_state = nullptr) {
  auto link = Link::Connect(To(server), std::move(on_state));
  INFO(link.status().message());
  REQUIRE(link.ok());
  return std::move(link).value();
}

LinkPublish Message(const std::string& subject, const std::string& id, const std::string& data) {
  return {subject, {{"Nats-Msg-Id", id}, {"Muster-Type", "kind"}}, data};
}

TEST_CASE("link: without a server the first connection fails with its address, in time") {
  ConnectionOptions options;
  options.servers = {"nats://127.0.0.1:" + std::to_string(tests::FreePort())};
  options.retry_for = milliseconds(300);
  const auto start = std::chrono::steady_clock::now();
  const auto link = Link::Connect(options);
  CHECK(link.status().code() == ErrorCode::kUnavailable);
  CHECK(link.status().message().find(options.servers[0]) != std::string::npos);
  CHECK(std::chrono::steady_clock::now() - start < seconds(5));
}

TEST_CASE("link: options that contradict each other are refused") {
  ConnectionOptions options;
  options.token = "t";
  options.user = "u";
  CHECK(Link::Connect(options).status().code() == ErrorCode::kBadRequest);
  options = {};
  options.servers.clear();
  CHECK(Link::Connect(options).status().where() == "servers");
  options = {};
  options.nkey = "U";
  CHECK(Link::Connect(options).status().where() == "nkey");
}

TEST_CASE("link: a password that is missing is told as such") {
  NatsServer server({"--user", "boss", "--pass", "secret"});
  CHECK(Link::Connect(To(server)).status().code() == ErrorCode::kUnavailable);
  ConnectionOptions options = To(server);
  options.user = "boss";
  options.password = "secret";
  CHECK(Link::Connect(options).ok());
}

TEST_CASE("link: a request has its answer, or says at once that nobody listens") {
  NatsServer server;
  const auto link = Connect(server);
  const auto start = std::chrono::steady_clock::now();
  const auto nobody = link->Request("muster.api.task.show", "x", seconds(10));
  CHECK(nobody.status().code() == ErrorCode::kUnavailable);
  CHECK(std::chrono::steady_clock::now() - start < seconds(5));

  const auto other = Connect(server);
  const auto answering = other->Subscribe("ask.*", [&other](const LinkMessage& message) {
    [[maybe_unused]] const Status sent = other->Publish(message.reply, "you said " + std::string(message.data));
  });
  REQUIRE(answering.ok());
  const auto reply = link->Request("ask.me", "hi", seconds(5));
  REQUIRE(reply.ok());
  CHECK(*reply == "you said hi");
}

TEST_CASE("link: a question nobody answers ends with the time") {
  NatsServer server;
  const auto link = Connect(server);
  const auto silent = link->Subscribe("ask.*", [](const LinkMessage&) {});
  CHECK(link->Request("ask.me", "hi", milliseconds(50)).status().code() == ErrorCode::kTimeout);
}

TEST_CASE("link: a subscription that has ended calls nobody") {
  NatsServer server;
  const auto link = Connect(server);
  std::atomic<int> heard = 0;
  auto subscription = link->Subscribe("a", [&heard](const LinkMessage&) { ++heard; });
  REQUIRE(subscription.ok());
  REQUIRE(link->Publish("a", "1").ok());
  REQUIRE(Eventually([&heard] { return heard == 1; }));
  subscription = Status(ErrorCode::kNotFound, "ended");
  REQUIRE(link->Publish("a", "2").ok());
  REQUIRE(link->Flush(seconds(5)).ok());
  CHECK(heard == 1);
}

TEST_CASE("link: a stored message has a receipt, its repetition the same one") {
  NatsServer server;
  server.AddStream("S", {"s.*"});
  const auto link = Connect(server);
  const auto first = link->PublishStored(Message("s.a", "id1", "one"), seconds(5));
  REQUIRE(first.ok());
  CHECK(first->stream == "S");
  CHECK(first->sequence == 1);
  CHECK_FALSE(first->duplicate);
  const auto again = link->PublishStored(Message("s.a", "id1", "one"), seconds(5));
  REQUIRE(again.ok());
  CHECK(again->duplicate);
  CHECK(link->PublishStored(Message("elsewhere", "id2", "x"), seconds(5)).status().code() == ErrorCode::kUnavailable);
}

TEST_CASE("link: a full stream refuses with a text that says what to do") {
  NatsServer server;
  server.AddStream("S", {"s.*"}, ",\"max_msgs\":1,\"discard\":\"new\"");
  const auto link = Connect(server);
  REQUIRE(link->PublishStored(Message("s.a", "id1", "one"), seconds(5)).ok());
  const Status full = link->PublishStored(Message("s.a", "id2", "two"), seconds(5)).status();
  CHECK(full.code() == ErrorCode::kQueueFull);
  CHECK(full.message().find("try again later") != std::string::npos);
}

TEST_CASE("link: what is read from a stream is what was stored") {
  NatsServer server;
  server.AddStream("S", {"s.*"});
  const auto link = Connect(server);
  for (int i = 1; i <= 5; ++i) {
    const std::string number = std::to_string(i);
    REQUIRE(link->PublishStored(Message(i % 2 == 1 ? "s.odd" : "s.even", number, "data" + number), seconds(5)).ok());
  }
  const auto last = link->GetLast("S", "s.even", seconds(5));
  REQUIRE(last.ok());
  CHECK(last->sequence == 4);
  CHECK(last->data == "data4");
  CHECK(FindHeader(last->headers, "muster-type") == "kind");
  CHECK(last->stored_ms > 1600000000000);
  CHECK(link->GetLast("S", "s.none", seconds(5)).status().code() == ErrorCode::kNotFound);
  CHECK(link->GetLast("NONE", "s.none", seconds(5)).status().where() == "stream");

  const auto odd = link->ReadStream("S", "s.odd", 2, 10, seconds(5));
  REQUIRE(odd.ok());
  REQUIRE(odd->size() == 2);
  CHECK((*odd)[0].sequence == 3);
  CHECK((*odd)[1].sequence == 5);
  CHECK(link->ReadStream("S", "", 1, 3, seconds(5))->size() == 3);
  CHECK(link->ReadStream("S", "s.none", 1, 3, seconds(5))->empty());

  CHECK(link->DeleteStored("S", 3, seconds(5)).ok());
  CHECK(link->DeleteStored("S", 3, seconds(5)).code() == ErrorCode::kNotFound);
  const auto status = link->StreamInfo("S", seconds(5));
  REQUIRE(status.ok());
  CHECK(status->messages == 4);
  CHECK(status->last_sequence == 5);
}

TEST_CASE("link: many are stored without waiting for each") {
  NatsServer server;
  server.AddStream("S", {"s.*"});
  const auto link = Connect(server);
  std::atomic<int> stored = 0;
  std::atomic<int> failed = 0;
  for (int i = 0; i < 5000; ++i) {
    const Status sent =
        link->PublishStoredAsync(Message("s.a", std::to_string(i), "x"), seconds(10),
                                 [&](Result<StoreReceipt> receipt) { ++(receipt.ok() ? stored : failed); });
    REQUIRE(sent.ok());
  }
  CHECK(Eventually([&] { return stored == 5000; }));
  CHECK(failed == 0);
  CHECK(link->StreamInfo("S", seconds(5))->messages == 5000);
}

TEST_CASE(
    "link: every store without a receipt is answered: by its time, by a lost connection, by the end of the link") {
  NatsServer server;
  const auto heard = Connect(server);  // keeps "no responders" away, answers nothing
  const auto silent = heard->Subscribe("s.*", [](const LinkMessage&) {});
  std::atomic<int> timed_out = 0;
  std::atomic<int> unavailable = 0;
  const auto count = [&](Result<StoreReceipt> receipt) {
    ++(receipt.status().code() == ErrorCode::kTimeout ? timed_out : unavailable);
  };
  auto link = Connect(server);
  REQUIRE(link->PublishStoredAsync(Message("s.a", "1", "x"), milliseconds(50), count).ok());
  CHECK(Eventually([&] { return timed_out == 1; }));
  REQUIRE(link->PublishStoredAsync(Message("s.a", "2", "x"), seconds(60), count).ok());
  server.Kill();
  CHECK(Eventually([&] { return unavailable == 1; }));
  server.Start();
  REQUIRE(Eventually([&] { return link->PublishStoredAsync(Message("s.a", "3", "x"), seconds(60), count).ok(); }));
  link.reset();
  CHECK(unavailable + timed_out == 3);
}

TEST_CASE("link: a lost connection is told, and comes back by itself") {
  NatsServer server;
  std::mutex mutex;
  std::vector<bool> told;
  const auto link = Connect(server, [&](bool connected, const std::string&) {
    const std::lock_guard lock(mutex);
    told.push_back(connected);
  });
  std::atomic<int> heard = 0;
  const auto subscription = link->Subscribe("a", [&heard](const LinkMessage&) { ++heard; });
  server.Kill();
  REQUIRE(Eventually([&] { return !link->connected(); }));
  CHECK(link->Publish("a", "lost").code() == ErrorCode::kUnavailable);
  CHECK(link->Request("a", "lost", seconds(1)).status().code() == ErrorCode::kUnavailable);
  server.Start();
  REQUIRE(Eventually([&] { return link->connected(); }));
  REQUIRE(Eventually([&] { return link->Publish("a", "back").ok() && link->Flush(seconds(1)).ok() && heard > 0; }));
  const std::lock_guard lock(mutex);
  REQUIRE(told.size() >= 2);
  CHECK_FALSE(told.front());
  CHECK(told.back());
}

TEST_CASE("link: the server says its version") {
  NatsServer server;
  const auto link = Connect(server);
  const auto info = link->Server(seconds(5));
  INFO(info.status().message());
  REQUIRE(info.ok());
  CHECK(info->version.find('.') != std::string::npos);
  CHECK(info->jetstream);
  CHECK(info->max_payload > 0);
  CHECK(link->connected_url().find(std::to_string(server.port())) != std::string::npos);
}

}  // namespace
}  // namespace muster
