#include "worker_sdk/src/signals.h"

#include <sys/eventfd.h>
#include <unistd.h>
#include <csignal>

#include <array>
#include <atomic>
#include <cerrno>
#include <cstdint>
#include <mutex>

#include "schemas/invariant.h"

namespace muster {
namespace {

// Static, with descriptors that are kept for the next user: a signal handler may be in the middle of using one.
struct Slot {
  std::atomic<int> fd{-1};
  std::atomic<int> stops{0};
  std::atomic<bool> listens{false};
  bool taken = false;
};
std::array<Slot, 64> slots;
std::mutex slots_mutex;
int listeners = 0;
struct sigaction before_term;
struct sigaction before_int;

void RingFd(int fd) {
  const int kept = errno;
  const std::uint64_t one = 1;
  [[maybe_unused]] const ssize_t written = ::write(fd, &one, sizeof one);  // full means: rung already
  errno = kept;
}

void OnSignal(int) {
  for (auto& slot : slots) {
    if (!slot.listens.load()) continue;
    slot.stops.fetch_add(1);
    RingFd(slot.fd.load());
  }
}

}  // namespace

StopBell::StopBell() {
  const std::lock_guard lock(slots_mutex);
  while (slots[static_cast<std::size_t>(slot_)].taken) {
    ++slot_;
    INVARIANT(slot_ < static_cast<int>(slots.size()));
  }
  Slot& slot = slots[static_cast<std::size_t>(slot_)];
  slot.taken = true;
  slot.stops = 0;
  if (slot.fd < 0) slot.fd = ::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
  INVARIANT(slot.fd >= 0);
}

StopBell::~StopBell() {
  const std::lock_guard lock(slots_mutex);
  Slot& slot = slots[static_cast<std::size_t>(slot_)];
  slot.listens = false;
  slot.taken = false;
  if (!listening_ || --listeners > 0) return;
  ::sigaction(SIGTERM, &before_term, nullptr);
  ::sigaction(SIGINT, &before_int, nullptr);
}

void StopBell::ListenToSignals() {
  const std::lock_guard lock(slots_mutex);
  if (listening_) return;
  listening_ = true;
  slots[static_cast<std::size_t>(slot_)].listens = true;
  if (listeners++ > 0) return;
  struct sigaction action {};
  action.sa_handler = OnSignal;
  action.sa_flags = SA_RESTART;
  sigemptyset(&action.sa_mask);
  ::sigaction(SIGTERM, &action, &before_term);
  ::sigaction(SIGINT, &action, &before_int);
}

void StopBell::Ring() {
  RingFd(slots[static_cast<std::size_t>(slot_)].fd);
}

void StopBell::AskStop() {
  slots[static_cast<std::size_t>(slot_)].stops.fetch_add(1);
  Ring();
}

int StopBell::stops_asked() const {
  return slots[static_cast<std::size_t>(slot_)].stops;
}

int StopBell::fd() const {
  return slots[static_cast<std::size_t>(slot_)].fd;
}

void StopBell::Silence() {
  std::uint64_t count = 0;
  [[maybe_unused]] const ssize_t got = ::read(fd(), &count, sizeof count);
}

}  // namespace muster
