#include "storage/rocksdb_log.h"

#include <fcntl.h>
#include <rocksdb/env.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cstdarg>
#include <cstdio>
#include <ctime>
#include <mutex>
#include <utility>

namespace muster::storage {
namespace {

constexpr off_t kFileBytesMax = 1 << 20;
constexpr std::size_t kLineBytesMax = 2048;  // longer lines are cut

class Silent final : public rocksdb::Logger {
 public:
  using rocksdb::Logger::Logv;
  void Logv(const char*, va_list) override {}
};

class File final : public rocksdb::Logger {
 public:
  explicit File(std::string path) : rocksdb::Logger(rocksdb::InfoLogLevel::WARN_LEVEL), path_(std::move(path)) {}
  ~File() override {
    if (file_ >= 0) close(file_);
  }

  using rocksdb::Logger::Logv;
  void Logv(const char* format, va_list arguments) override {
    char line[kLineBytesMax];
    const std::time_t now = std::time(nullptr);
    std::tm utc{};
    gmtime_r(&now, &utc);
    std::size_t size = std::strftime(line, sizeof line, "%Y-%m-%dT%H:%M:%SZ ", &utc);
    const int added = std::vsnprintf(line + size, sizeof line - size, format, arguments);
    if (added < 0) return;
    size = std::min(size + static_cast<std::size_t>(added), sizeof line - 1);
    if (line[size - 1] != '\n') line[size++] = '\n';

    const std::lock_guard<std::mutex> lock(mutex_);
    if (!Ready()) return;
    // A line that does not fit on the disk is lost; the store tells of the failure that matters.
    [[maybe_unused]] const ssize_t written = write(file_, line, size);
  }

 private:
  bool Ready() {
    struct stat found {};
    if (file_ >= 0 && (fstat(file_, &found) != 0 || found.st_size >= kFileBytesMax)) {
      close(file_);
      file_ = -1;
      std::rename(path_.c_str(), (path_ + ".old").c_str());
    }
    if (file_ < 0) file_ = open(path_.c_str(), O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0644);
    return file_ >= 0;
  }

  const std::string path_;
  std::mutex mutex_;
  int file_ = -1;
};

}  // namespace

std::shared_ptr<rocksdb::Logger> FileLog(const std::string& directory) {
  return std::make_shared<File>(directory + "/LOG");
}

std::shared_ptr<rocksdb::Logger> NoLog() {
  return std::make_shared<Silent>();
}

}  // namespace muster::storage
