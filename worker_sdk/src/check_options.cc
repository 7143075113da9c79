#include "worker_sdk/src/check_options.h"

#include <unistd.h>

#include <algorithm>
#include <cctype>
#include <cmath>
#include <thread>

#include "schemas/limits.h"
#include "schemas/subjects.h"

namespace muster {
namespace {

Status Bad(std::string message, std::string where) {
  return {ErrorCode::kBadRequest, std::move(message), std::move(where)};
}

std::string DefaultName() {
  char host[256] = {};
  if (::gethostname(host, sizeof host - 1) != 0) host[0] = '\0';
  std::string name(host[0] != '\0' ? host : "worker");
  for (char& c : name) {
    if (std::isalnum(static_cast<unsigned char>(c)) == 0 && c != '-' && c != '_') c = '-';
  }
  const std::string pid = "-" + std::to_string(::getpid());
  name.resize(std::min(name.size(), limits::kNameBytesMax - pid.size()));
  return name + pid;
}

}  // namespace

WorkerOptions Complete(WorkerOptions options) {
  if (options.name.empty()) options.name = DefaultName();
  if (options.slots == 0) options.slots = std::max(1U, std::thread::hardware_concurrency());
  if (options.threads == 0) options.threads = options.slots;
  return options;
}

Status CheckOptions(const WorkerOptions& options) {
  if (Status status = subjects::CheckName("worker", options.name); !status.ok()) return status;
  for (const auto& queue : options.queues) {
    if (Status status = subjects::CheckName("queue", queue); !status.ok()) return status;
  }
  if (options.queues.size() > limits::kQueuesMax) return Bad("too many queues", "queues");
  if (options.capabilities.size() > limits::kCapabilitiesMax) return Bad("too many capabilities", "capabilities");
  if (options.labels.size() > limits::kLabelsMax) return Bad("too many labels", "labels");
  if (options.resources.size() > limits::kResourcesMax) return Bad("too many resources", "resources");
  for (const auto& resource : options.resources) {
    if (resource.second < 0 || resource.second > limits::kResourceAmountMax)
      return Bad("out of range", "resources." + resource.first);
  }
  if (options.slots > limits::kSlotsMax) return Bad("at most " + std::to_string(limits::kSlotsMax), "slots");
  if (options.prefetch > limits::kSlotsMax) return Bad("at most " + std::to_string(limits::kSlotsMax), "prefetch");
  if (!(options.speed >= 0.001 && options.speed <= 1000)) return Bad("between 0.001 and 1000", "speed");
  if (options.beat < std::chrono::milliseconds(10) || options.beat > std::chrono::minutes(1)) {
    return Bad("between 10ms and 1m", "beat");
  }
  if (options.drain_timeout < std::chrono::milliseconds::zero()) return Bad("must not be negative", "drain_timeout");
  if (options.lease <= std::chrono::milliseconds::zero()) return Bad("must be positive", "lease");
  return {};
}

}  // namespace muster
