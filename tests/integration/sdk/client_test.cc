#include "muster/client.h"

#include <atomic>
#include <set>
#include <thread>

#include "muster/v1/admin.pb.h"
#include "muster/v1/task.pb.h"
#include "schemas/subjects.h"
#include "schemas/task_codec.h"
#include "tests/support/catch.h"
#include "tests/support/eventually.h"
#include "tests/support/nats_fixture.h"
#include "worker_sdk/nats/link.h"

namespace muster {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using tests::Eventually;
using tests::NatsServer;

constexpr char kTasks[] = "MUSTER_TASKS_NORMAL";

ConnectionOptions To(const NatsServer& server) {
  ConnectionOptions options;
  options.servers = {server.url()};
  return options;
}

std::unique_ptr<Client> Connect(const NatsServer& server) {
  auto client = Client::Connect(To(server));
  REQUIRE(client.ok());
  return std::move(client).value();
}

std::unique_ptr<Link> Peer(const NatsServer& server) {
  auto link = Link::Connect(To(server));
  REQUIRE(link.ok());
  return std::move(link).value();
}

void AddTasks(NatsServer& server, const std::string& more = {}) {
  server.AddStream(kTasks, {"muster.tasks.normal.>"}, ",\"retention\":\"workqueue\",\"discard\":\"new\"" + more);
}

Task Mail(const std::string& payload, const std::string& id = {}) {
  Task task;
  task.id = id;
  task.queue = "mail";
  task.payload = payload;
  return task;
}

std::string ResultOf(const std::string& id) {
  v1::TaskResult result;
  result.set_task_id(id);
  result.set_state(v1::TASK_STATE_SUCCEEDED);
  result.set_result("42");
  result.set_worker("w");
  result.set_run_ms(7);
  return result.SerializeAsString();
}

TEST_CASE("client: a task is accepted when it is stored, and decodes as it was given") {
  NatsServer server;
  AddTasks(server);
  const auto client = Connect(server);
  Task task = Mail("hello");
  task.type = "send";
  task.require = "gpu";
  task.timeout = seconds(30);
  task.labels = {{"a", "b"}};
  const auto id = client->Submit(task);
  INFO(id.status().message());
  REQUIRE(id.ok());
  const auto stored = Peer(server)->GetLast(kTasks, "muster.tasks.normal.mail", seconds(5));
  REQUIRE(stored.ok());
  const auto decoded = DecodeTask({stored->subject, &stored->headers, stored->data, kTasks, stored->sequence, 0});
  REQUIRE(decoded.ok());
  CHECK(decoded->id() == *id);
  CHECK(decoded->type() == "send");
  CHECK(decoded->payload() == "hello");
  CHECK(decoded->require() == "gpu");
  CHECK(decoded->timeout_ms() == 30000);
  CHECK(decoded->labels().at("a") == "b");
  CHECK(FindHeader(stored->headers, kMsgIdHeader) == *id);
}

TEST_CASE("client: a task that is not valid is refused before it is sent") {
  NatsServer server;
  const auto client = Connect(server);
  Task task = Mail("x");
  task.queue = "two words";
  CHECK(client->Submit(task).status().code() == ErrorCode::kBadQueue);
  task = Mail("x");
  task.require = "(((";
  CHECK_FALSE(client->Submit(task).ok());
  task = Mail(std::string(2000000, 'x'));
  CHECK(client->Submit(task).status().code() == ErrorCode::kTooLarge);
}

TEST_CASE("client: a full queue is told as such, at once") {
  NatsServer server;
  AddTasks(server, ",\"max_msgs\":1");
  const auto client = Connect(server);
  REQUIRE(client->Submit(Mail("1")).ok());
  CHECK(client->Submit(Mail("2"), seconds(60)).status().code() == ErrorCode::kQueueFull);
}

TEST_CASE("client: the first task of a queue is announced, once") {
  NatsServer server;
  AddTasks(server);
  const auto peer = Peer(server);
  std::atomic<int> heard = 0;
  std::atomic<bool> right = false;
  const auto listening = peer->Subscribe(subjects::Api("queue", "ensure"), [&](const LinkMessage& message) {
    v1::QueueRequest request;
    right = request.ParseFromArray(message.data.data(), static_cast<int>(message.data.size())) &&
            request.queue() == "mail" && request.priority() == v1::PRIORITY_NORMAL;
    ++heard;
  });
  const auto client = Connect(server);
  for (int i = 0; i < 3; ++i) REQUIRE(client->Submit(Mail("x")).ok());
  CHECK(Eventually([&heard] { return heard >= 1; }));
  REQUIRE(peer->Flush(seconds(5)).ok());
  CHECK(heard == 1);
  CHECK(right);
}

TEST_CASE("client: a batch has one answer for each task, in order") {
  NatsServer server;
  AddTasks(server);
  const auto client = Connect(server);
  std::vector<Task> tasks;
  for (int i = 0; i < 10000; ++i) tasks.push_back(Mail("x", i == 77 ? "not a token" : "id" + std::to_string(i)));
  const auto results = client->SubmitBatch(tasks);
  REQUIRE(results.size() == tasks.size());
  int good = 0;
  for (std::size_t i = 0; i < results.size(); ++i) good += results[i].ok() && *results[i] == tasks[i].id ? 1 : 0;
  CHECK(good == 9999);
  CHECK_FALSE(results[77].ok());
  CHECK(Peer(server)->StreamInfo(kTasks, seconds(5))->messages == 9999);
}

TEST_CASE("client: a batch over a server that is killed and comes back is stored whole, each task once") {
  NatsServer server;
  AddTasks(server);
  const auto client = Connect(server);
  std::vector<Task> tasks;
  for (int i = 0; i < 20000; ++i) tasks.push_back(Mail("x", "id" + std::to_string(i)));
  std::vector<Result<std::string>> results;
  std::thread submitter([&] { results = client->SubmitBatch(tasks, seconds(60)); });
  const auto peer = Peer(server);
  const bool under_way = Eventually([&] {
    const auto info = peer->StreamInfo(kTasks, seconds(1));
    return info.ok() && info->messages > 500;
  });
  server.Kill();
  server.Start();
  submitter.join();
  REQUIRE(under_way);
  int good = 0;
  for (const auto& result : results) good += result.ok() ? 1 : 0;
  CHECK(good == 20000);
  // Nothing was consumed, so the server's duplicate window survived its restart: ids are stored once.
  CHECK(Eventually([&] {
    const auto info = peer->StreamInfo(kTasks, seconds(1));
    return info.ok() && info->messages == 20000;
  }));
}

TEST_CASE("client: a submission waits for a stream that comes later") {
  NatsServer server;
  const auto client = Connect(server);
  Result<std::string> id = Status(ErrorCode::kTimeout, "not run");
  std::thread submitter([&] { id = client->Submit(Mail("x"), seconds(30)); });
  AddTasks(server);
  submitter.join();
  CHECK(id.ok());
  CHECK(Connect(server)->Submit(Mail("x"), seconds(1)).ok());
}

TEST_CASE("client: without anybody to store it a submission ends with the time") {
  NatsServer server;
  const auto client = Connect(server);
  CHECK(client->Submit(Mail("x"), milliseconds(300)).status().code() == ErrorCode::kUnavailable);
  const Task task = Mail("x");
  const auto results = client->SubmitBatch(std::span<const Task>(&task, 1), milliseconds(300));
  CHECK(results[0].status().code() == ErrorCode::kUnavailable);
}

TEST_CASE("client: a result that is there is found, one that comes later is awaited") {
  NatsServer server;
  server.AddStream(std::string(subjects::kResultStream), {std::string(subjects::kResultStreamSubjects)});
  const auto peer = Peer(server);
  const auto client = Connect(server);
  REQUIRE(peer->PublishStored({subjects::Result("t1"), {}, ResultOf("t1")}, seconds(5)).ok());
  const auto there = client->Await("t1", seconds(10));
  REQUIRE(there.ok());
  CHECK(there->id == "t1");
  CHECK(there->state == TaskState::kSucceeded);
  CHECK(there->result == "42");
  CHECK(there->worker == "w");
  CHECK(there->run == milliseconds(7));

  CHECK(client->Await("t2", milliseconds(50)).status().code() == ErrorCode::kTimeout);
  Result<TaskResult> later = Status(ErrorCode::kTimeout, "not run");
  std::thread waiter([&] { later = client->Await("t2", seconds(30)); });
  REQUIRE(peer->PublishStored({subjects::Result("t2"), {}, ResultOf("t2")}, seconds(5)).ok());
  waiter.join();
  REQUIRE(later.ok());
  CHECK(later->id == "t2");
}

TEST_CASE("client: progress is watched, of one task or of all") {
  NatsServer server;
  const auto peer = Peer(server);
  const auto client = Connect(server);
  std::atomic<int> one = 0;
  std::atomic<int> all = 0;
  const auto watch_one =
      client->WatchProgress("t1", [&one](const ProgressView& view) { one = static_cast<int>(view.percent); });
  const auto watch_all = client->WatchProgress("", [&all](const ProgressView&) { ++all; });
  const std::string subject = subjects::Event("task", "progress");
  REQUIRE(peer->Publish(subject, R"({"taskId":"t2","percent":10,"message":"m","timeMs":"5"})").ok());
  REQUIRE(peer->Publish(subject, "no json").ok());
  REQUIRE(peer->Publish(subject, R"({"taskId":"t1","percent":60,"somethingNew":1})").ok());
  CHECK(Eventually([&] { return one == 60 && all == 2; }));
}

TEST_CASE("client: cancel and show ask the dispatcher, and say when there is none") {
  NatsServer server;
  const auto client = Connect(server);
  CHECK(client->Cancel("t1").status().code() == ErrorCode::kUnavailable);
  const auto peer = Peer(server);
  const auto answering = peer->Subscribe("muster.api.task.*", [&peer](const LinkMessage& message) {
    v1::TaskRequest request;
    request.ParseFromArray(message.data.data(), static_cast<int>(message.data.size()));
    v1::ApiReply reply;
    if (request.id() != "t1") {
      reply.mutable_error()->set_code(v1::ERROR_CODE_NOT_FOUND);
      reply.mutable_error()->set_message("no such task");
    } else if (subjects::LastToken(message.subject) == "cancel") {
      reply.mutable_done()->set_changed(request.reason() == "changed my mind");
    } else {
      reply.mutable_task()->set_id("t1");
      reply.mutable_task()->set_state(v1::TASK_STATE_PARKED);
      reply.mutable_task()->set_reason("no worker has gpu");
    }
    [[maybe_unused]] const Status sent = peer->Publish(message.reply, reply.SerializeAsString());
  });
  const auto cancelled = client->Cancel("t1", "changed my mind");
  REQUIRE(cancelled.ok());
  CHECK(*cancelled);
  CHECK(client->Cancel("t9").status().code() == ErrorCode::kNotFound);
  const auto shown = client->Show("t1");
  REQUIRE(shown.ok());
  CHECK(shown->state == TaskState::kParked);
  CHECK(shown->reason == "no worker has gpu");
}

}  // namespace
}  // namespace muster
