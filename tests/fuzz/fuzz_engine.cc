// Any order of events, any lies of workers: every invariant holds after every turn.
#include <cstddef>
#include <cstdint>
#include <span>

#include "tests/model/engine/random_walk.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size > 4096) return 0;
  muster::engine::RandomWalk walk(std::span(data, size));
  walk.Run();
  return 0;
}
