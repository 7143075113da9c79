// A worker of the SDK whose handler does nothing but note when it started.
//
//   bench_noop_worker URL NAME SLOTS [THREADS]
//
// Says "ready" when it begins, and at SIGTERM what it counted, as the floor's workers do.
#include <cstdio>
#include <cstdlib>
#include <mutex>
#include <string>

#include "muster/worker.h"
#include "tests/benchmark/path/common.h"

int main(int argc, char** argv) {
  if (argc < 4) {
    std::fprintf(stderr, "usage: bench_noop_worker URL NAME SLOTS [THREADS]\n");
    return 2;
  }
  muster::WorkerOptions options;
  options.connection.servers = {argv[1]};
  options.name = argv[2];
  options.queues = {"bench"};
  options.slots = static_cast<std::uint32_t>(std::atoi(argv[3]));
  // The handler never waits, so one thread is enough for all slots.
  options.threads = argc > 4 ? static_cast<std::uint32_t>(std::atoi(argv[4])) : 1;

  std::mutex mutex;
  WorkerStats stats{};
  muster::Worker worker(options);
  worker.Handle("*", [&mutex, &stats](muster::TaskContext& task) {
    std::lock_guard<std::mutex> lock(mutex);
    CountStart(&stats, task.payload().data(), static_cast<int>(task.payload().size()));
    return muster::Outcome::Success();
  });
  std::puts("ready");
  std::fflush(stdout);
  const muster::Status status = worker.Run();
  PrintStats(&stats);
  if (!status.ok()) {
    std::fprintf(stderr, "bench_noop_worker: %s\n", status.message().c_str());
    return 1;
  }
  return 0;
}
