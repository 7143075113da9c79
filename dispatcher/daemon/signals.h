// StopSignals: SIGTERM and SIGINT as a call on a thread of our own. The second one ends the process at once.
//
// REQUIRES: made before any other thread, so that every later one inherits the blocked signals.
#ifndef MUSTER_DISPATCHER_DAEMON_SIGNALS_H_
#define MUSTER_DISPATCHER_DAEMON_SIGNALS_H_

#include <functional>
#include <thread>

namespace muster::daemon {

class StopSignals {
 public:
  StopSignals();   // blocks the signals
  ~StopSignals();  // ends the thread; the signals stay blocked
  StopSignals(const StopSignals&) = delete;
  StopSignals& operator=(const StopSignals&) = delete;

  // From now on `on_stop` is called, on another thread, with the signal's number. REQUIRES: called once.
  void Watch(std::function<void(int)> on_stop);

 private:
  std::thread thread_;
};

}  // namespace muster::daemon

#endif  // MUSTER_DISPATCHER_DAEMON_SIGNALS_H_
