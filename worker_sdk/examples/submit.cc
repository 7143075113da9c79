// A publisher: submits one task and waits for its result. `example_submit [nats://host:port]`
#include <cstdio>

#include "worker_sdk/examples/connection.h"
// [doc
#include "muster/client.h"

int main(int argc, char** argv) {
  auto client = muster::Client::Connect(ConnectionFrom(argc, argv));
  if (!client.ok()) return 1;
  auto id = (*client)->Submit({.queue = "greetings", .type = "greet", .payload = "world"});  // accepted: it is stored
  if (!id.ok()) return 1;
  auto result = (*client)->Await(*id, std::chrono::seconds(30));
  if (!result.ok()) return 1;
  std::printf("%s: %s\n", std::string(muster::TaskStateName(result->state)).c_str(), result->result.c_str());
  return result->state == muster::TaskState::kSucceeded ? 0 : 1;
}
// doc]
