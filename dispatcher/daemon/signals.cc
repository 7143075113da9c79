#include "dispatcher/daemon/signals.h"

#include <pthread.h>
#include <signal.h>
#include <unistd.h>

#include <utility>

namespace muster::daemon {
namespace {

// Tells the thread to end; nobody else uses it.
constexpr int kEndThread = SIGUSR2;

sigset_t Watched() {
  sigset_t set;
  sigemptyset(&set);
  sigaddset(&set, SIGTERM);
  sigaddset(&set, SIGINT);
  sigaddset(&set, kEndThread);
  return set;
}

}  // namespace

StopSignals::StopSignals() {
  const sigset_t set = Watched();
  pthread_sigmask(SIG_BLOCK, &set, nullptr);
  signal(SIGPIPE, SIG_IGN);
}

void StopSignals::Watch(std::function<void(int)> on_stop) {
  thread_ = std::thread([on_stop = std::move(on_stop)] {
    const sigset_t set = Watched();
    bool stopping = false;
    for (;;) {
      int number = 0;
      if (sigwait(&set, &number) != 0) continue;
      if (number == kEndThread) return;
      if (stopping) _exit(128 + number);
      stopping = true;
      on_stop(number);
    }
  });
}

StopSignals::~StopSignals() {
  if (!thread_.joinable()) return;
  pthread_kill(thread_.native_handle(), kEndThread);
  thread_.join();
}

}  // namespace muster::daemon
