// Mutex, MutexLock, Condition: the standard ones with the annotations that clang's -Wthread-safety checks.
// The standard library's own types carry none.
#ifndef MUSTER_DISPATCHER_RUNTIME_MUTEX_H_
#define MUSTER_DISPATCHER_RUNTIME_MUTEX_H_

#include <chrono>
#include <condition_variable>
#include <mutex>

#if defined(__clang__)
#define MUSTER_THREAD_ANNOTATION(x) __attribute__((x))
#else
#define MUSTER_THREAD_ANNOTATION(x)
#endif
#define GUARDED_BY(mutex) MUSTER_THREAD_ANNOTATION(guarded_by(mutex))
#define REQUIRES_LOCK(mutex) MUSTER_THREAD_ANNOTATION(requires_capability(mutex))

namespace muster::runtime {

class MUSTER_THREAD_ANNOTATION(capability("mutex")) Mutex {
 public:
  void Lock() MUSTER_THREAD_ANNOTATION(acquire_capability()) { mutex_.lock(); }
  void Unlock() MUSTER_THREAD_ANNOTATION(release_capability()) { mutex_.unlock(); }

 private:
  friend class Condition;
  std::mutex mutex_;
};

class MUSTER_THREAD_ANNOTATION(scoped_lockable) MutexLock {
 public:
  explicit MutexLock(Mutex* mutex) MUSTER_THREAD_ANNOTATION(acquire_capability(mutex)) : mutex_(mutex) {
    mutex_->Lock();
  }
  ~MutexLock() MUSTER_THREAD_ANNOTATION(release_capability()) { mutex_->Unlock(); }
  MutexLock(const MutexLock&) = delete;
  MutexLock& operator=(const MutexLock&) = delete;

 private:
  Mutex* mutex_;
};

class Condition {
 public:
  void Signal() { condition_.notify_one(); }
  // Wakes at a signal, at the time-out, or without cause: the caller looks again.
  void WaitFor(Mutex* mutex, std::chrono::microseconds timeout) REQUIRES_LOCK(mutex) {
    std::unique_lock<std::mutex> lock(mutex->mutex_, std::adopt_lock);
    condition_.wait_for(lock, timeout);
    lock.release();
  }

 private:
  std::condition_variable condition_;
};

}  // namespace muster::runtime

#endif  // MUSTER_DISPATCHER_RUNTIME_MUTEX_H_
