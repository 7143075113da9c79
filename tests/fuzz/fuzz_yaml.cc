// Any bytes as a configuration: accepted, or refused with a place; what is accepted prints and reads back to the same.
#include <cstdint>

#include "dispatcher/daemon/config.h"
#include "schemas/invariant.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  muster::daemon::Config config;
  const muster::Status status = muster::daemon::ApplyYaml(text, "f.yaml", &config);
  if (!status.ok()) {
    INVARIANT(status.where().rfind("f.yaml:", 0) == 0);
    INVARIANT(!status.message().empty());
    return 0;
  }
  const std::string printed = muster::daemon::PrintConfig(config);
  muster::daemon::Config again;
  INVARIANT(muster::daemon::ApplyYaml(printed, "p.yaml", &again).ok());
  INVARIANT(muster::daemon::PrintConfig(again) == printed);
  return 0;
}
