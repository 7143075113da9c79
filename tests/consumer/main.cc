// A stranger's program: a worker and a client in one process. `consumer URL` runs 20 tasks against a real dispatcher.
#include <muster/client.h>
#include <muster/worker.h>

#include <chrono>
#include <cstdio>
#include <string>
#include <thread>
#include <vector>

namespace {

int Fail(const char* what, const muster::Status& status) {
  std::fprintf(stderr, "consumer: %s: %s\n", what, status.ToString().c_str());
  return 1;
}

int RunTasks(muster::Client& client) {
  std::vector<muster::Task> tasks(20);
  for (std::size_t i = 0; i < tasks.size(); ++i) {
    tasks[i].queue = "consumer";
    tasks[i].type = "double";
    tasks[i].payload = std::to_string(i);
  }
  const auto ids = client.SubmitBatch(tasks);
  for (std::size_t i = 0; i < ids.size(); ++i) {
    if (!ids[i].ok()) return Fail("submit", ids[i].status());
    const auto result = client.Await(*ids[i], std::chrono::seconds(30));
    if (!result.ok()) return Fail("await", result.status());
    if (result->state != muster::TaskState::kSucceeded) return Fail("task", result->error);
    if (result->result != std::to_string(2 * i)) return Fail("result", muster::Status());
  }
  std::printf("consumer: %zu tasks, %zu succeeded\n", tasks.size(), ids.size());
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  muster::ConnectionOptions connection;
  connection.servers = {argc > 1 ? argv[1] : "nats://127.0.0.1:1"};
  auto client = muster::Client::Connect(connection);
  if (argc < 2) {
    // Nobody listens there: said with a Status, not with an exception.
    return !client.ok() && client.status().code() == muster::ErrorCode::kUnavailable ? 0 : 1;
  }
  if (!client.ok()) return Fail("connect", client.status());

  muster::WorkerOptions options;
  options.connection = connection;
  options.name = "stranger";
  options.queues = {"consumer"};
  options.slots = 2;
  options.stop_on_signals = false;
  muster::Worker worker(options);
  worker.Handle("double", [](muster::TaskContext& task) {
    return muster::Outcome::Success(std::to_string(2 * std::stoi(task.payload())));
  });
  muster::Status stopped;
  std::thread serving([&] { stopped = worker.Run(); });
  const int status = RunTasks(**client);
  worker.Stop();
  serving.join();
  if (!stopped.ok()) return Fail("worker", stopped);
  return status;
}
