// Any bytes on a worker's subject: events within the limits, or a message that is counted; never an end of the process.
// Input: the subject on the first line, then the data.
#include <cmath>
#include <cstdint>

#include "dispatcher/runtime/codec.h"
#include "schemas/invariant.h"
#include "schemas/limits.h"
#include "schemas/subjects.h"

namespace muster::runtime {
namespace {

void Check(const engine::Event& event, std::string_view worker) {
  if (const auto* hello = std::get_if<engine::WorkerHello>(&event)) {
    INVARIANT(hello->info.name == worker);
    INVARIANT(hello->info.slots >= 1 && hello->info.slots <= limits::kSlotsMax);
    INVARIANT(hello->info.capabilities.size() <= limits::kCapabilitiesMax);
    INVARIANT(hello->holding.size() <= limits::kHoldingPerMessageMax);
  } else if (const auto* beat = std::get_if<engine::WorkerBeat>(&event)) {
    INVARIANT(beat->worker == worker);
    for (const auto& gauge : beat->load.gauges) INVARIANT(std::isfinite(gauge.second));
  } else if (const auto* report = std::get_if<engine::WorkerReport>(&event)) {
    INVARIANT(report->worker == worker);
    INVARIANT(report->attempt.attempt != 0);
    INVARIANT(report->result.size() <= limits::kResultBytesMax);
    INVARIANT(report->error.message().size() <= limits::kTextBytesMax);
  } else if (const auto* bye = std::get_if<engine::WorkerBye>(&event)) {
    INVARIANT(bye->worker == worker);
  } else if (const auto* inventory = std::get_if<engine::WorkerInventory>(&event)) {
    INVARIANT(inventory->worker == worker);
  } else {
    INVARIANT(std::holds_alternative<engine::BadWorkerMessage>(event));
  }
}

}  // namespace
}  // namespace muster::runtime

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view input(reinterpret_cast<const char*>(data), size);
  const std::size_t end = input.find('\n');
  muster::runtime::CoreMessage message;
  message.subject = std::string(input.substr(0, end));
  if (end != std::string_view::npos) message.data = std::string(input.substr(end + 1));
  muster::runtime::WorkerDecoder decoder;
  std::vector<muster::engine::Event> events;
  decoder.Decode(message, &events);
  for (const auto& event : events) muster::runtime::Check(event, muster::subjects::LastToken(message.subject));
  return 0;
}
