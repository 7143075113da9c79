// Pool: the threads that run handlers, started when first needed, `threads_max` at most.
//
// A wake-up costs more than a short job, so Submit wakes one thread, which takes jobs as long as there are any. Jobs
// that still wait when the owner looks again (Nudge) are given more threads, twice as many each time: short jobs are
// done by few threads, long ones have a thread each after a few looks.
#ifndef MUSTER_WORKER_SDK_POOL_H_
#define MUSTER_WORKER_SDK_POOL_H_

#include <chrono>
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

  // Wakes or starts more threads where jobs wait. True: look again soon (kNudgeEvery), for jobs wait that could have a
  // thread.
  bool Nudge();
  static constexpr std::chrono::microseconds kNudgeEvery{200};

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
  std::size_t push_ = 1;  // how many threads the next Nudge wakes
  bool waking_ = false;   // a thread was woken or started and has not looked yet
  bool stopping_ = false;
};

}  // namespace muster

#endif  // MUSTER_WORKER_SDK_POOL_H_
