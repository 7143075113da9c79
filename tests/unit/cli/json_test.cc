#include "dispatcher/cli/json.h"

#include "muster/v1/admin.pb.h"
#include "tests/support/catch.h"

namespace muster::cli {
namespace {

TEST_CASE("json: messages keep the names of their fields, zeros included") {
  v1::TaskView task;
  task.set_id("t1");
  task.set_payload_bytes(7);
  const std::string json = ToJson(task, false);
  CHECK(json.find("\"payload_bytes\":\"7\"") != std::string::npos);
  CHECK(json.find("\"attempt\":0") != std::string::npos);
  CHECK(json.find('\n') == std::string::npos);
}

TEST_CASE("json: text is escaped, and what is no UTF-8 is replaced") {
  CHECK(JsonString("a\"b\\c\n\x1b") == "\"a\\\"b\\\\c\\u000a\\u001b\"");
  CHECK(JsonString("\xc3\xbc") == "\"\xc3\xbc\"");
  CHECK(JsonString("a\xff"
                   "b") ==
        "\"a\xef\xbf\xbd"
        "b\"");
}

TEST_CASE("json: objects keep their order, and numbers that are none become null") {
  const std::string text = JsonObject()
                               .Set("b", "x")
                               .Set("a", std::uint64_t{7})
                               .Set("ok", true)
                               .Set("ms", 1.5)
                               .Set("in", JsonObject())
                               .Print();
  CHECK(text == R"({"b": "x", "a": 7, "ok": true, "ms": 1.500, "in": {}})");
  CHECK(JsonObject().Set("x", 0.0 / 0.0).Print() == R"({"x": null})");
}

TEST_CASE("json: a line of a batch file is a task; data is text, the priority has its plain name") {
  const auto task = TaskFromJson(R"({"queue": "mail", "data": "h\u00fc", "priority": "high", "labels": {"a": "1"}})");
  REQUIRE(task.ok());
  CHECK(task->queue() == "mail");
  CHECK(task->payload() == "h\xc3\xbc");
  CHECK(task->priority() == v1::PRIORITY_HIGH);
  CHECK(task->labels().at("a") == "1");
  const auto exact =
      TaskFromJson(R"({"queue": "q", "payload": "aGk=", "priority": "PRIORITY_LOW", "deadline_ms": "1772366400001"})");
  REQUIRE(exact.ok());
  CHECK(exact->payload() == "hi");
  CHECK(exact->deadline_ms() == 1772366400001);
}

TEST_CASE("json: a line that is no task is refused with the reason") {
  CHECK(TaskFromJson("[1]").status().code() == ErrorCode::kBadRequest);
  CHECK(TaskFromJson("{\"queue\": \"a\", \"quue\": 1}").status().message().find("quue") != std::string::npos);
  CHECK_FALSE(TaskFromJson(R"({"data": "a", "payload": "aGk="})").ok());
  CHECK_FALSE(TaskFromJson(R"({"data": 7})").ok());
}

}  // namespace
}  // namespace muster::cli
