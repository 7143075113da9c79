// Inbox: where the transport's threads leave what came in, and the loop's thread takes it: many writers, one reader.
//
// Bounded: beats beyond half the bound and other worker chatter beyond the bound are dropped and counted; they are
// repeated anyway. Stored messages and answers to our own requests are never dropped: what we asked for bounds them.
#ifndef MUSTER_DISPATCHER_RUNTIME_INBOX_H_
#define MUSTER_DISPATCHER_RUNTIME_INBOX_H_

#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "dispatcher/runtime/mutex.h"
#include "dispatcher/runtime/transport.h"
#include "schemas/limits.h"

namespace muster::runtime {

class Inbox final : public InboundSink {
 public:
  explicit Inbox(std::size_t messages_max = limits::kInboxMax) : messages_max_(messages_max) {}

  // Any thread.
  void Post(Inbound message) override;
  // Any thread: ends a Wait that goes on, or the next one.
  void Wake();
  std::uint64_t dropped() const { return dropped_.load(std::memory_order_relaxed); }
  std::size_t size() const { return size_.load(std::memory_order_relaxed); }

  // The loop's thread: returns when there is something to take, after Wake, or when `timeout` has passed.
  void Wait(std::chrono::microseconds timeout);
  // The loop's thread: the oldest messages, `count` at most, appended to `batch`.
  void Take(std::size_t count, std::vector<Inbound>* batch);

 private:
  const std::size_t messages_max_;
  std::atomic<std::uint64_t> dropped_{0};
  std::atomic<std::size_t> size_{0};  // posted and not taken

  Mutex mutex_;
  Condition condition_;
  std::vector<Inbound> posted_ GUARDED_BY(mutex_);
  bool waiting_ GUARDED_BY(mutex_) = false;
  bool woken_ GUARDED_BY(mutex_) = false;

  // The reader's: swapped with posted_, handed out from next_ on.
  std::vector<Inbound> taken_;
  std::size_t next_ = 0;
};

}  // namespace muster::runtime

#endif  // MUSTER_DISPATCHER_RUNTIME_INBOX_H_
