#include "worker_sdk/src/pool.h"

#include <algorithm>
#include <system_error>
#include <utility>

#include "schemas/invariant.h"

namespace muster {

Pool::Pool(std::size_t threads_max) : threads_max_(threads_max) {
  INVARIANT(threads_max_ > 0);
}

Pool::~Pool() {
  std::vector<std::thread> threads;
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
    jobs_.clear();
    threads = std::move(threads_);
    ready_.notify_all();
  }
  for (auto& thread : threads) thread.join();
}

void Pool::Submit(std::vector<std::shared_ptr<Job>>& jobs) {
  if (jobs.empty()) return;
  const std::lock_guard lock(mutex_);
  for (auto& job : jobs) jobs_.push_back(std::move(job));
  jobs.clear();
  WakeOne();
}

bool Pool::Nudge() {
  const std::lock_guard lock(mutex_);
  if (jobs_.empty()) {
    push_ = 1;
    return false;
  }
  const std::size_t count = std::min(push_, jobs_.size());
  push_ *= 2;
  for (std::size_t i = 0; i < count; ++i) {
    waking_ = false;
    WakeOne();
  }
  return idle_ > 0 || threads_.size() < threads_max_;
}

std::size_t Pool::threads() const {
  const std::lock_guard lock(mutex_);
  return threads_.size();
}

void Pool::WakeOne() {
  if (waking_ || stopping_) return;
  if (idle_ > 0) {
    waking_ = true;
    ready_.notify_one();
    return;
  }
  if (threads_.size() >= threads_max_) return;
  try {
    threads_.emplace_back([this] { Work(); });
    waking_ = true;
  } catch (const std::system_error&) {
    // The system has no thread left: those that run take the jobs one after another. Without any, nothing could ever
    // run.
    INVARIANT(!threads_.empty());
  }
}

void Pool::Work() {
  std::unique_lock lock(mutex_);
  waking_ = false;
  for (;;) {
    while (jobs_.empty() && !stopping_) {
      ++idle_;
      ready_.wait(lock);
      --idle_;
      waking_ = false;
    }
    if (stopping_) return;
    std::shared_ptr<Job> job = std::move(jobs_.front());
    jobs_.pop_front();
    lock.unlock();
    job->Run();
    job.reset();
    lock.lock();
  }
}

}  // namespace muster
