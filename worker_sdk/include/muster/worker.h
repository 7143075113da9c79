// Worker: runs tasks that the dispatcher gives to this process.
//
//   muster::Worker worker({.queues = {"mail"}, .slots = 4});
//   worker.Handle("send", [](muster::TaskContext& task) { return muster::Outcome::Success(Send(task.payload())); });
//   return worker.Run().ok() ? 0 : 1;
//
// Every report of an outcome is kept and repeated until the dispatcher has it in its journal, so an outcome outlives a
// dispatcher or a server that is down for a while. At least once: a task may run again, see TaskContext::fencing.
#ifndef MUSTER_WORKER_H_
#define MUSTER_WORKER_H_

#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "muster/options.h"
#include "muster/status.h"
#include "muster/task.h"

namespace muster {

struct WorkerStats {
  std::uint64_t started = 0;  // attempts
  std::uint64_t succeeded = 0;
  std::uint64_t failed = 0;  // retryable or permanent
  std::uint64_t cancelled = 0;
  std::uint64_t released = 0;     // handed back unfinished
  std::uint64_t stale = 0;        // assignments refused: older attempt or epoch
  std::uint64_t undecodable = 0;  // messages that were not understood
  std::uint64_t unsettled = 0;    // outcomes the dispatcher has not confirmed yet
  std::uint32_t running = 0;
  std::uint32_t held = 0;  // accepted, waiting for a slot
};

class Worker {
 public:
  explicit Worker(WorkerOptions options);
  // REQUIRES: Run is not being executed.
  ~Worker();
  Worker(const Worker&) = delete;
  Worker& operator=(const Worker&) = delete;

  // The handler of tasks of this type; "*" takes every type that has none of its own. With "*" the worker offers itself
  // for every type, else only for those it has handlers for. REQUIRES: before Run.
  void Handle(std::string type, Handler handler);

  // A number that goes out with every heartbeat under this name: asked for from the worker's own thread, so it must be
  // quick. REQUIRES: before Run.
  void AddGauge(std::string name, std::function<double()> read);

  // Connects (for ever, unless options say otherwise), serves until Stop or a signal, then drains: what waits is handed
  // back at once, what runs gets drain_timeout, then is cancelled and handed back. Blocks. ok after a clean stop;
  // kBadRequest for bad options or where the dispatcher refuses this worker; kUnavailable where NATS cannot be reached.
  // May be called once. A signal: the first starts the drain, the second hands everything back at once.
  Status Run();

  // Begins the stop; returns at once. Any thread; async-signal-safe.
  void Stop();

  // As the dispatcher knows it. Valid at once.
  const std::string& name() const;
  // Any thread.
  WorkerStats stats() const;

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace muster

#endif  // MUSTER_WORKER_H_
