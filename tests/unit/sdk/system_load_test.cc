#include "worker_sdk/src/system_load.h"

#include <fstream>

#include "tests/support/catch.h"
#include "tests/support/scratch.h"

namespace muster {
namespace {

TEST_CASE("system load: processors are measured between two readings, memory at each") {
  tests::Scratch proc;
  const auto write =
      [&proc](const char* stat) {
        std::ofstream(proc.File("stat")) << stat << "\ncpu0 1 2 3\n";
        std::ofstream(proc.File("meminfo"))
            << "MemTotal:       1000 kB\nMemFree:         100 kB\nMemAvailable:    250 kB\n";
      };
  SystemLoadReader reader(proc.path().string());
  //          user nice system idle iowait irq softirq steal guest
  write("cpu  100 0 100 800 0 0 0 0 50 0");
  SystemLoad load = reader.Read();
  CHECK(load.cpu_percent == 0);
  CHECK(load.memory_percent == 75);
  CHECK(load.memory_free == 250 * 1024);
  // 100 ticks more: 30 busy, 60 idle, 10 waiting for a disk.
  write("cpu  120 0 110 860 10 0 0 0 50 0");
  load = reader.Read();
  CHECK(load.cpu_percent == 30);
}

TEST_CASE("system load: what cannot be read is zero") {
  SystemLoadReader reader("/nowhere");
  const SystemLoad load = reader.Read();
  CHECK(load.cpu_percent == 0);
  CHECK(load.memory_percent == 0);
  CHECK(load.memory_free == 0);
}

TEST_CASE("system load: this machine has memory") {
  SystemLoadReader reader;
  CHECK(reader.Read().memory_free > 0);
}

}  // namespace
}  // namespace muster
