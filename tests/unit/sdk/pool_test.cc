#include "worker_sdk/src/pool.h"

#include <atomic>
#include <condition_variable>
#include <functional>
#include <mutex>

#include "tests/support/catch.h"
#include "tests/support/eventually.h"

namespace muster {
namespace {

class FunctionJob final : public Job {
 public:
  explicit FunctionJob(std::function<void()> run) : run_(std::move(run)) {}
  void Run() override { run_(); }

 private:
  std::function<void()> run_;
};

std::vector<std::shared_ptr<Job>> Jobs(int count, const std::function<void()>& run) {
  std::vector<std::shared_ptr<Job>> jobs;
  for (int i = 0; i < count; ++i) jobs.push_back(std::make_shared<FunctionJob>(run));
  return jobs;
}

// A door that jobs wait at until it is opened.
class Door {
 public:
  void Enter() {
    std::unique_lock lock(mutex_);
    ++inside_;
    changed_.notify_all();
    changed_.wait(lock, [this] { return open_; });
  }
  void Open() {
    const std::lock_guard lock(mutex_);
    open_ = true;
    changed_.notify_all();
  }
  int inside() {
    const std::lock_guard lock(mutex_);
    return inside_;
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  int inside_ = 0;
  bool open_ = false;
};

TEST_CASE("pool: as many jobs run at once as there may be threads, however they are submitted") {
  Door door;
  Pool pool(4);
  auto first = Jobs(1, [&door] { door.Enter(); });
  auto rest = Jobs(5, [&door] { door.Enter(); });
  pool.Submit(first);
  pool.Submit(rest);
  CHECK(rest.empty());
  CHECK(tests::Eventually([&] {
    pool.Nudge();
    return door.inside() == 4;
  }));
  CHECK(pool.threads() == 4);
  CHECK_FALSE(pool.Nudge());  // jobs wait, but every thread there may be has one
  door.Open();
  CHECK(tests::Eventually([&door] { return door.inside() == 6; }));
}

TEST_CASE("pool: threads are started when they are needed") {
  std::atomic<int> done = 0;
  Pool pool(64);
  CHECK(pool.threads() == 0);
  for (int i = 0; i < 100; ++i) {
    auto one = Jobs(1, [&done] { ++done; });
    pool.Submit(one);
    REQUIRE(tests::Eventually([&done, i] { return done == i + 1; }));
  }
  CHECK(pool.threads() < 64);
}

TEST_CASE("pool: every job runs once, from many submitters") {
  constexpr int kEach = 20000;
  std::atomic<int> done = 0;
  Pool pool(8);
  std::vector<std::thread> submitters;
  for (int s = 0; s < 4; ++s) {
    submitters.emplace_back([&] {
      for (int i = 0; i < kEach / 10; ++i) {
        auto jobs = Jobs(10, [&done] { ++done; });
        pool.Submit(jobs);
      }
    });
  }
  for (auto& submitter : submitters) submitter.join();
  CHECK(tests::Eventually([&done] { return done == 4 * kEach; }));
}

TEST_CASE("pool: its end drops what waits and waits for what runs") {
  Door door;
  std::atomic<int> ended = 0;
  std::thread opener;
  {
    Pool pool(1);
    auto jobs = Jobs(3, [&] {
      door.Enter();
      ++ended;
    });
    pool.Submit(jobs);
    REQUIRE(tests::Eventually([&door] { return door.inside() == 1; }));
    // The pool's end has begun, or begins while this waits; either way the first job ends and the others never start.
    opener = std::thread([&door] { door.Open(); });
  }
  opener.join();
  CHECK(ended >= 1);
  CHECK(ended == door.inside());
}

}  // namespace
}  // namespace muster
