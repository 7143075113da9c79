// SystemLoad: how busy this machine is, from /proc. One reader object for each thread that asks.
#ifndef MUSTER_WORKER_SDK_SYSTEM_LOAD_H_
#define MUSTER_WORKER_SDK_SYSTEM_LOAD_H_

#include <cstdint>
#include <string>
#include <string_view>

namespace muster {

struct SystemLoad {
  std::uint32_t cpu_percent = 0;     // of all processors, since the last reading; 0 at the first
  std::uint32_t memory_percent = 0;  // used
  std::int64_t memory_free = 0;      // bytes that programs can still get
};

class SystemLoadReader {
 public:
  // `proc`: where the proc file system is mounted.
  explicit SystemLoadReader(std::string proc = "/proc") : proc_(std::move(proc)) {}

  // What cannot be read stays zero.
  SystemLoad Read();

 private:
  std::string proc_;
  std::uint64_t busy_ = 0;
  std::uint64_t total_ = 0;
};

}  // namespace muster

#endif  // MUSTER_WORKER_SDK_SYSTEM_LOAD_H_
