#include "dispatcher/runtime/inbox.h"

#include <thread>

#include "dispatcher/runtime/latency.h"
#include "tests/support/catch.h"

namespace muster::runtime {
namespace {

CoreMessage Beat(int n) {
  return {"muster.worker.beat.w1", "", std::to_string(n)};
}
CoreMessage Report(int n) {
  return {"muster.report.w1", "", std::to_string(n)};
}

TEST_CASE("inbox: messages leave in the order in which they came, in batches of the wanted size") {
  Inbox inbox;
  for (int i = 0; i < 5; ++i) inbox.Post(Report(i));
  std::vector<Inbound> batch;
  inbox.Take(2, &batch);
  CHECK(batch.size() == 2);
  inbox.Post(Report(5));
  inbox.Take(100, &batch);
  REQUIRE(batch.size() == 6);
  for (int i = 0; i < 6; ++i)
    CHECK(std::get<CoreMessage>(batch[static_cast<std::size_t>(i)]).data == std::to_string(i));
  CHECK(inbox.size() == 0);
}

TEST_CASE("inbox: beats go first, then other chatter; tasks and answers never") {
  Inbox inbox(4);
  inbox.Post(Report(0));
  inbox.Post(Beat(1));
  inbox.Post(Beat(2));  // half full: dropped
  inbox.Post(Report(3));
  inbox.Post(Report(4));
  inbox.Post(Report(5));  // full: dropped
  inbox.Post(StoredMessage());
  inbox.Post(PublishDone());
  CHECK(inbox.dropped() == 2);
  std::vector<Inbound> batch;
  inbox.Take(100, &batch);
  REQUIRE(batch.size() == 6);
  CHECK(std::holds_alternative<StoredMessage>(batch[4]));
  CHECK(std::holds_alternative<PublishDone>(batch[5]));
}

TEST_CASE("inbox: a wait ends with a message, with Wake, and with its time") {
  Inbox inbox;
  inbox.Wait(std::chrono::microseconds(1));
  inbox.Wake();
  inbox.Wait(std::chrono::hours(1));
  inbox.Post(Report(1));
  inbox.Wait(std::chrono::hours(1));
  std::vector<Inbound> batch;
  inbox.Take(1, &batch);
  std::thread poster([&] { inbox.Post(Report(2)); });
  inbox.Wait(std::chrono::hours(1));
  poster.join();
  inbox.Take(1, &batch);
  CHECK(batch.size() == 2);
}

TEST_CASE("inbox: nothing is lost between many writers and one reader") {
  Inbox inbox;
  constexpr int kEach = 5000;
  std::vector<std::thread> writers;
  for (int w = 0; w < 4; ++w) {
    writers.emplace_back([&] {
      for (int i = 0; i < kEach; ++i) inbox.Post(Report(i));
    });
  }
  std::vector<Inbound> batch;
  while (batch.size() < 4 * kEach) {
    inbox.Wait(std::chrono::seconds(10));
    inbox.Take(64, &batch);
  }
  for (std::thread& writer : writers) writer.join();
  CHECK(batch.size() == 4 * kEach);
  CHECK(inbox.dropped() == 0);
}

TEST_CASE("latency ring: quantiles are exact over the window, and forget what is older") {
  LatencyRing ring;
  CHECK(ring.Quantiles().count == 0);
  for (int ms = 1; ms <= 100; ++ms) ring.Add(std::chrono::milliseconds(ms));
  LatencyQuantiles quantiles = ring.Quantiles();
  CHECK(quantiles.p50 == 50);
  CHECK(quantiles.p90 == 90);
  CHECK(quantiles.p99 == 99);
  CHECK(quantiles.max == 100);
  for (std::size_t i = 0; i < kLatencySamples; ++i) ring.Add(std::chrono::milliseconds(7));
  quantiles = ring.Quantiles();
  CHECK(quantiles.max == 7);
  CHECK(quantiles.count == kLatencySamples + 100);
}

}  // namespace
}  // namespace muster::runtime
