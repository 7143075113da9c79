#include "schemas/text.h"

#include <array>
#include <random>

#include "schemas/charset.h"
#include "schemas/limits.h"
#include "tests/support/catch.h"

namespace muster {
namespace {

using std::chrono::microseconds;

std::int64_t Us(std::string_view text) {
  const Result<microseconds> duration = ParseDuration(text);
  INFO(text);
  REQUIRE(duration.status().ToString() == "ok");
  return duration->count();
}

TEST_CASE("durations: each unit and their sums mean what they say") {
  CHECK(Us("0") == 0);
  CHECK(Us("0s") == 0);
  CHECK(Us("7us") == 7);
  CHECK(Us("250ms") == 250'000);
  CHECK(Us("30s") == 30'000'000);
  CHECK(Us("5m") == 300'000'000);
  CHECK(Us("1h30m") == 5'400'000'000);
  CHECK(Us("7d") == Us("1w"));
  CHECK(Us("1.5s") == 1'500'000);
  CHECK(Us("0.25ms") == 250);
}

TEST_CASE("durations: what is not one is refused, with the text and the right form") {
  for (std::string_view text : {"", "30", "-5s", "s", "5 s", "1.s", ".5s", "5sec", "30m1h", "1s1s", "0.0001ms", "1e3s",
                                "99999999999999999999s", "4000d", "5S", "1h-5m"}) {
    const Result<microseconds> duration = ParseDuration(text);
    INFO(text);
    REQUIRE_FALSE(duration.ok());
    CHECK(duration.status().code() == ErrorCode::kBadRequest);
    CHECK(duration.status().message().find(charset::Quote(text)) == 0);
    CHECK(duration.status().message().find("write 250ms") != std::string::npos);
  }
}

TEST_CASE("durations: the longest is ten years") {
  CHECK(ParseDuration("3650d").ok());
  CHECK_FALSE(ParseDuration("3650d1us").ok());
}

TEST_CASE("durations: printing is short and exact") {
  CHECK(PrintDuration(microseconds(0)) == "0");
  CHECK(PrintDuration(std::chrono::seconds(30)) == "30s");
  CHECK(PrintDuration(std::chrono::minutes(90)) == "1h30m");
  CHECK(PrintDuration(std::chrono::milliseconds(250)) == "250ms");
  CHECK(PrintDuration(std::chrono::milliseconds(1500)) == "1.5s");
  CHECK(PrintDuration(std::chrono::hours(7 * 24)) == "7d");
  CHECK(PrintDuration(microseconds(1001)) == "1.001ms");
  CHECK(PrintDuration(-std::chrono::seconds(30)) == "-30s");
  CHECK(PrintDuration(microseconds::min()).front() == '-');
}

TEST_CASE("durations: what is printed reads back as the same") {
  std::mt19937_64 random(1);
  for (int i = 0; i < 20000; ++i) {
    const int shift = static_cast<int>(random() % 48);
    const auto us = static_cast<std::int64_t>((random() >> 16) >> shift);
    CHECK(Us(PrintDuration(microseconds(us))) == us);
  }
}

TEST_CASE("timestamps: the three forms") {
  const auto ms = [](std::string_view text) {
    const Result<std::int64_t> time = ParseTimestampMs(text, 1000);
    INFO(text);
    REQUIRE(time.status().ToString() == "ok");
    return *time;
  };
  CHECK(ms("2026-03-01T12:00:00Z") == 1'772'366'400'000);
  CHECK(ms("1772366400") == 1'772'366'400'000);
  CHECK(ms("2026-03-01T13:30:00.125+01:30") == 1'772'366'400'125);
  CHECK(ms("2026-03-01t10:00:00.9999-02:00") == 1'772'366'400'999);
  CHECK(ms("2024-02-29T23:59:60Z") == ms("2024-03-01T00:00:00Z"));
  CHECK(ms("1970-01-01T00:00:00Z") == 0);
  CHECK(ms("+30s") == 31'000);
  CHECK(ms("+1us") == 1001);
}

TEST_CASE("timestamps: what is not one is refused") {
  for (std::string_view text :
       {"", "+", "+5", "+-5s", "-5", "tomorrow", "2026-02-29T00:00:00Z", "2026-13-01T00:00:00Z", "2026-03-01T24:00:00Z",
        "2026-03-01T12:00:00", "2026-03-01 12:00:00Z", "2026-03-01T12:00:00Zx", "2026-03-01T12:00:00.Z",
        "2026-03-01T12:00:00+1:00", "2026-03-01T12:00:00+24:00", "1969-12-31T23:59:59Z", "1772366400000",
        "99999999999999999999", "2026"}) {
    // The last is unix seconds, if odd ones.
    if (text == "2026") {
      CHECK(*ParseTimestampMs(text, 0) == 2'026'000);
      continue;
    }
    const Result<std::int64_t> time = ParseTimestampMs(text, 0);
    INFO(text);
    REQUIRE_FALSE(time.ok());
    CHECK(time.status().code() == ErrorCode::kBadRequest);
    CHECK(time.status().message().find(charset::Quote(text)) == 0);
  }
}

TEST_CASE("sizes: binary and decimal units, any case") {
  CHECK(*ParseSize("512") == 512);
  CHECK(*ParseSize("512B") == 512);
  CHECK(*ParseSize("4KiB") == 4096);
  CHECK(*ParseSize("1MB") == 1'000'000);
  CHECK(*ParseSize("24GiB") == std::int64_t{24} << 30);
  CHECK(*ParseSize("1.5gib") == std::int64_t{3} << 29);
  CHECK(*ParseSize("1PiB") == limits::kResourceAmountMax);
}

TEST_CASE("sizes: what is not one is refused") {
  for (std::string_view text :
       {"", "-1", "GiB", "4G", "4Gi", "1.5", "0.3B", "2PiB", "99999999999999999", "1..5MB", "1.MB", "4 GiB", "0x10"}) {
    INFO(text);
    REQUIRE_FALSE(ParseSize(text).ok());
    CHECK(ParseSize(text).status().code() == ErrorCode::kBadRequest);
  }
}

TEST_CASE("sizes: what is printed reads back as the same") {
  CHECK(PrintSize(4096) == "4KiB");
  CHECK(PrintSize(1'000'000) == "1MB");
  CHECK(PrintSize(513) == "513");
  std::mt19937_64 random(2);
  for (int i = 0; i < 20000; ++i) {
    const auto drawn = static_cast<std::int64_t>(random() % limits::kResourceAmountMax);
    const std::int64_t bytes = drawn >> (random() % 50);
    CHECK(*ParseSize(PrintSize(bytes)) == bytes);
  }
}

TEST_CASE("resources: cpu in thousandths, memory and *_bytes as sizes, others in units") {
  const Result<Resources> resources = ParseResources(" cpu=0.5, memory=4GiB,vram=24GiB,scratch_bytes=1MB,license=1 ");
  REQUIRE(resources.status().ToString() == "ok");
  CHECK(*resources == Resources{{"cpu", 500},
                                {"memory", std::int64_t{4} << 30},
                                {"vram", std::int64_t{24} << 30},
                                {"scratch_bytes", 1'000'000},
                                {"license", 1}});
  CHECK(PrintResources(*resources) == "cpu=0.5,license=1,memory=4GiB,scratch_bytes=1MB,vram=24GiB");
  CHECK(*ParseResources(PrintResources(*resources)) == *resources);
  CHECK(ParseResources("")->empty());
  CHECK(PrintResources({{"cpu", 1001}}) == "cpu=1.001");
}

TEST_CASE("resources: what is none is refused by name") {
  for (std::string_view text :
       {"cpu", "=1", "cpu=", "cpu=-1", "cpu=0.0001", "cpu=1,cpu=2", "license=1.5", "license=1GiB", "memory=4G",
        "cpu=1,", ",cpu=1", "a b=1", "x.y=1", "license=1125899906842625", "cpu=1125899906842624"}) {
    INFO(text);
    REQUIRE_FALSE(ParseResources(text).ok());
    CHECK(ParseResources(text).status().code() == ErrorCode::kBadRequest);
  }
  std::string many;
  for (std::size_t i = 0; i <= limits::kResourcesMax; ++i) many += (i == 0 ? "r" : ",r") + std::to_string(i) + "=1";
  CHECK_FALSE(ParseResources(many).ok());
}

TEST_CASE("nearest name: a slip is found, a stranger is not") {
  constexpr std::array<std::string_view, 4> kNames = {"critical", "high", "normal", "low"};
  CHECK(NearestName("hgih", kNames) == "high");
  CHECK(NearestName("NORMAL", kNames) == "normal");
  CHECK(NearestName("critcal", kNames) == "critical");
  CHECK(NearestName("lo", kNames) == "low");
  CHECK(NearestName("zebra", kNames).empty());
  CHECK(NearestName("", kNames).empty());
  CHECK(NearestName(std::string(100000, 'h'), kNames).empty());
  CHECK(NearestName("x", {}).empty());
}

TEST_CASE("text: valid UTF-8 without control characters is plain, all else is not") {
  using charset::IsPlainText;
  CHECK(IsPlainText("gr\xc3\xbc\xc3\x9f dich \xe2\x82\xac \xf0\x9f\x98\x80"));
  for (std::string_view bad :
       {std::string_view("a\0b", 3), std::string_view("\n"), std::string_view("\x7f"), std::string_view("\xc0\xaf"),
        std::string_view("\xed\xa0\x80"), std::string_view("\xf4\x90\x80\x80"), std::string_view("\xe2\x82"),
        std::string_view("\x80"), std::string_view("\xff"), std::string_view("\xe0\x80\x80")}) {
    CHECK_FALSE(IsPlainText(bad));
  }
}

TEST_CASE("text: a cut never splits a character") {
  const std::string euro = "a\xe2\x82\xac";
  CHECK(charset::CutText(euro, 4) == euro);
  CHECK(charset::CutText(euro, 3) == "a");
  CHECK(charset::CutText(euro, 2) == "a");
  CHECK(charset::CutText(euro, 1) == "a");
}

}  // namespace
}  // namespace muster
