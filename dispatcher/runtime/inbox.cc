#include "dispatcher/runtime/inbox.h"

#include <algorithm>
#include <string_view>
#include <utility>

namespace muster::runtime {
namespace {

constexpr std::string_view kBeats = "muster.worker.beat.";
// A longer wait than this gains nothing, and some clocks overflow on "for ever".
constexpr std::chrono::microseconds kWaitMax = std::chrono::seconds(60);

}  // namespace

void Inbox::Post(Inbound message) {
  const std::size_t size = size_.load(std::memory_order_relaxed);
  if (size >= messages_max_ / 2) {
    const auto* core = std::get_if<CoreMessage>(&message);
    const bool beat = core != nullptr && std::string_view(core->subject).substr(0, kBeats.size()) == kBeats;
    if (beat || (core != nullptr && size >= messages_max_)) {
      dropped_.fetch_add(1, std::memory_order_relaxed);
      return;
    }
  }
  bool signal = false;
  {
    MutexLock lock(&mutex_);
    posted_.push_back(std::move(message));
    size_.fetch_add(1, std::memory_order_relaxed);
    signal = waiting_;
    waiting_ = false;
  }
  if (signal) condition_.Signal();
}

void Inbox::Wake() {
  {
    MutexLock lock(&mutex_);
    woken_ = true;
    waiting_ = false;
  }
  condition_.Signal();
}

void Inbox::Wait(std::chrono::microseconds timeout) {
  if (next_ < taken_.size()) return;
  const auto end = std::chrono::steady_clock::now() + std::min(timeout, kWaitMax);
  MutexLock lock(&mutex_);
  while (posted_.empty() && !woken_) {
    const auto left = std::chrono::ceil<std::chrono::microseconds>(end - std::chrono::steady_clock::now());
    if (left.count() <= 0) break;
    waiting_ = true;
    condition_.WaitFor(&mutex_, left);
  }
  waiting_ = false;
  woken_ = false;
}

void Inbox::Take(std::size_t count, std::vector<Inbound>* batch) {
  while (count > 0) {
    if (next_ == taken_.size()) {
      taken_.clear();
      next_ = 0;
      MutexLock lock(&mutex_);
      taken_.swap(posted_);
      if (taken_.empty()) return;
    }
    const std::size_t now = std::min(count, taken_.size() - next_);
    for (std::size_t i = 0; i < now; ++i) batch->push_back(std::move(taken_[next_ + i]));
    next_ += now;
    count -= now;
    size_.fetch_sub(now, std::memory_order_relaxed);
  }
}

}  // namespace muster::runtime
