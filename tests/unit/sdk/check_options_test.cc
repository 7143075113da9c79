#include "worker_sdk/src/check_options.h"

#include "schemas/limits.h"
#include "tests/support/catch.h"

namespace muster {
namespace {

TEST_CASE("worker options: what is left out is filled in and valid") {
  const WorkerOptions options = Complete({});
  CHECK_FALSE(options.name.empty());
  CHECK(options.slots > 0);
  CHECK(options.threads == options.slots);
  CHECK(CheckOptions(options).ok());
}

TEST_CASE("worker options: what a dispatcher would refuse is refused before, by its name") {
  const auto where = [](void (*change)(WorkerOptions&)) {
    WorkerOptions options = Complete({});
    change(options);
    const Status status = CheckOptions(options);
    CHECK_FALSE(status.ok());
    return status.where();
  };
  where([](WorkerOptions& o) { o.name = "two words"; });
  where([](WorkerOptions& o) { o.queues = {"a.b"}; });
  CHECK(where([](WorkerOptions& o) { o.slots = limits::kSlotsMax + 1; }) == "slots");
  CHECK(where([](WorkerOptions& o) { o.speed = 0; }) == "speed");
  CHECK(where([](WorkerOptions& o) { o.beat = std::chrono::milliseconds(1); }) == "beat");
  CHECK(where([](WorkerOptions& o) { o.resources["cpu"] = -1; }) == "resources.cpu");
  CHECK(where([](WorkerOptions& o) { o.lease = {}; }) == "lease");
}

}  // namespace
}  // namespace muster
