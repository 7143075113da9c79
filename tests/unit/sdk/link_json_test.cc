#include "worker_sdk/nats/json.h"

#include "tests/support/catch.h"
#include "worker_sdk/nats/json_value.h"

namespace muster::link {
namespace {

TEST_CASE("link: a receipt tells the stream, the sequence and whether it was stored before") {
  auto receipt = ParseReceipt(R"({"stream":"MUSTER_TASKS_HIGH", "seq":42,"duplicate": true})", "s");
  REQUIRE(receipt.ok());
  CHECK(receipt->stream == "MUSTER_TASKS_HIGH");
  CHECK(receipt->sequence == 42);
  CHECK(receipt->duplicate);
  receipt = ParseReceipt(R"({"stream":"S","seq":7})", "s");
  REQUIRE(receipt.ok());
  CHECK_FALSE(receipt->duplicate);
}

TEST_CASE("link: a full stream is told as a full queue, other refusals by what they are") {
  const auto full = ParseReceipt(
      R"({"error":{"code":503,"err_code":10077,"description":"maximum messages exceeded"},"stream":"S","seq":0})",
      "muster.tasks.normal.mail");
  CHECK(full.status().code() == ErrorCode::kQueueFull);
  CHECK(full.status().message() == "the queue is full, try again later: maximum messages exceeded (10077)");
  CHECK(full.status().where() == "muster.tasks.normal.mail");
  const auto code = [](const char* json) { return ParseReceipt(json, "s").status().code(); };
  CHECK(code(R"({"error":{"code":400,"err_code":10054,"description":"message size exceeds maximum allowed"}})") ==
        ErrorCode::kTooLarge);
  CHECK(code(R"({"error":{"code":503,"err_code":10008,"description":"JetStream system temporarily unavailable"}})") ==
        ErrorCode::kUnavailable);
  CHECK(code(R"({"error":{"code":400,"err_code":1,"description":"?"}})") == ErrorCode::kInternal);
}

TEST_CASE("link: what is no receipt is not taken for one") {
  for (const char* text : {"", "{}", "+ACK", "{\"seq\":\"x\"}", "{\"seq\":0}", "{\"error\":", "\xFF\xFE"}) {
    INFO(text);
    CHECK(ParseReceipt(text, "s").status().code() == ErrorCode::kInternal);
  }
}

TEST_CASE("link: a stored message comes back with its headers and bytes") {
  // data "hi\0!", hdrs "NATS/1.0\r\nNats-Msg-Id: t1\r\nMuster-Type:send\r\n\r\n"
  const auto message = ParseStreamMessage(
      R"({"type":"x","message":{"subject":"muster.results.t1","seq":9,"data":"aGkAIQ==",)"
      R"("hdrs":"TkFUUy8xLjANCk5hdHMtTXNnLUlkOiB0MQ0KTXVzdGVyLVR5cGU6c2VuZA0KDQo=","time":"2026-03-01T12:00:00.25Z"}})",
      "S");
  REQUIRE(message.ok());
  CHECK(message->subject == "muster.results.t1");
  CHECK(message->sequence == 9);
  CHECK(message->data == std::string("hi\0!", 4));
  CHECK(message->headers == Headers{{"Nats-Msg-Id", "t1"}, {"Muster-Type", "send"}});
  CHECK(message->stored_ms == 1772366400250);
}

TEST_CASE("link: no message and no stream are told apart") {
  const auto message =
      ParseStreamMessage(R"({"error":{"code":404,"err_code":10037,"description":"no message found"}})", "S").status();
  CHECK(message.code() == ErrorCode::kNotFound);
  CHECK(message.where() == "message");
  const auto stream =
      ParseStreamStatus(R"({"error":{"code":404,"err_code":10059,"description":"stream not found"}})", "S").status();
  CHECK(stream.code() == ErrorCode::kNotFound);
  CHECK(stream.where() == "stream");
  const auto off =
      ParseStreamStatus(R"({"error":{"code":503,"err_code":10076,"description":"JetStream not enabled"}})", "S")
          .status();
  CHECK(off.code() == ErrorCode::kUnavailable);
}

TEST_CASE("link: the JSON reader takes what is JSON, and nothing else") {
  const auto value = JsonValue::Parse(
      R"( {"a":"x\u003cy\n","n":-3,"m":18446744073709551615,"t":true,"f":false,"z":null,"l":[1,[],{}],"o":{"b":"c"}} )");
  REQUIRE(value);
  CHECK(value->Text("a") == "x<y\n");
  CHECK(value->Number("n") == 0);
  CHECK(value->Number("m") == 18446744073709551615ULL);
  CHECK(value->True("t"));
  CHECK_FALSE(value->True("f"));
  CHECK(value->Find("o")->Text("b") == "c");
  CHECK(value->Find("absent") == nullptr);
  for (const char* text : {"", "{", "{\"a\"}", "{\"a\":}", "[1,]", "\"open", "\"\\u00\"", "nul", "{} {}", "\xFF"}) {
    INFO(text);
    CHECK_FALSE(JsonValue::Parse(text));
  }
  CHECK_FALSE(JsonValue::Parse(std::string(100000, '[')));
}

TEST_CASE("link: text is quoted for JSON") {
  CHECK(Quote("a\"b\\c\n") == "\"a\\\"b\\\\c\\u000a\"");
}

}  // namespace
}  // namespace muster::link
