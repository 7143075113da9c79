// Pool: the threads that run handlers, started when first needed, `threads_max` at most.
//
// One thread is being woken at a time, and every thread that takes a job wakes the next while jobs are left: short jobs
// are then done by the few threads that are awake, without a wake-up for each, and long jobs still never wait behind
// each other.
#ifndef MUSTER_WORKER_SDK_POOL_H_
#define MUSTER_WORKER_SDK_POOL_H_

#include <condition_variable>
#include <cstddef>
#include <deque>
#include <memory>
#include <mutex>
#include <thread>
#include <vector>

namespace muster {

// Runs on a thread of the pool; must not throw.
class Job {
 public:
  virtual ~Job() = default;
  virtual void Run() = 0;
};

class Pool {
 public:
  // REQUIRES: threads_max > 0.
  explicit Pool(std::size_t threads_max);
  // Drops what waits; returns when every running job has ended.
  ~Pool();
  Pool(const Pool&) = delete;
  Pool& operator=(const Pool&) = delete;

  // Takes the jobs, in order; leaves `jobs` empty with its capacity. Any thread.
  void Submit(std::vector<std::shared_ptr<Job>>& jobs);

  // Threads started so far.
  std::size_t threads() const;

 private:
  void Work();
  void WakeOne();  // REQUIRES: mutex_ held

  const std::size_t threads_max_;
  mutable std::mutex mutex_;
  std::condition_variable ready_;
  std::deque<std::shared_ptr<Job>> jobs_;
  std::vector<std::thread> threads_;
  std::size_t idle_ = 0;
  bool waking_ = false;  // a thread was woken or started and has not looked yet
  bool stopping_ = false;
};

}  // namespace muster

#endif  // MUSTER_WORKER_SDK_POOL_H_
