// Eventually: the one place where a test waits for real processes: bounded, and it returns as soon as the thing is so.
#ifndef MUSTER_TESTS_SUPPORT_EVENTUALLY_H_
#define MUSTER_TESTS_SUPPORT_EVENTUALLY_H_

#include <chrono>
#include <thread>

namespace muster::tests {

// True as soon as `condition()` is; false when `timeout` has passed without.
template <typename Condition>
bool Eventually(Condition condition, std::chrono::milliseconds timeout = std::chrono::seconds(10)) {
  const auto end = std::chrono::steady_clock::now() + timeout;
  while (!condition()) {
    if (std::chrono::steady_clock::now() >= end) return condition();
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
  }
  return true;
}

}  // namespace muster::tests

#endif  // MUSTER_TESTS_SUPPORT_EVENTUALLY_H_
