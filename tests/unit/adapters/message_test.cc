#include "dispatcher/adapters/nats/message.h"

#include "dispatcher/adapters/nats/consumers.h"
#include "dispatcher/adapters/nats/server_info.h"
#include "dispatcher/adapters/nats/stored.h"
#include "schemas/subjects.h"
#include "tests/support/catch.h"

namespace muster::adapters::nats {
namespace {

TEST_CASE("nats message: both forms of an acknowledgement subject are read") {
  runtime::StoredMessage message;
  REQUIRE(ParseAckSubject("$JS.ACK.MUSTER_TASKS_HIGH.q-mail-e3.1.42.7.1700000000000000001.5", &message));
  CHECK(message.stream == "MUSTER_TASKS_HIGH");
  CHECK(message.sequence == 42);
  CHECK(message.stored_ns == 1700000000000000001);
  REQUIRE(ParseAckSubject("$JS.ACK.hub.acc.MUSTER_TASKS_LOW.q-mail-e3.1.43.7.1700000000000000002.5.rnd", &message));
  CHECK(message.stream == "MUSTER_TASKS_LOW");
  CHECK(message.sequence == 43);
  CHECK(message.stored_ns == 1700000000000000002);
  CHECK_FALSE(ParseAckSubject("$JS.ACK.a.b", &message));
  CHECK_FALSE(ParseAckSubject("_INBOX.x", &message));
  CHECK_FALSE(ParseAckSubject("$JS.ACK.s.c.1.x.7.9.5", &message));
}

TEST_CASE("nats message: the server's time is read to the nanosecond") {
  CHECK(ParseServerTime("1970-01-01T00:00:01Z") == 1000000000);
  CHECK(ParseServerTime("2026-03-01T12:00:00.123456789Z") == 1772366400123456789);
  CHECK(ParseServerTime("2026-03-01T12:00:00.5Z") == 1772366400500000000);
  CHECK(ParseServerTime("yesterday") == 0);
  CHECK(ParseServerTime("") == 0);
}

TEST_CASE("nats message: acknowledgements of stored messages are read, errors with their words") {
  CHECK(ParsePubAck(R"({"stream":"MUSTER_RESULTS","seq":17})").sequence == 17);
  CHECK(ParsePubAck(R"({"stream":"MUSTER_RESULTS", "seq": 17,"duplicate":true})").error.empty());
  CHECK(ParsePubAck(R"({"error":{"code":503,"err_code":10077,"description":"maximum messages exceeded"},"seq":0})")
            .error == "maximum messages exceeded");
  CHECK_FALSE(ParsePubAck("").error.empty());
  CHECK_FALSE(ParsePubAck("{\"seq\":").error.empty());
}

TEST_CASE("nats server: versions below 2.10 are too old, 2.10 is acceptable, newer are recommended") {
  const auto age = [](const char* version) {
    const auto info =
        ParseServerInfo(std::string(R"(INFO {"server_name":"n1","jetstream":true,"version":")") + version + "\"}");
    REQUIRE(info.ok());
    CHECK(info->name == "n1");
    CHECK(info->jetstream);
    return AgeOf(*info);
  };
  CHECK(age("2.9.10") == ServerAge::kTooOld);
  CHECK(age("1.4.1") == ServerAge::kTooOld);
  CHECK(age("2.10.27") == ServerAge::kAcceptable);
  CHECK(age("2.14.9") == ServerAge::kRecommended);
  CHECK(age("3.0.0-beta") == ServerAge::kRecommended);
  CHECK(age("devel") == ServerAge::kUnknown);
  CHECK_FALSE(ParseServerInfo("HTTP/1.1 400 Bad Request").ok());
  CHECK_FALSE(ParseServerInfo("INFO {").ok());
}

TEST_CASE("nats consumer: a proper queue names its consumer, another subject does by a hash, both with the epoch") {
  CHECK(ConsumerName("muster.tasks.high.mail", 7) == subjects::TaskConsumer("mail", 7));
  const std::string odd = ConsumerName("muster.tasks.high.a.b", 7);
  CHECK(odd != ConsumerName("muster.tasks.high.a.c", 7));
  CHECK(odd.find_first_of(".*> /\\") == std::string::npos);
  CHECK(subjects::ParseConsumerEpoch(odd) == 7);
}

}  // namespace
}  // namespace muster::adapters::nats
