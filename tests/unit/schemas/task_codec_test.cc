#include "schemas/task_codec.h"

#include <set>

#include "tests/support/catch.h"

namespace muster {
namespace {

constexpr std::int64_t kStoredNs = 1'772'366'400'000'000'000;  // 2026-03-01T12:00:00Z
constexpr std::int64_t kStoredMs = kStoredNs / 1'000'000;
const char kTrace[] = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";

Result<v1::Task> Decode(const Headers& headers, std::string_view data = "payload",
                        std::string_view subject = "muster.tasks.high.mail", std::uint64_t sequence = 7) {
  TaskMessage message;
  message.subject = subject;
  message.headers = &headers;
  message.data = data;
  message.stream = "MUSTER_TASKS_HIGH";
  message.sequence = sequence;
  message.stored_ns = kStoredNs;
  return DecodeTask(message);
}

v1::Task Decoded(const Headers& headers, std::string_view data = "payload") {
  Result<v1::Task> task = Decode(headers, data);
  REQUIRE(task.status().ToString() == "ok");
  return std::move(task).value();
}

TEST_CASE("plain task: the payload is what was sent, the rest is filled in") {
  const std::string data("\0\xff\x80 any bytes", 13);
  const v1::Task task = Decoded({}, data);
  CHECK(task.payload() == data);
  CHECK(task.queue() == "mail");
  CHECK(task.priority() == v1::PRIORITY_HIGH);
  CHECK(task.type() == "mail");
  CHECK(task.id().size() == 36);
  CHECK(Decode({}, "").ok());
}

TEST_CASE("plain task: no headers at all is fine") {
  TaskMessage message;
  message.subject = "muster.tasks.background.q";
  message.data = "x";
  const Result<v1::Task> task = DecodeTask(message);
  REQUIRE(task.ok());
  CHECK(task->priority() == v1::PRIORITY_BACKGROUND);
}

TEST_CASE("made id: the same at each redelivery, another for another place or a recreated stream") {
  std::set<std::string> ids;
  TaskMessage message;
  message.subject = "muster.tasks.high.mail";
  message.stream = "S";
  message.sequence = 1;
  message.stored_ns = kStoredNs;
  const std::string first = DecodeTask(message)->id();
  CHECK(DecodeTask(message)->id() == first);
  ids.insert(first);
  message.sequence = 2;
  ids.insert(DecodeTask(message)->id());
  message.sequence = 1;
  message.stored_ns += 1;
  ids.insert(DecodeTask(message)->id());
  message.stored_ns -= 1;
  message.stream = "T";
  ids.insert(DecodeTask(message)->id());
  CHECK(ids.size() == 4);
  // A UUIDv7 of the time of storing.
  CHECK(first.substr(0, 13) == NewTaskId(kStoredMs, 0, 0).substr(0, 13));
  CHECK(first[14] == '7');
  CHECK(std::string("89ab").find(first[19]) != std::string::npos);
  // Held for ever: a redelivery to a newer program must find the same task.
  CHECK(first == "019ca945-0a00-7abd-8467-b71459fb7161");
}

TEST_CASE("id: header, then Nats-Msg-Id where it can be one, then made") {
  CHECK(Decoded({{"Muster-Id", "a"}, {"Nats-Msg-Id", "b"}}).id() == "a");
  CHECK(Decoded({{"Nats-Msg-Id", "order:4711"}}).id() == "order:4711");
  CHECK(Decoded({{"Nats-Msg-Id", "has space"}}).id().size() == 36);
  CHECK(Decoded({{"Nats-Msg-Id", "a.b"}}).id().size() == 36);
}

TEST_CASE("new ids: UUIDv7 in the order of time") {
  CHECK(NewTaskId(0x0123456789ab, 0xffff, 0xffffffffffffffff) == "01234567-89ab-7fff-bfff-ffffffffffff");
  CHECK(NewTaskId(1, UINT64_MAX, UINT64_MAX) < NewTaskId(2, 0, 0));
}

TEST_CASE("headers: each sets its field") {
  const v1::Task task = Decoded({{"Muster-Id", "t1"},
                                 {"muster-type", " image.resize "},
                                 {"Muster-Require", "gpu, region=eu-1"},
                                 {"Muster-Prefer", "zone=b"},
                                 {"Muster-Resources", "cpu=0.5,memory=4GiB"},
                                 {"Muster-Affinity", "kund\xc3\xa9"},
                                 {"Muster-Tenant", "acme"},
                                 {"Muster-Pool", "batch"},
                                 {"Muster-Timeout", "30s"},
                                 {"Muster-Deadline", "+10m"},
                                 {"Muster-Not-Before", "2026-03-02T12:00:00Z"},
                                 {"Muster-Retry", "fixed; base=1s; max=60s; attempts=5"},
                                 {"Muster-Depends-On", "a, b"},
                                 {"Muster-On-Dependency-Failure", "release"},
                                 {"Muster-Result", "discard"},
                                 {"Muster-Result-TTL", "1h"},
                                 {"Muster-Reply-To", "_INBOX.x.y"},
                                 {"Content-Type", "text/plain"},
                                 {"Muster-Labels", "a=1, b=x=y"},
                                 {"Muster-Label-Team", "blue"},
                                 {"traceparent", kTrace},
                                 {"tracestate", "v=1"},
                                 {"X-Other", "\xff"}});
  v1::Task wanted;
  wanted.set_id("t1");
  wanted.set_queue("mail");
  wanted.set_priority(v1::PRIORITY_HIGH);
  wanted.set_type("image.resize");
  wanted.set_payload("payload");
  wanted.set_content_type("text/plain");
  wanted.set_require("gpu, region=eu-1");
  wanted.set_prefer("zone=b");
  (*wanted.mutable_resources())["cpu"] = 500;
  (*wanted.mutable_resources())["memory"] = std::int64_t{4} << 30;
  wanted.set_affinity("kund\xc3\xa9");
  wanted.set_tenant("acme");
  wanted.set_pool("batch");
  wanted.set_timeout_ms(30'000);
  wanted.set_deadline_ms(kStoredMs + 600'000);
  wanted.set_not_before_ms(kStoredMs + 86'400'000);
  wanted.mutable_retry()->set_strategy(v1::RETRY_STRATEGY_FIXED);
  wanted.mutable_retry()->set_base_delay_ms(1000);
  wanted.mutable_retry()->set_max_delay_ms(60'000);
  wanted.mutable_retry()->set_max_attempts(5);
  wanted.add_depends_on("a");
  wanted.add_depends_on("b");
  wanted.set_on_dependency_failure(v1::DEPENDENCY_FAILURE_RELEASE);
  wanted.set_result(v1::RESULT_POLICY_DISCARD);
  wanted.set_result_ttl_ms(3'600'000);
  wanted.set_reply_to("_INBOX.x.y");
  (*wanted.mutable_labels())["a"] = "1";
  (*wanted.mutable_labels())["b"] = "x=y";
  (*wanted.mutable_labels())["Team"] = "blue";
  wanted.set_traceparent(kTrace);
  wanted.set_tracestate("v=1");
  CHECK(task.DebugString() == wanted.DebugString());

  SECTION("and the encoded message means the same") {
    const Result<EncodedTask> encoded = EncodeTask(wanted, "");
    REQUIRE(encoded.ok());
    CHECK(encoded->subject == "muster.tasks.high.mail");
    CHECK(FindHeader(encoded->headers, kMsgIdHeader) == "t1");
    CHECK(Decoded(encoded->headers, encoded->data).DebugString() == task.DebugString());
  }
}

struct BadHeaderCase {
  const char* name;
  const char* value;
  const char* says;  // part of the message
};

TEST_CASE("headers: a bad value is refused under the header's name") {
  const BadHeaderCase cases[] = {{"Muster-Id", "a b", "the id"},
                                 {"Muster-Id", "a.b", "the id"},
                                 {"Muster-Type", "a b", "is not 1 to 64"},
                                 {"Muster-Require", "gpu,,x", "at 5"},
                                 {"Muster-Require", "gpu,!gpu", "contradiction"},
                                 {"Muster-Prefer", "(a", "at 3"},
                                 {"Muster-Resources", "cpu", "no resource"},
                                 {"Muster-Resources", "gpus=-1", "negative"},
                                 {"Muster-Resources", "vram=2000TB", "1PiB"},
                                 {"Muster-Affinity", "\xff", "UTF-8"},
                                 {"Muster-Affinity", "a\nb", "control"},
                                 {"Muster-Tenant", "a,b", "is not 1 to 64"},
                                 {"Muster-Pool", "a b", "is not 1 to 64"},
                                 {"Muster-Timeout", "30", "unit"},
                                 {"Muster-Timeout", "-30s", "negative"},
                                 {"Muster-Timeout", "10us", "millisecond"},
                                 {"Muster-Timeout", "9999d", "ten years"},
                                 {"Muster-Deadline", "soon", "is not a time"},
                                 {"Muster-Not-Before", "1772366400000", "9999"},
                                 {"Muster-Max-Attempts", "0", "from 1 to 1000"},
                                 {"Muster-Max-Attempts", "1001", "from 1 to 1000"},
                                 {"Muster-Max-Attempts", "-1", "from 1 to 1000"},
                                 {"Muster-Max-Attempts", "5x", "from 1 to 1000"},
                                 {"Muster-Retry", "exponental", "did you mean exponential?"},
                                 {"Muster-Retry", "fixed; bse=1s", "did you mean base?"},
                                 {"Muster-Retry", "fixed; base=1", "unit"},
                                 {"Muster-Retry", "fixed; base=2m; max=1m", "longer than"},
                                 {"Muster-Retry", "fixed; attempts=0", "from 1 to 1000"},
                                 {"Muster-Retry", "base=1s; fixed", "write exponential"},
                                 {"Muster-Depends-On", "a,,b", "empty"},
                                 {"Muster-Depends-On", "a,a", "twice"},
                                 {"Muster-Depends-On", "a b", "the id"},
                                 {"Muster-On-Dependency-Failure", "ignore", "fail or release"},
                                 {"Muster-Result", "keep", "store or discard"},
                                 {"Muster-Result-TTL", "1", "unit"},
                                 {"Muster-Reply-To", "a.*", "wildcard"},
                                 {"Muster-Reply-To", "a..b", "empty"},
                                 {"Muster-Reply-To", "a b", "printable"},
                                 {"Muster-Reply-To", "$JS.API.STREAM.DELETE.X", "system"},
                                 {"Muster-Reply-To", "muster.control._all", "system"},
                                 {"Muster-Content-Type", "\xc3\xbc", "ASCII"},
                                 {"Content-Type", "\x01", "ASCII"},
                                 {"Muster-Labels", "a", "name=value"},
                                 {"Muster-Labels", "a=1,a=2", "twice"},
                                 {"Muster-Label-", "x", "empty"},
                                 {"Muster-Label-a b", "x", "is not 1 to 64"},
                                 {"Muster-Timout", "30s", "did you mean Muster-Timeout?"},
                                 {"Muster-Whatever-Else", "x", "unknown header"},
                                 {"Muster-", "x", "unknown header"},
                                 {"Muster-Type", "", "empty"}};
  for (const BadHeaderCase& bad : cases) {
    INFO(bad.name << ": " << bad.value);
    const Result<v1::Task> task = Decode({{bad.name, bad.value}});
    REQUIRE_FALSE(task.ok());
    CHECK(task.status().code() == ErrorCode::kBadHeader);
    INFO(task.status().ToString());
    CHECK(task.status().message().find(bad.says) != std::string::npos);
    const bool quoted = std::string_view(bad.name).find(' ') != std::string_view::npos;
    if (!quoted) CHECK(task.status().where().find("Content-Type") == std::string(bad.name).find("Content-Type"));
    CHECK_FALSE(task.status().where().empty());
  }
}

TEST_CASE("headers: given twice is refused; two that contradict each other too") {
  CHECK(Decode({{"Muster-Type", "a"}, {"muster-type", "a"}}).status().where() == "Muster-Type");
  CHECK_FALSE(Decode({{"Muster-Retry", "attempts=3"}, {"Muster-Max-Attempts", "4"}}).ok());
  CHECK(Decode({{"Muster-Retry", "attempts=3"}, {"Muster-Max-Attempts", "3"}}).ok());
  CHECK_FALSE(Decode({{"Muster-Labels", "a=1"}, {"Muster-Label-a", "2"}}).ok());
}

TEST_CASE("trace context: a broken one is dropped, never the task") {
  CHECK(Decoded({{"traceparent", "nonsense"}, {"tracestate", "v=1"}}).traceparent().empty());
  CHECK(Decoded({{"traceparent", "nonsense"}, {"tracestate", "v=1"}}).tracestate().empty());
  CHECK(Decoded({{"traceparent", "\xff"}}).traceparent().empty());
  CHECK(Decoded({{"Traceparent", kTrace}}).traceparent() == kTrace);
}

TEST_CASE("content type: the payload's own is told from that of the message") {
  v1::Task inside;
  inside.set_payload("p");
  const Headers headers = {{"content-type", "Application/X-Muster-Task; v=1"}, {"Muster-Content-Type", "image/png"}};
  const v1::Task task = Decoded(headers, inside.SerializeAsString());
  CHECK(task.payload() == "p");
  CHECK(task.content_type() == "image/png");
  CHECK(Decoded({{"Content-Type", "text/a"}, {"Muster-Content-Type", "text/b"}}).content_type() == "text/b");
}

TEST_CASE("both forms: a field of the message wins over its header, labels are joined") {
  v1::Task inside;
  inside.set_payload("p");
  inside.set_type("from-message");
  inside.add_depends_on("m");
  (*inside.mutable_resources())["cpu"] = 1;
  (*inside.mutable_labels())["a"] = "message";
  inside.mutable_retry()->set_max_attempts(2);
  const v1::Task task = Decoded({{"Content-Type", std::string(kTaskContentType)},
                                 {"Muster-Type", "from-header"},
                                 {"Muster-Tenant", "acme"},
                                 {"Muster-Depends-On", "h"},
                                 {"Muster-Resources", "gpus=1"},
                                 {"Muster-Labels", "a=header,b=header"},
                                 {"Muster-Retry", "fixed; attempts=9"}},
                                inside.SerializeAsString());
  CHECK(task.payload() == "p");
  CHECK(task.type() == "from-message");
  CHECK(task.tenant() == "acme");
  REQUIRE(task.depends_on_size() == 1);
  CHECK(task.depends_on(0) == "m");
  CHECK(task.resources_size() == 1);
  CHECK(task.labels().at("a") == "message");
  CHECK(task.labels().at("b") == "header");
  CHECK(task.retry().max_attempts() == 2);
  CHECK(task.retry().strategy() == v1::RETRY_STRATEGY_FIXED);
}

TEST_CASE("subject: a message that contradicts it is refused") {
  const Headers headers = {{"Content-Type", std::string(kTaskContentType)}};
  v1::Task inside;
  inside.set_queue("other");
  CHECK(Decode(headers, inside.SerializeAsString()).status().code() == ErrorCode::kBadQueue);
  inside.set_queue("mail");
  inside.set_priority(v1::PRIORITY_LOW);
  CHECK(Decode(headers, inside.SerializeAsString()).status().where() == "priority");
  inside.set_priority(v1::PRIORITY_HIGH);
  CHECK(Decode(headers, inside.SerializeAsString()).ok());
  CHECK(Decode({}, "x", "muster.tasks.urgent.mail").status().code() == ErrorCode::kBadQueue);
}

}  // namespace
}  // namespace muster
