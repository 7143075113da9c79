// A publisher in five lines: the task is stored when this ends with 0. `example_publish [nats://host:port]`
#include "worker_sdk/examples/connection.h"
// [doc
#include "muster/client.h"

int main(int argc, char** argv) {
  auto client = muster::Client::Connect(ConnectionFrom(argc, argv));
  if (!client.ok()) return 1;
  return (*client)->Submit({.queue = "greetings", .type = "greet", .payload = "world"}).ok() ? 0 : 1;
}
// doc]
