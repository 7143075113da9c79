#include "dispatcher/runtime/api/api.h"

#include "tests/support/catch.h"
#include "tests/unit/runtime/loop_rig.h"

namespace muster::tests {
namespace {

TEST_CASE("api: every verb of the table answers nonsense with an error and never twice") {
  auto store = NewMemoryStore();
  LoopRig rig(store.get());
  for (const runtime::Verb& verb : runtime::Verbs()) {
    INFO(verb.noun << "." << verb.verb);
    const std::string subject = "muster.api." + std::string(verb.noun) + "." + std::string(verb.verb);
    for (const std::string& data : {std::string("\xff\xff"), std::string("{\"nonsense\": 1}"), std::string("{")}) {
      const std::size_t before = rig.transport.To("_INBOX.a").size();
      rig.inbox.Post(runtime::CoreMessage{subject, "_INBOX.a", data});
      rig.Turn();
      const auto replies = rig.transport.To("_INBOX.a");
      REQUIRE(replies.size() == before + 1);
      if (data.front() == '{') {
        CHECK(replies.back().data.find("ERROR_CODE_BAD_REQUEST") != std::string::npos);
      } else {
        v1::ApiReply reply;
        REQUIRE(reply.ParseFromString(replies.back().data));
        CHECK(reply.error().code() == v1::ERROR_CODE_BAD_REQUEST);
      }
    }
  }
}

TEST_CASE("api: an unknown verb is answered with the nearest one") {
  auto store = NewMemoryStore();
  LoopRig rig(store.get());
  const v1::ApiReply reply = rig.Ask("task.shwo", v1::TaskRequest());
  CHECK(reply.error().code() == v1::ERROR_CODE_BAD_REQUEST);
  CHECK(reply.error().message().find("task.show") != std::string::npos);
}

TEST_CASE("api: a task is shown, listed, explained, and one that nobody knows is not found") {
  auto store = NewMemoryStore();
  LoopRig rig(store.get());
  rig.PostTask("t1");
  rig.Turn();
  v1::TaskRequest request;
  request.set_id("t1");
  CHECK(rig.Ask("task.show", request).task().queue() == "mail");
  CHECK(rig.Ask("task.list", v1::TaskListRequest()).tasks().tasks_size() == 1);
  CHECK_FALSE(rig.Ask("task.explain", request).explanation().summary().empty());
  request.set_id("t2");
  CHECK(rig.Ask("task.show", request).error().code() == v1::ERROR_CODE_NOT_FOUND);
  CHECK(rig.Ask("task.cancel", request).error().code() == v1::ERROR_CODE_NOT_FOUND);
}

TEST_CASE("api: a cancel is answered once it is durable") {
  auto store = NewMemoryStore();
  LoopRig rig(store.get());
  rig.PostTask("t1");
  rig.Turn();
  v1::TaskRequest request;
  request.set_id("t1");
  const v1::ApiReply reply = rig.Ask("task.cancel", request);
  CHECK(reply.done().changed());
  CHECK(rig.Ask("task.show", request).task().state() == v1::TASK_STATE_CANCELLED);
}

TEST_CASE("api: a list says when there is more, and refuses to be too long") {
  auto store = NewMemoryStore();
  LoopRig rig(store.get());
  for (int i = 0; i < 3; ++i) rig.PostTask("t" + std::to_string(i));
  rig.Turn();
  v1::TaskListRequest request;
  request.set_limit(2);
  const v1::ApiReply reply = rig.Ask("task.list", request);
  CHECK(reply.tasks().tasks_size() == 2);
  CHECK(reply.tasks().more());
  request.set_limit(100000);
  CHECK(rig.Ask("task.list", request).error().code() == v1::ERROR_CODE_LIMIT);
}

TEST_CASE("api: queue.ensure is answered when the transport has seen the queue, or after its time") {
  auto store = NewMemoryStore();
  LoopRig rig(store.get());
  v1::QueueRequest request;
  request.set_queue("mail");
  request.set_priority(v1::PRIORITY_HIGH);
  rig.Ask("queue.ensure", request);
  CHECK(rig.transport.To("_INBOX.q").empty());
  REQUIRE(rig.transport.ensured.size() == 1);
  rig.inbox.Post(runtime::QueueSeen{Priority::kHigh, "mail", 0, 0, 0});
  rig.Turn();
  REQUIRE(rig.transport.To("_INBOX.q").size() == 1);
  v1::ApiReply reply;
  REQUIRE(reply.ParseFromString(rig.transport.To("_INBOX.q")[0].data));
  CHECK(reply.queue_ready().created());
  CHECK_FALSE(rig.Ask("queue.ensure", request).queue_ready().created());

  request.set_queue("other");
  rig.Ask("queue.ensure", request);
  rig.Pass(std::chrono::seconds(6));
  REQUIRE(reply.ParseFromString(rig.transport.To("_INBOX.q").back().data));
  CHECK(reply.error().code() == v1::ERROR_CODE_UNAVAILABLE);
}

TEST_CASE("api: a JSON question gets a JSON answer") {
  auto store = NewMemoryStore();
  LoopRig rig(store.get());
  rig.inbox.Post(runtime::CoreMessage{"muster.api.stats.show", "_INBOX.j", "{}"});
  rig.Turn();
  const auto replies = rig.transport.To("_INBOX.j");
  REQUIRE(replies.size() == 1);
  CHECK(replies[0].data.find("\"version\":\"test\"") != std::string::npos);
}

TEST_CASE("api: strategies are listed, set, and a wrong name is met with the nearest") {
  auto store = NewMemoryStore();
  LoopRig rig(store.get());
  CHECK(rig.Ask("strategy.list", v1::StrategyRequest()).strategies().strategies_size() >= 3);
  v1::StrategyRequest request;
  request.set_strategy("round-robin");
  CHECK(rig.Ask("strategy.set", request).done().changed());
  CHECK(rig.engine.StrategyOf("") == "round_robin");
  request.set_strategy("round_robbin");
  CHECK(rig.Ask("strategy.set", request).error().message().find("round_robin") != std::string::npos);
}

TEST_CASE("api: stats and health tell the figures and the items") {
  auto store = NewMemoryStore();
  LoopRig rig(store.get());
  rig.PostHello("w1", 4);
  rig.Turn();
  const v1::ApiReply stats = rig.Ask("stats.show", v1::StatsRequest());
  CHECK(stats.stats().workers() == 1);
  CHECK(stats.stats().slots() == 4);
  CHECK(stats.stats().epoch() == 1);
  const v1::ApiReply health = rig.Ask("health.show", v1::HealthRequest());
  CHECK(health.health().items_size() >= 2);
  CHECK(rig.Ask("worker.list", v1::WorkerRequest()).workers().workers_size() == 1);
  v1::WorkerRequest nobody;
  nobody.set_worker("w9");
  CHECK(rig.Ask("worker.show", nobody).error().code() == v1::ERROR_CODE_NOT_FOUND);
}

}  // namespace
}  // namespace muster::tests
