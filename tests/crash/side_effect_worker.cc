// A worker whose handler leaves a trace of every execution, so that a checker can see what really ran, where and when.
//
//   crash_side_effect_worker URL NAME SLOTS HISTORY
//
// The payload is how long the task works, in ms. At its start and at its end one line is appended to the file HISTORY,
// with one write each, so that lines of several processes do not mix and a SIGKILL loses none:
//   start|end <task> <attempt> <fencing> <worker> <pid> <CLOCK_MONOTONIC in ns>
// It works on when it is cancelled, like a program that does not listen: the harm a late attempt could do is the point.
#include <fcntl.h>
#include <time.h>
#include <unistd.h>

#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <thread>

#include "muster/worker.h"

namespace {

std::int64_t MonotonicNs() {
  timespec now{};
  clock_gettime(CLOCK_MONOTONIC, &now);
  return static_cast<std::int64_t>(now.tv_sec) * 1000000000 + now.tv_nsec;
}

void Trace(int file, const char* what, const muster::TaskContext& task, const std::string& worker) {
  const std::string line = std::string(what) + " " + task.id() + " " + std::to_string(task.attempt()) + " " +
                           std::to_string(task.fencing()) + " " + worker + " " + std::to_string(getpid()) + " " +
                           std::to_string(MonotonicNs()) + "\n";
  if (write(file, line.data(), line.size()) != static_cast<ssize_t>(line.size())) {
    std::perror("crash_side_effect_worker: history");
    std::abort();
  }
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 5) {
    std::fprintf(stderr, "usage: crash_side_effect_worker URL NAME SLOTS HISTORY\n");
    return 2;
  }
  const int file = open(argv[4], O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0644);
  if (file < 0) {
    std::perror(argv[4]);
    return 1;
  }
  muster::WorkerOptions options;
  options.connection.servers = {argv[1]};
  options.name = argv[2];
  options.slots = static_cast<std::uint32_t>(std::atoi(argv[3]));
  muster::Worker worker(options);
  worker.Handle("*", [file, name = options.name](muster::TaskContext& task) {
    Trace(file, "start", task, name);
    std::this_thread::sleep_for(std::chrono::milliseconds(std::atoi(task.payload().c_str())));
    Trace(file, "end", task, name);
    return muster::Outcome::Success(std::to_string(task.attempt()));
  });
  const muster::Status status = worker.Run();
  if (!status.ok()) {
    std::fprintf(stderr, "crash_side_effect_worker: %s\n", status.message().c_str());
    return 1;
  }
  return 0;
}
