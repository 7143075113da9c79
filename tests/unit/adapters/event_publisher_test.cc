#include "dispatcher/adapters/event_publisher.h"

#include <google/protobuf/util/json_util.h>

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "dispatcher/adapters/event_json.h"
#include "muster/v1/event.pb.h"
#include "tests/support/catch.h"

namespace muster::adapters {
namespace {

using engine::FromUnixMillis;
using engine::TaskState;
using engine::TaskTransition;

// Keeps what is published; an event publisher asks for nothing else.
class KeepingTransport final : public runtime::Transport {
 public:
  void Publish(runtime::Lane lane, std::string_view subject, std::string_view data) override {
    CHECK(lane == runtime::Lane::kBulk);
    sent.emplace_back(subject, data);
  }
  void PublishToWorker(std::string_view, std::string_view) override { FAIL(); }
  void PublishStored(std::string_view, const Headers&, std::string_view, std::string_view, std::chrono::milliseconds,
                     std::uint64_t) override {
    FAIL();
  }
  void Pull(Priority, std::string_view, int) override { FAIL(); }
  void Ack(std::string_view) override { FAIL(); }
  void Nak(std::string_view, std::chrono::milliseconds) override { FAIL(); }
  void EnsureQueue(Priority, std::string_view) override { FAIL(); }
  void FetchDelayed(std::uint64_t) override { FAIL(); }
  void RemoveDelayed(std::uint64_t) override { FAIL(); }
  void Flush() override { ++flushes; }

  std::vector<std::pair<std::string, std::string>> sent;
  int flushes = 0;
};

TaskTransition Failed() {
  auto spec = std::make_shared<engine::TaskSpec>();
  spec->name = "t1";
  spec->queue = "mail";
  spec->priority = Priority::kHigh;
  spec->type = "letter";
  TaskTransition told;
  told.from = TaskState::kRunning;
  told.to = TaskState::kFailed;
  told.spec = spec;
  told.worker = "w1";
  told.attempt = 2;
  told.reason = Status(ErrorCode::kPermanent, "no \"such\" address");
  return told;
}

TEST_CASE("event publisher: the event written by hand is protobuf's own JSON form") {
  TaskTransition told = Failed();
  told.reason = Status();
  auto spec = std::make_shared<engine::TaskSpec>(*told.spec);
  spec->type = "a\"b\\c<d>\n\x01\x7f \xc3\xa9";
  told.spec = spec;
  for (const TaskState from : {TaskState::kNone, TaskState::kQueued}) {
    told.from = from;
    const std::string ours = ToJson(FromUnixMillis(1700000000123), told);
    v1::TaskEvent event;
    REQUIRE(google::protobuf::util::JsonStringToMessage(ours, &event).ok());
    CHECK(event.task_id() == "t1");
    CHECK(event.type() == spec->type);
    std::string theirs;
    REQUIRE(google::protobuf::util::MessageToJsonString(event, &theirs).ok());
    CHECK(ours == theirs);
  }
}

TEST_CASE("event publisher: a task's event says what, where and why") {
  KeepingTransport transport;
  EventPublisher publisher({}, &transport);
  engine::Turn turn;
  turn.transitions.emplace_back(Failed());
  publisher.OnTurn(FromUnixMillis(1700000000123), turn, {});
  REQUIRE(transport.sent.size() == 1);
  CHECK(transport.sent[0].first == "muster.events.task.failed");
  const auto json = nlohmann::json::parse(transport.sent[0].second);
  CHECK(json["taskId"] == "t1");
  CHECK(json["from"] == "TASK_STATE_RUNNING");
  CHECK(json["to"] == "TASK_STATE_FAILED");
  CHECK(json["priority"] == "PRIORITY_HIGH");
  CHECK(json["worker"] == "w1");
  CHECK(json["attempt"] == 2);
  CHECK(json["reason"] == "no \"such\" address");
  CHECK(json["error"]["code"] == "ERROR_CODE_PERMANENT");
  CHECK(json["timeMs"] == "1700000000123");
  CHECK(transport.flushes == 1);
}

TEST_CASE("event publisher: tasks' events beyond the rate are dropped and counted, workers' never") {
  KeepingTransport transport;
  EventPublisher publisher({10}, &transport);
  engine::Turn turn;
  for (int i = 0; i < 30; ++i) turn.transitions.emplace_back(Failed());
  turn.transitions.emplace_back(engine::WorkerTransition{engine::WorkerTransition::What::kLost, "w1", 7, "silent", 3});
  publisher.OnTurn(FromUnixMillis(1000), turn, {});
  CHECK(transport.sent.size() == 11);
  CHECK(transport.sent.back().first == "muster.events.worker.lost");
  CHECK(nlohmann::json::parse(transport.sent.back().second)["tasks"] == 3);
  CHECK(publisher.dropped() == 20);
  publisher.OnTurn(FromUnixMillis(1500), turn, {});
  CHECK(transport.sent.size() == 17);
}

TEST_CASE("event publisher: an empty turn sends nothing") {
  KeepingTransport transport;
  EventPublisher publisher({}, &transport);
  publisher.OnTurn(FromUnixMillis(1), {}, {});
  CHECK(transport.sent.empty());
  CHECK(transport.flushes == 0);
}

}  // namespace
}  // namespace muster::adapters
