// StopBell: wakes the worker's thread and tells it to stop, from any thread and from a signal handler.
#ifndef MUSTER_WORKER_SDK_SIGNALS_H_
#define MUSTER_WORKER_SDK_SIGNALS_H_

namespace muster {

// Threads: Ring and AskStop may be called from anywhere, signal handlers included; the rest by the owner.
class StopBell {
 public:
  // REQUIRES: at most 64 exist at once.
  StopBell();
  ~StopBell();
  StopBell(const StopBell&) = delete;
  StopBell& operator=(const StopBell&) = delete;

  // From now until destroyed, SIGTERM and SIGINT ask this one to stop. What they did before is restored when the last
  // goes.
  void ListenToSignals();

  void Ring();
  void AskStop();
  int stops_asked() const;

  // Readable when rung; Silence before looking at what was rung for.
  int fd() const;
  void Silence();

 private:
  int slot_ = 0;
  bool listening_ = false;
};

}  // namespace muster

#endif  // MUSTER_WORKER_SDK_SIGNALS_H_
