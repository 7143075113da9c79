// Fleet: workers of the SDK in this process whose handler waits at a gate, and counts what it ran.
#ifndef MUSTER_TESTS_INTEGRATION_DAEMON_FLEET_H_
#define MUSTER_TESTS_INTEGRATION_DAEMON_FLEET_H_

#include <atomic>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <thread>

#include "muster/worker.h"
#include "tests/support/eventually.h"

namespace muster::tests {

class Fleet {
 public:
  Fleet(const std::string& url, int workers, std::uint32_t slots) {
    for (int i = 0; i < workers; ++i) {
      WorkerOptions options;
      options.connection.servers = {url};
      options.name = "w" + std::to_string(i);
      options.slots = slots;
      options.stop_on_signals = false;
      options.drain_timeout = std::chrono::milliseconds(0);
      options.log = [](LogLevel, const std::string&) {};
      auto worker = std::make_unique<Worker>(options);
      worker->Handle("*", [this](TaskContext& task) { return Run(task); });
      threads_.emplace_back([w = worker.get()] { (void)w->Run(); });
      workers_.push_back(std::move(worker));
    }
  }
  ~Fleet() {
    Open();
    for (auto& worker : workers_) worker->Stop();
    for (std::thread& thread : threads_) thread.join();
  }
  Fleet(const Fleet&) = delete;
  Fleet& operator=(const Fleet&) = delete;

  // A closed gate holds every task that comes to it.
  void Close() { open_ = false; }
  void Open() { open_ = true; }
  int running() const { return running_; }
  // How often the handler began this task.
  int Runs(const std::string& id) {
    std::lock_guard lock(mutex_);
    return runs_[id];
  }

 private:
  Outcome Run(TaskContext& task) {
    {
      std::lock_guard lock(mutex_);
      ++runs_[task.id()];
    }
    ++running_;
    Eventually([&] { return open_.load(); }, std::chrono::minutes(2));
    --running_;
    return Outcome::Success("ran " + task.payload());
  }

  std::atomic<bool> open_{true};
  std::atomic<int> running_{0};
  std::mutex mutex_;
  std::map<std::string, int> runs_;
  std::vector<std::unique_ptr<Worker>> workers_;
  std::vector<std::thread> threads_;
};

}  // namespace muster::tests

#endif  // MUSTER_TESTS_INTEGRATION_DAEMON_FLEET_H_
