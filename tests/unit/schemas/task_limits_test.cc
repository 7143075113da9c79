// Hostile and oversized tasks: every bound of limits.h that a task can meet, in both forms and in the encoder.
#include <functional>
#include <random>

#include "schemas/charset.h"
#include "schemas/limits.h"
#include "schemas/task_codec.h"
#include "tests/support/catch.h"

namespace muster {
namespace {

const Headers kTaskForm = {{std::string(kContentTypeHeader), std::string(kTaskContentType)}};

Status DecodeBytes(std::string_view data, const Headers& headers = kTaskForm) {
  TaskMessage message;
  message.subject = "muster.tasks.normal.q";
  message.headers = &headers;
  message.data = data;
  return DecodeTask(message).status();
}

struct BadTask {
  const char* where;
  std::function<void(v1::Task*)> make;
};

std::vector<BadTask> BadTasks() {
  return {
      {"id", [](v1::Task* t) { t->set_id("a b"); }},
      {"id", [](v1::Task* t) { t->set_id(std::string(65, 'a')); }},
      {"id", [](v1::Task* t) { t->set_id(std::string("a\0b", 3)); }},
      {"type", [](v1::Task* t) { t->set_type(std::string(65, 'a')); }},
      {"type", [](v1::Task* t) { t->set_type(std::string("a\0b", 3)); }},
      {"tenant", [](v1::Task* t) { t->set_tenant("\n"); }},
      {"pool", [](v1::Task* t) { t->set_pool("a b"); }},
      {"content_type", [](v1::Task* t) { t->set_content_type(std::string(513, 'a')); }},
      {"require", [](v1::Task* t) { t->set_require("a b"); }},
      {"require", [](v1::Task* t) { t->set_require(std::string(2000, ' ')); }},
      {"prefer", [](v1::Task* t) { t->set_prefer(","); }},
      {"resources", [](v1::Task* t) { (*t->mutable_resources())["cpu"] = -1; }},
      {"resources", [](v1::Task* t) { (*t->mutable_resources())["cpu"] = INT64_MAX; }},
      {"resources", [](v1::Task* t) { (*t->mutable_resources())[""] = 1; }},
      {"resources",
       [](v1::Task* t) {
         for (int i = 0; i < 10000; ++i) (*t->mutable_resources())[std::to_string(i)] = 1;
       }},
      {"affinity", [](v1::Task* t) { t->set_affinity(std::string(1, '\0')); }},
      {"retry.max_attempts", [](v1::Task* t) { t->mutable_retry()->set_max_attempts(1001); }},
      {"retry", [](v1::Task* t) { t->mutable_retry()->set_base_delay_ms(-1); }},
      {"retry", [](v1::Task* t) { t->mutable_retry()->set_max_delay_ms(INT64_MAX); }},
      {"retry", [](v1::Task* t) { t->mutable_retry()->set_strategy(static_cast<v1::RetryStrategy>(77)); }},
      {"timeout_ms", [](v1::Task* t) { t->set_timeout_ms(-1); }},
      {"timeout_ms", [](v1::Task* t) { t->set_timeout_ms(INT64_MAX); }},
      {"deadline_ms", [](v1::Task* t) { t->set_deadline_ms(INT64_MIN); }},
      {"not_before_ms", [](v1::Task* t) { t->set_not_before_ms(INT64_MAX); }},
      {"result_ttl_ms", [](v1::Task* t) { t->set_result_ttl_ms(-5); }},
      {"submitted_ms", [](v1::Task* t) { t->set_submitted_ms(-5); }},
      {"depends_on", [](v1::Task* t) { t->add_depends_on(""); }},
      {"depends_on", [](v1::Task* t) { t->set_id("me"), t->add_depends_on("me"); }},
      {"depends_on",
       [](v1::Task* t) {
         for (int i = 0; i < 65; ++i) t->add_depends_on(std::to_string(i));
       }},
      {"on_dependency_failure",
       [](v1::Task* t) { t->set_on_dependency_failure(static_cast<v1::DependencyFailure>(9)); }},
      {"result", [](v1::Task* t) { t->set_result(static_cast<v1::ResultPolicy>(-1)); }},
      {"reply_to", [](v1::Task* t) { t->set_reply_to("$SYS.REQ"); }},
      {"reply_to", [](v1::Task* t) { t->set_reply_to(std::string(513, 'a')); }},
      {"reply_to", [](v1::Task* t) { t->set_reply_to("."); }},
      {"labels",
       [](v1::Task* t) {
         for (int i = 0; i < 65; ++i) (*t->mutable_labels())[std::to_string(i)] = "x";
       }},
      {"labels", [](v1::Task* t) { (*t->mutable_labels())["a b"] = "x"; }},
      {"labels", [](v1::Task* t) { (*t->mutable_labels())["a"] = "\x1b[2J"; }},
  };
}

TEST_CASE("task message: a field out of its range is refused under the field's name, by decoder and encoder") {
  for (const BadTask& bad : BadTasks()) {
    v1::Task task;
    bad.make(&task);
    const Status decoded = DecodeBytes(task.SerializeAsString());
    INFO(bad.where << " " << decoded.ToString());
    CHECK(decoded.code() == ErrorCode::kBadMessage);
    CHECK(decoded.where() == bad.where);
    task.set_queue("q");
    const Status encoded = EncodeTask(task, "fresh").status();
    CHECK(encoded.code() == ErrorCode::kBadMessage);
    CHECK(encoded.where() == bad.where);
  }
}

TEST_CASE("payload: one byte too many is too large, in both forms") {
  const std::string largest(limits::kPayloadBytesMax, 'x');
  CHECK(DecodeBytes(largest, {}).ok());
  CHECK(DecodeBytes(largest + "x", {}).code() == ErrorCode::kTooLarge);
  v1::Task task;
  task.set_payload(largest);
  CHECK(DecodeBytes(task.SerializeAsString()).ok());
  task.set_payload(largest + "x");
  CHECK(DecodeBytes(task.SerializeAsString()).code() == ErrorCode::kTooLarge);
  CHECK(DecodeBytes(std::string(8 << 20, 'x')).code() == ErrorCode::kTooLarge);
}

TEST_CASE("task message: bytes that are none, and texts that are not UTF-8, are refused") {
  CHECK(DecodeBytes("not protobuf").code() == ErrorCode::kBadMessage);
  CHECK(DecodeBytes("\x0a\x02\xff\xfe").code() == ErrorCode::kBadMessage);  // id
  CHECK(DecodeBytes("").ok());
}

TEST_CASE("free text: what is too long is cut between characters, as it says in limits.h") {
  v1::Task task;
  task.set_queue("q");
  std::string text(limits::kTextBytesMax - 1, 'a');
  text += "\xe2\x82\xac";
  task.set_affinity(text);
  (*task.mutable_labels())["k"] = text;
  const Result<EncodedTask> encoded = EncodeTask(task, "fresh");
  REQUIRE(encoded.ok());
  v1::Task sent;
  REQUIRE(sent.ParseFromString(encoded->data));
  CHECK(sent.affinity() == std::string(limits::kTextBytesMax - 1, 'a'));
  CHECK(sent.labels().at("k") == sent.affinity());
}

TEST_CASE("encoder: a fresh id where there is none, normal where no priority, and the subject's rules") {
  v1::Task task;
  CHECK(EncodeTask(task, "fresh").status().code() == ErrorCode::kBadQueue);
  task.set_queue("q");
  const Result<EncodedTask> encoded = EncodeTask(task, "fresh");
  REQUIRE(encoded.ok());
  CHECK(encoded->subject == "muster.tasks.normal.q");
  CHECK(FindHeader(encoded->headers, kMsgIdHeader) == "fresh");
  CHECK_FALSE(EncodeTask(task, "not fresh").ok());
  task.add_depends_on("fresh");
  CHECK(EncodeTask(task, "fresh").status().where() == "depends_on");
  task.clear_depends_on();
  task.set_priority(static_cast<v1::Priority>(99));
  CHECK(EncodeTask(task, "fresh").status().where() == "priority");
}

TEST_CASE("decoder: damaged messages are decoded or refused, and what is decoded can be encoded again") {
  v1::Task task;
  task.set_id("t");
  task.set_type("x");
  task.set_require("gpu");
  (*task.mutable_resources())["cpu"] = 500;
  (*task.mutable_labels())["a"] = "b";
  task.add_depends_on("u");
  task.mutable_retry()->set_max_attempts(3);
  const std::string bytes = task.SerializeAsString();
  std::mt19937_64 random(5);
  int decoded = 0;
  for (int i = 0; i < 20000; ++i) {
    std::string damaged = bytes;
    for (std::uint64_t n = 1 + random() % 3; n > 0; --n) {
      const std::size_t at = random() % damaged.size();
      damaged[at] = static_cast<char>(random());
    }
    TaskMessage message;
    message.subject = "muster.tasks.normal.q";
    message.headers = &kTaskForm;
    message.data = damaged;
    const Result<v1::Task> result = DecodeTask(message);
    if (!result.ok()) continue;
    ++decoded;
    const Result<EncodedTask> encoded = EncodeTask(*result, "");
    INFO(encoded.status().ToString());
    REQUIRE(encoded.ok());
  }
  CHECK(decoded > 100);
}

}  // namespace
}  // namespace muster
