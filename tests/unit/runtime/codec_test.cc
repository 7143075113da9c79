#include "dispatcher/runtime/codec.h"

#include <limits>

#include "dispatcher/runtime/perform.h"
#include "schemas/limits.h"
#include "schemas/subjects.h"
#include "tests/support/catch.h"

namespace muster::runtime {
namespace {

using engine::FromUnixMillis;

const engine::Time kNow = FromUnixMillis(1800000000000);

StoredMessage Plain(std::string subject, std::string data) {
  StoredMessage message;
  message.subject = std::move(subject);
  message.data = std::move(data);
  message.ack = "$JS.ACK.x";
  message.stream = "MUSTER_TASKS_NORMAL";
  message.sequence = 7;
  message.stored_ns = engine::UnixMicros(kNow) * 1000;
  return message;
}

template <typename Message>
CoreMessage Core(std::string subject, const Message& message) {
  return CoreMessage{std::move(subject), "", message.SerializeAsString()};
}

v1::Hello GoodHello() {
  v1::Hello hello;
  hello.set_worker("w1");
  hello.set_incarnation(5);
  hello.set_protocol(1);
  hello.set_slots(4);
  return hello;
}

// The one event of a message.
engine::Event OneEvent(const CoreMessage& message) {
  WorkerDecoder decoder;
  std::vector<engine::Event> events;
  decoder.Decode(message, &events);
  REQUIRE(events.size() == 1);
  return events.front();
}

bool IsBad(const engine::Event& event) {
  return std::holds_alternative<engine::BadWorkerMessage>(event);
}

TEST_CASE("task decoder: a plain payload becomes a task with the defaults filled in") {
  engine::EngineOptions options;
  options.retry.max_attempts = 7;
  options.timeout = std::chrono::seconds(9);
  TaskDecoder decoder(options);
  StoredMessage message = Plain("muster.tasks.high.mail", "hello");
  message.headers = {{"Muster-Id", "a1"}, {"Muster-Require", "gpu"}};
  const engine::Event event = decoder.Decode(message, kNow);
  const auto* arrived = std::get_if<engine::TaskArrived>(&event);
  REQUIRE(arrived != nullptr);
  CHECK(arrived->spec->name == "a1");
  CHECK(arrived->spec->queue == "mail");
  CHECK(arrived->spec->priority == Priority::kHigh);
  CHECK(arrived->spec->retry.max_attempts == 7);
  CHECK(arrived->spec->timeout == std::chrono::seconds(9));
  CHECK(arrived->spec->require.Print() == "gpu");
  CHECK(arrived->source.ack == "$JS.ACK.x");
  CHECK(arrived->source.sequence == 7);
  CHECK(arrived->source.stored == kNow);
  v1::Task body;
  REQUIRE(body.ParseFromString(arrived->spec->body));
  CHECK(body.payload() == "hello");
}

TEST_CASE("task decoder: what is no task becomes a dead letter that keeps the bytes and says why") {
  TaskDecoder decoder{engine::EngineOptions()};
  StoredMessage message = Plain("muster.tasks.high.mail", "\xff\xfe payload");
  message.headers = {{"Muster-Timeout", "soon"}, {"X", "bad \xff bytes"}};
  const engine::Event event = decoder.Decode(message, kNow);
  const auto* bad = std::get_if<engine::TaskUndecodable>(&event);
  REQUIRE(bad != nullptr);
  CHECK(bad->letter->raw == "\xff\xfe payload");
  CHECK(bad->letter->queue == "mail");
  CHECK(bad->letter->id == "MUSTER_TASKS_NORMAL-7-1800000000000");
  CHECK(bad->letter->error.code() == ErrorCode::kBadHeader);
  CHECK(bad->letter->error.where() == "Muster-Timeout");
  CHECK(bad->source.ack == "$JS.ACK.x");
  // The letter itself can be read by anybody, whatever bytes the headers held.
  std::string bytes;
  AppendDeadLetter(*bad->letter, &bytes);
  v1::DeadLetter letter;
  REQUIRE(letter.ParseFromString(bytes));
  CHECK(letter.raw() == "\xff\xfe payload");
  CHECK(letter.headers().at("X") == "bad ? bytes");
}

TEST_CASE("task decoder: a message whose headers cannot be read does not run without them") {
  TaskDecoder decoder{engine::EngineOptions()};
  StoredMessage message = Plain("muster.tasks.high.mail", "x");
  message.headers_damaged = true;
  const engine::Event event = decoder.Decode(message, kNow);
  const auto* bad = std::get_if<engine::TaskUndecodable>(&event);
  REQUIRE(bad != nullptr);
  CHECK(bad->letter->error.code() == ErrorCode::kBadHeader);
  CHECK(bad->letter->raw == "x");
}

TEST_CASE("task decoder: an unknown priority goes to the queue of the undecodable") {
  TaskDecoder decoder{engine::EngineOptions()};
  const engine::Event event = decoder.Decode(Plain("muster.tasks.urgent.mail", "x"), kNow);
  const auto* bad = std::get_if<engine::TaskUndecodable>(&event);
  REQUIRE(bad != nullptr);
  CHECK(bad->letter->queue == subjects::kUndecodableQueue);
  CHECK(bad->letter->error.code() == ErrorCode::kBadQueue);
}

TEST_CASE("task decoder: the first stored time is believed within its bounds only") {
  TaskDecoder decoder{engine::EngineOptions()};
  v1::Task task;
  task.set_id("a1");
  const auto stored = [&](const std::string& text) {
    StoredMessage message = Plain("muster.tasks.normal.mail", task.SerializeAsString());
    message.headers = {{std::string(kStoredAtHeader), text},
                       {std::string(kContentTypeHeader), std::string(kTaskContentType)}};
    const engine::Event event = decoder.Decode(std::move(message), kNow);
    return std::get<engine::TaskArrived>(event).source.stored;
  };
  const engine::Time hour_ago = kNow - std::chrono::hours(1);
  CHECK(stored(std::to_string(engine::UnixMicros(hour_ago))) == hour_ago);
  CHECK(stored(std::to_string(engine::UnixMicros(kNow - std::chrono::hours(24 * 40)))) == kNow);
  CHECK(stored(std::to_string(engine::UnixMicros(kNow + std::chrono::hours(1)))) == kNow);
  CHECK(stored("yesterday") == kNow);
  // In the plain form it is a header that does not exist.
  StoredMessage plain = Plain("muster.tasks.normal.mail", "x");
  plain.headers = {{std::string(kStoredAtHeader), "5"}};
  const engine::Event refused = decoder.Decode(std::move(plain), kNow);
  CHECK(std::holds_alternative<engine::TaskUndecodable>(refused));
}

TEST_CASE("worker decoder: a good hello says what the worker offers") {
  v1::Hello hello = GoodHello();
  hello.add_capabilities("gpu");
  (*hello.mutable_labels())["zone"] = "a";
  (*hello.mutable_resources())["memory"] = 1024;
  hello.add_queues("mail");
  hello.add_types("image.resize");
  v1::TaskRef* ref = hello.add_holding();
  ref->set_task_id("t1");
  ref->set_attempt(2);
  ref->set_epoch(3);
  const engine::Event event = OneEvent(Core("muster.worker.hello.w1", hello));
  const auto* good = std::get_if<engine::WorkerHello>(&event);
  REQUIRE(good != nullptr);
  CHECK(good->info.name == "w1");
  CHECK(good->info.slots == 4);
  CHECK(good->info.speed_milli == 1000);
  CHECK(good->info.beat == std::chrono::milliseconds(500));
  CHECK(good->info.capabilities.count("gpu") == 1);
  CHECK(good->info.resources.at("memory") == 1024);
  CHECK(good->info.types == std::vector<std::string>{"image.resize"});
  CHECK(good->whole);
  REQUIRE(good->holding.size() == 1);
  CHECK(good->holding[0].id == engine::TaskIdOf("t1"));
  CHECK(good->holding[0].attempt == 2);
  CHECK(good->holding[0].epoch == 3);
}

TEST_CASE("worker decoder: a hello beyond a bound is refused and the worker is told") {
  WorkerDecoder decoder;
  const auto refused = [&](const std::function<void(v1::Hello*)>& spoil) {
    v1::Hello hello = GoodHello();
    spoil(&hello);
    std::vector<engine::Event> events;
    const auto refusal = decoder.Decode(Core("muster.worker.hello.w1", hello), &events);
    REQUIRE(events.size() == 1);
    CHECK(IsBad(events[0]));
    return refusal.has_value() && refusal->worker == "w1" && refusal->incarnation == 5;
  };
  CHECK(refused([](v1::Hello* h) { h->set_protocol(2); }));
  CHECK(refused([](v1::Hello* h) { h->set_slots(0); }));
  CHECK(refused([](v1::Hello* h) { h->set_slots(limits::kSlotsMax + 1); }));
  CHECK(refused([](v1::Hello* h) { h->set_beat_ms(1); }));
  CHECK(refused([](v1::Hello* h) { (*h->mutable_resources())["cpu"] = -1; }));
  CHECK(refused([](v1::Hello* h) { (*h->mutable_labels())["a"] = std::string(limits::kTextBytesMax + 1, 'x'); }));
  CHECK(refused([](v1::Hello* h) { h->add_queues("a.b"); }));
  CHECK(refused([](v1::Hello* h) { h->add_holding(); }));
  CHECK(refused([](v1::Hello* h) {
    h->set_holding_parts(2);
    h->set_holding_part(2);
  }));
  CHECK(refused([](v1::Hello* h) {
    for (std::size_t i = 0; i <= limits::kCapabilitiesMax; ++i) h->add_capabilities("c" + std::to_string(i));
  }));
}

TEST_CASE("worker decoder: nobody speaks in another worker's name") {
  CHECK(IsBad(OneEvent(Core("muster.worker.hello.w2", GoodHello()))));
  v1::Reports reports;
  reports.set_worker("w1");
  reports.set_incarnation(5);
  CHECK(IsBad(OneEvent(Core("muster.report.w2", reports))));
  v1::Bye bye;
  bye.set_worker("w1");
  bye.set_incarnation(5);
  CHECK(IsBad(OneEvent(Core("muster.worker.bye.w2", bye))));
}

TEST_CASE("worker decoder: garbage on every subject is counted, never fatal") {
  for (const char* subject :
       {"muster.worker.hello.w1", "muster.worker.beat.w1", "muster.worker.bye.w1", "muster.worker.inventory.w1",
        "muster.worker.dance.w1", "muster.report.w1", "muster.worker", "muster.report.", ""}) {
    for (const std::string& data : {std::string("\xff\xff\xff"), std::string(), std::string(1000, '\0')}) {
      CHECK(IsBad(OneEvent(CoreMessage{subject, "", data})));
    }
  }
}

TEST_CASE("worker decoder: gauges that are no finite numbers are refused") {
  for (const double value : {std::numeric_limits<double>::infinity(), std::numeric_limits<double>::quiet_NaN()}) {
    v1::Beat beat;
    beat.set_worker("w1");
    beat.set_incarnation(5);
    (*beat.mutable_gauges())["load"] = value;
    CHECK(IsBad(OneEvent(Core("muster.worker.beat.w1", beat))));
  }
}

TEST_CASE("worker decoder: one bad report does not spoil its neighbours") {
  v1::Reports reports;
  reports.set_worker("w1");
  reports.set_incarnation(5);
  for (const char* id : {"t1", "not a token", "t3"}) {
    v1::Report* report = reports.add_reports();
    report->mutable_ref()->set_task_id(id);
    report->mutable_ref()->set_attempt(1);
    report->mutable_succeeded()->set_result("r");
  }
  WorkerDecoder decoder;
  std::vector<engine::Event> events;
  decoder.Decode(Core("muster.report.w1", reports), &events);
  REQUIRE(events.size() == 3);
  CHECK(std::get<engine::WorkerReport>(events[0]).result == "r");
  CHECK(IsBad(events[1]));
  CHECK(std::get<engine::WorkerReport>(events[2]).attempt.name == "t3");
}

TEST_CASE(
    "worker decoder: a result over the limit fails the attempt for good, free text is cut, odd codes are retried") {
  v1::Reports reports;
  reports.set_worker("w1");
  reports.set_incarnation(5);
  v1::Report* big = reports.add_reports();
  big->mutable_ref()->set_task_id("t1");
  big->mutable_ref()->set_attempt(1);
  big->mutable_succeeded()->set_result(std::string(limits::kResultBytesMax + 1, 'x'));
  v1::Report* failed = reports.add_reports();
  failed->mutable_ref()->set_task_id("t2");
  failed->mutable_ref()->set_attempt(1);
  failed->mutable_failed()->mutable_error()->set_code(v1::ERROR_CODE_WORKER_LOST);
  failed->mutable_failed()->mutable_error()->set_message(std::string(5000, 'y'));
  WorkerDecoder decoder;
  std::vector<engine::Event> events;
  decoder.Decode(Core("muster.report.w1", reports), &events);
  REQUIRE(events.size() == 2);
  const auto& first = std::get<engine::WorkerReport>(events[0]);
  CHECK(first.what == engine::WorkerReport::What::kFailed);
  CHECK(first.error.code() == ErrorCode::kPermanent);
  const auto& second = std::get<engine::WorkerReport>(events[1]);
  CHECK(second.error.code() == ErrorCode::kRetryable);
  CHECK(second.error.message().size() == limits::kTextBytesMax);
}

TEST_CASE("clean text: whatever goes in, valid UTF-8 of the bounded length comes out") {
  CHECK(CleanText("plain", 100) == "plain");
  CHECK(CleanText("gr\xc3\xbc\xc3\x9f", 100) == "gr\xc3\xbc\xc3\x9f");
  CHECK(CleanText("gr\xc3\xbc\xc3\x9f", 5) == "gr\xc3\xbc");  // never half a character
  CHECK(CleanText("a\xff\xc3", 100) == "a??");
  CHECK(CleanText("\xc0\x80", 100) == "??");            // over-long
  CHECK(CleanText("\xed\xa0\x80", 100) == "???");       // a surrogate
  CHECK(CleanText("\xf4\x90\x80\x80", 100) == "????");  // beyond the last character
  CHECK(CleanText("\xf0\x9f\x98\x80", 100) == "\xf0\x9f\x98\x80");
}

TEST_CASE("codec: an assignment written by hand is what protobuf would have written") {
  v1::Task task;
  task.set_id("t1");
  task.set_payload("some bytes");
  auto spec = std::make_shared<engine::TaskSpec>();
  spec->name = "t1";
  spec->body = task.SerializeAsString();
  spec->timeout = std::chrono::seconds(30);
  spec->retry.max_attempts = 3;
  const engine::Assign assign{"w1", 5, spec, 2, 9, 77, 1};
  std::string bytes;
  AppendAssignmentsHead(9, 5, &bytes);
  AppendAssignment(assign, &bytes);

  v1::Assignments expected;
  expected.set_epoch(9);
  expected.set_incarnation(5);
  v1::Assignment* one = expected.add_assignments();
  one->mutable_ref()->set_task_id("t1");
  one->mutable_ref()->set_attempt(2);
  one->mutable_ref()->set_epoch(9);
  one->set_fencing(77);
  *one->mutable_task() = task;
  one->set_timeout_ms(30000);
  one->set_max_attempts(3);
  one->set_failures(1);
  CHECK(bytes == expected.SerializeAsString());
}

TEST_CASE("codec: settled refs written by hand are what protobuf would have written") {
  std::string refs;
  AppendSettledRef({engine::TaskIdOf("t1"), "t1", 1, 9}, &refs);
  AppendSettledRef({engine::TaskIdOf("t2"), "t2", 300, 9}, &refs);
  std::string bytes;
  AppendControlHead(9, 5, &bytes);
  AppendSettledCommand(refs, &bytes);
  v1::Control control;
  REQUIRE(control.ParseFromString(bytes));
  REQUIRE(control.commands_size() == 1);
  REQUIRE(control.commands(0).settled().refs_size() == 2);
  CHECK(control.commands(0).settled().refs(1).task_id() == "t2");
  CHECK(control.commands(0).settled().refs(1).attempt() == 300);
  CHECK(control.SerializeAsString() == bytes);
}

TEST_CASE("codec: a result cannot be sent in the system's name") {
  CHECK(MayReplyTo("_INBOX.abc.1"));
  CHECK(MayReplyTo("my.replies"));
  for (const char* subject :
       {"", "$JS.API.STREAM.DELETE.X", "muster.control._all", "a.*", "a.>", "a b", "a.", ".a", "a\r\nPUB"}) {
    CHECK_FALSE(MayReplyTo(subject));
  }
}

}  // namespace
}  // namespace muster::runtime
