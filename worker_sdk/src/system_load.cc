#include "worker_sdk/src/system_load.h"

#include <algorithm>
#include <fstream>
#include <sstream>

namespace muster {
namespace {

struct Ticks {
  std::uint64_t busy = 0;
  std::uint64_t total = 0;
};

// "cpu  user nice system idle iowait irq softirq steal guest guest_nice": guest is part of user already.
Ticks ReadTicks(const std::string& path) {
  std::ifstream file(path);
  std::string word;
  file >> word;
  Ticks ticks;
  std::uint64_t value = 0;
  for (int i = 0; i < 8 && file >> value; ++i) {
    ticks.total += value;
    if (i != 3 && i != 4) ticks.busy += value;  // idle and waiting for a disk
  }
  return ticks;
}

std::uint32_t Percent(std::uint64_t part, std::uint64_t whole) {
  return whole == 0 ? 0 : static_cast<std::uint32_t>(std::min<std::uint64_t>(100, part * 100 / whole));
}

}  // namespace

SystemLoad SystemLoadReader::Read() {
  SystemLoad load;
  const Ticks now = ReadTicks(proc_ + "/stat");
  if (total_ != 0 && now.total > total_) {
    load.cpu_percent = Percent(now.busy - std::min(now.busy, busy_), now.total - total_);
  }
  busy_ = now.busy;
  total_ = now.total;

  std::ifstream meminfo(proc_ + "/meminfo");
  std::string line;
  std::uint64_t total_kb = 0;
  std::uint64_t available_kb = 0;
  while ((total_kb == 0 || available_kb == 0) && std::getline(meminfo, line)) {
    std::istringstream words(line);
    std::string name;
    std::uint64_t value = 0;
    words >> name >> value;
    if (name == "MemTotal:") total_kb = value;
    if (name == "MemAvailable:") available_kb = value;
  }
  load.memory_free = static_cast<std::int64_t>(available_kb) * 1024;
  load.memory_percent = Percent(total_kb - std::min(total_kb, available_kb), total_kb);
  return load;
}

}  // namespace muster
