// Any text as a constraint expression: parsed or refused; what is parsed prints to something that parses to the same.
#include <cstdint>

#include "schemas/invariant.h"
#include "schemas/requirement.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using muster::Requirement;
  const muster::Result<Requirement> first =
      Requirement::Parse(std::string_view(reinterpret_cast<const char*>(data), size));
  if (!first.ok()) {
    INVARIANT(!first.status().message().empty());
    return 0;
  }
  const std::string printed = first->Print();
  const muster::Result<Requirement> second = Requirement::Parse(printed);
  INVARIANT(second.ok());
  INVARIANT(second->terms() == first->terms());
  INVARIANT(second->Print() == printed);
  const muster::CapabilitySet capabilities = {"a", "gpu"};
  const muster::LabelMap labels = {{"a", "1"}, {"b", "x"}, {"region", "eu-1"}};
  INVARIANT(first->Holds(capabilities, labels) == second->Holds(capabilities, labels));
  return 0;
}
