// The engine's parts, one by one.
#include <algorithm>
#include <map>
#include <vector>

#include "dispatcher/engine/indexed_heap.h"
#include "dispatcher/engine/ledger.h"
#include "dispatcher/engine/queues.h"
#include "dispatcher/engine/random.h"
#include "dispatcher/engine/ready_queue.h"
#include "dispatcher/engine/retry.h"
#include "dispatcher/engine/timers.h"
#include "tests/support/catch.h"

namespace muster::engine {
namespace {

Time At(std::int64_t seconds) {
  return FromUnixMicros(seconds * 1000000);
}
TaskId Id(std::uint64_t n) {
  return TaskId{n * 0x9e3779b97f4a7c15ULL, n};
}

}  // namespace

TEST_CASE("task id: a UUID keeps its bits, any other text is hashed, and text decides alone") {
  const TaskId uuid = TaskIdOf("018f2b6e-7c3a-7def-8123-456789abcdef");
  CHECK(uuid.high == 0x018f2b6e7c3a7defULL);
  CHECK(uuid.low == 0x8123456789abcdefULL);
  CHECK(TaskIdOf("t1") == TaskIdOf("t1"));
  CHECK(TaskIdOf("t1") != TaskIdOf("t2"));
  CHECK(TaskIdOf("018F2B6E-7C3A-7DEF-8123-456789ABCDEF") != uuid);  // ids are compared by case
}

TEST_CASE("ledger: remembers up to its bound, oldest forgotten first, against a model") {
  DoneLedger ledger(500);
  Random random(3);
  std::vector<std::uint64_t> order;
  for (int step = 0; step < 20000; ++step) {
    const std::uint64_t n = random.Below(3000);
    if (std::find(order.begin(), order.end(), n) == order.end()) {
      order.push_back(n);
      if (order.size() > 500) order.erase(order.begin());
    }
    ledger.Add(Id(n), n % 2 ? TaskState::kSucceeded : TaskState::kDead, At(step));
    const std::uint64_t probe = random.Below(3000);
    const bool known = std::find(order.begin(), order.end(), probe) != order.end();
    REQUIRE(ledger.Find(Id(probe)).has_value() == known);
    if (known) REQUIRE(*ledger.Find(Id(probe)) == (probe % 2 ? TaskState::kSucceeded : TaskState::kDead));
  }
  CHECK(ledger.size() == 500);
}

TEST_CASE("ledger: forgets by age, and says whether it did") {
  DoneLedger ledger(100);
  for (int i = 0; i < 10; ++i) ledger.Add(Id(static_cast<std::uint64_t>(i)), TaskState::kSucceeded, At(i));
  CHECK_FALSE(ledger.ForgetBefore(At(0)));
  CHECK(ledger.ForgetBefore(At(5)));
  CHECK_FALSE(ledger.Find(Id(4)).has_value());
  CHECK(ledger.Find(Id(5)).has_value());
  CHECK(ledger.size() == 5);
}

TEST_CASE("retry: delays of each strategy, never over the longest") {
  Random random(1);
  RetryPolicy policy;
  policy.base_delay = std::chrono::seconds(1);
  policy.max_delay = std::chrono::seconds(60);
  const auto seconds = [&](std::uint32_t n) { return RetryDelay(policy, n, &random).count() / 1000000; };
  policy.strategy = RetryStrategy::kFixed;
  CHECK(seconds(1) == 1);
  CHECK(seconds(9) == 1);
  policy.strategy = RetryStrategy::kLinear;
  CHECK(seconds(1) == 1);
  CHECK(seconds(3) == 3);
  CHECK(seconds(1000) == 60);
  policy.strategy = RetryStrategy::kExponential;
  CHECK(seconds(1) == 1);
  CHECK(seconds(2) == 2);
  CHECK(seconds(5) == 16);
  CHECK(seconds(7) == 60);
  CHECK(seconds(1000) == 60);
  policy.strategy = RetryStrategy::kJittered;
  double sum = 0;
  for (int i = 0; i < 10000; ++i) {
    const double delay = static_cast<double>(RetryDelay(policy, 3, &random).count()) / 1e6;
    REQUIRE(delay >= 3.0);
    REQUIRE(delay <= 5.0);
    sum += delay;
  }
  CHECK(sum / 10000 == Approx(4.0).margin(0.03));
}

TEST_CASE("retry: only a permanent error is not tried again") {
  CHECK(IsRetryable(ErrorCode::kRetryable));
  CHECK(IsRetryable(ErrorCode::kTimeout));
  CHECK(IsRetryable(ErrorCode::kNoHandler));
  CHECK_FALSE(IsRetryable(ErrorCode::kPermanent));
}

TEST_CASE("indexed heap: agrees with a sorted model under random changes") {
  IndexedHeap<std::int64_t> heap;
  std::map<std::uint32_t, std::int64_t> model;
  Random random(5);
  for (int step = 0; step < 20000; ++step) {
    const std::uint32_t member = random.Below(50);
    if (random.Below(3) == 0) {
      heap.Erase(member);
      model.erase(member);
    } else {
      const std::int64_t key = random.Below(1000);
      heap.Put(member, key);
      model[member] = key;
    }
    REQUIRE(heap.size() == model.size());
    if (model.empty()) continue;
    const auto least =
        std::min_element(model.begin(), model.end(), [](auto& a, auto& b) { return a.second < b.second; });
    REQUIRE(heap.top_key() == least->second);
  }
}

TEST_CASE("rank: ageing lets a task overtake one priority per interval, strict mode never") {
  const Duration interval = std::chrono::seconds(10);
  const Rank low = RankOf(Priority::kLow, At(100), 1, interval);
  CHECK(RankOf(Priority::kNormal, At(109), 2, interval) < low);
  CHECK(low < RankOf(Priority::kNormal, At(111), 2, interval));
  CHECK(RankOf(Priority::kCritical, At(129), 2, interval) < low);
  CHECK(low < RankOf(Priority::kCritical, At(131), 2, interval));
  const Duration off = Duration::max();
  CHECK(RankOf(Priority::kNormal, At(1900000000), 2, off) < RankOf(Priority::kLow, At(1700000000), 1, off));
  CHECK(RankOf(Priority::kLow, At(5), 1, off) < RankOf(Priority::kLow, At(5), 2, off));
}

TEST_CASE("ready queue: the servable head that ranks first, over lanes") {
  ReadyQueue ready;
  const LaneIndex a = ready.AddLane(0);
  const LaneIndex b = ready.AddLane(1);
  CHECK(ready.Next() == kNoLane);
  ready.Push(a, {Rank{5, 1}, 10});
  ready.Push(b, {Rank{3, 2}, 11});
  ready.Push(a, {Rank{1, 3}, 12});
  CHECK(ready.Next() == a);
  CHECK(ready.Head(a).task == 12);
  ready.SetServable(a, false);
  CHECK(ready.Next() == b);
  ready.Pop(b);
  CHECK(ready.Next() == kNoLane);
  ready.SetServable(a, true);
  CHECK(ready.Remove(a, 12));
  CHECK_FALSE(ready.Remove(a, 12));
  CHECK(ready.Head(a).task == 10);
}

TEST_CASE("timers: due ones in order of time, then of arming") {
  Timers timers;
  timers.Arm(At(3), TimerKind::kDeadline, 1);
  timers.Arm(At(1), TimerKind::kDeadline, 2);
  timers.ArmAccept(At(2), 3, 0);
  timers.Arm(At(1), TimerKind::kDeadline, 4);
  CHECK(timers.Next() == At(1));
  Timer timer;
  std::vector<std::uint64_t> order;
  while (timers.Pop(At(2), &timer)) order.push_back(timer.subject);
  CHECK(order == std::vector<std::uint64_t>{2, 4, 3});
  CHECK(timers.Next() == At(3));
}

TEST_CASE("credit: asks for the free slots and a look-ahead, in requests worth a message") {
  CreditInputs in;
  in.free_slots = 10;
  in.look_ahead = 30;
  in.room = 1000;
  CHECK(CreditToAsk(in) == 40);
  in.outstanding = 35;
  CHECK(CreditToAsk(in) == 0);  // five more are not worth a message
  in.outstanding = 30;
  CHECK(CreditToAsk(in) == 10);
  in.waiting = 100;  // what waits needs no look-ahead; free slots are asked for all the same
  in.outstanding = 0;
  CHECK(CreditToAsk(in) == 10);
  in.room = 4;
  CHECK(CreditToAsk(in) == 4);
  in.room = -3;
  CHECK(CreditToAsk(in) == 0);
  in.room = 1000;
  in.free_slots = 0;
  CHECK(CreditToAsk(in) == 0);
  in.incomplete = 7;  // after a restart: what must be read again
  CHECK(CreditToAsk(in) == 7);
}

}  // namespace muster::engine
