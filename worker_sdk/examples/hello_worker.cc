// A worker: greets. `example_hello_worker [nats://host:port]`
#include <cstdio>

#include "worker_sdk/examples/connection.h"
// [doc
#include "muster/worker.h"

int main(int argc, char** argv) {
  muster::Worker worker({.connection = ConnectionFrom(argc, argv), .queues = {"greetings"}, .slots = 4});
  worker.Handle("greet",
                [](muster::TaskContext& task) { return muster::Outcome::Success("hello, " + task.payload()); });
  const muster::Status status = worker.Run();  // until SIGTERM: drains, hands back, says goodbye
  if (!status.ok()) std::fprintf(stderr, "%s\n", status.ToString().c_str());
  return status.ok() ? 0 : 1;
}
// doc]
