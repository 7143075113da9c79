// A worker whose work changes something outside, safely though a task may run again. `example_fencing_worker
// [nats://host:port]`
#include <map>
#include <mutex>

#include "worker_sdk/examples/connection.h"
// [doc
#include "muster/worker.h"

namespace {

// Stands for a database with a conditional update: the row remembers the largest fencing number it was written with.
class Accounts {
 public:
  bool Write(const std::string& task, std::uint64_t fencing, const std::string& value) {
    const std::lock_guard lock(mutex_);
    Row& row = rows_[task];
    if (fencing < row.fencing) return false;  // a newer attempt of the same task has been here
    row = {fencing, value};
    return true;
  }

 private:
  struct Row {
    std::uint64_t fencing = 0;
    std::string value;
  };
  std::mutex mutex_;
  std::map<std::string, Row> rows_;
};

}  // namespace

int main(int argc, char** argv) {
  Accounts accounts;
  muster::Worker worker({.connection = ConnectionFrom(argc, argv), .queues = {"accounts"}, .slots = 4});
  worker.Handle("book", [&accounts](muster::TaskContext& task) {
    const bool newest = accounts.Write(task.id(), task.fencing(), task.payload());
    return newest ? muster::Outcome::Success() : muster::Outcome::Cancelled();
  });
  return worker.Run().ok() ? 0 : 1;
}
// doc]
