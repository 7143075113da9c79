// Any text through every parser of the small languages; what is parsed and can be printed reads back as the same.
#include <cstdint>

#include "schemas/charset.h"
#include "schemas/invariant.h"
#include "schemas/limits.h"
#include "schemas/subjects.h"
#include "schemas/text.h"

namespace muster {
namespace {

void Run(std::string_view text) {
  const Result<std::chrono::microseconds> duration = ParseDuration(text);
  if (duration.ok()) {
    INVARIANT(duration->count() >= 0 && duration->count() <= limits::kDurationMsMax * 1000);
    INVARIANT(*ParseDuration(PrintDuration(*duration)) == *duration);
  }
  const Result<std::int64_t> time = ParseTimestampMs(text, 1'000'000);
  if (time.ok()) INVARIANT(*time >= 0);
  const Result<std::int64_t> size = ParseSize(text);
  if (size.ok()) {
    INVARIANT(*size >= 0 && *size <= limits::kResourceAmountMax);
    INVARIANT(*ParseSize(PrintSize(*size)) == *size);
  }
  const Result<Resources> resources = ParseResources(text);
  if (resources.ok()) {
    INVARIANT(resources->size() <= limits::kResourcesMax);
    INVARIANT(*ParseResources(PrintResources(*resources)) == *resources);
  }
  const Result<subjects::TaskAddress> address = subjects::ParseTask(text);
  if (address.ok()) INVARIANT(subjects::Task(address->priority, address->queue) == text);
  for (int i = 0; i < 5; ++i) INVARIANT(subjects::Token(text, i).size() <= text.size());
  INVARIANT(subjects::LastToken(text).size() <= text.size());
  static constexpr std::string_view kNames[] = {"critical", "Muster-Timeout", "x"};
  const std::string_view nearest = NearestName(text, kNames);
  INVARIANT(nearest.size() < 20);
  INVARIANT(charset::IsPlainText(charset::Quote(text)));
  if (charset::IsPlainText(text)) INVARIANT(charset::IsPlainText(charset::CutText(text, text.size() / 2)));
}

}  // namespace
}  // namespace muster

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  muster::Run(std::string_view(reinterpret_cast<const char*>(data), size));
  return 0;
}
