// A worker with long tasks: tells how far it is, and stops when it is told to. `example_progress_worker
// [nats://host:port]`
#include "worker_sdk/examples/connection.h"
// [doc
#include <string>

#include "muster/worker.h"

namespace {

muster::Outcome Count(muster::TaskContext& task) {
  constexpr std::uint32_t kSteps = 20;
  for (std::uint32_t step = 1; step <= kSteps; ++step) {
    // Stands for a piece of work. True: cancelled, out of time, or given to another worker.
    if (task.WaitCancelled(std::chrono::milliseconds(50))) return muster::Outcome::Cancelled();
    task.SetProgress(step * 100 / kSteps, "step " + std::to_string(step));
  }
  return muster::Outcome::Success("counted to " + std::to_string(kSteps));
}

}  // namespace

int main(int argc, char** argv) {
  muster::Worker worker({.connection = ConnectionFrom(argc, argv), .queues = {"long"}, .slots = 2});
  worker.Handle("count", Count);
  return worker.Run().ok() ? 0 : 1;
}
// doc]
