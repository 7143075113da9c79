#include <cstdint>
#include <vector>

#include "dispatcher/engine/random.h"
#include "tests/model/engine/random_walk.h"
#include "tests/support/catch.h"

namespace muster::engine {
namespace {

std::vector<std::uint8_t> Bytes(std::uint64_t seed, std::size_t count) {
  Random random(seed);
  std::vector<std::uint8_t> bytes(count);
  for (std::uint8_t& byte : bytes) byte = static_cast<std::uint8_t>(random.Next());
  return bytes;
}

}  // namespace

TEST_CASE("engine: every invariant holds on random walks, and every task ends once the faults stop") {
  std::size_t ended = 0;
  for (std::uint64_t seed = 1; seed <= 150; ++seed) {
    CAPTURE(seed);
    const std::vector<std::uint8_t> bytes = Bytes(seed, 3000);
    RandomWalk walk(bytes);
    walk.Run();
    walk.Heal();
    ended += walk.ended();
  }
  CHECK(ended == 150 * 40);
}

TEST_CASE("engine: the same events give the same history") {
  for (std::uint64_t seed = 1; seed <= 10; ++seed) {
    const std::vector<std::uint8_t> bytes = Bytes(seed, 3000);
    RandomWalk first(bytes);
    RandomWalk second(bytes);
    first.Run();
    second.Run();
    CHECK(first.history() == second.history());
  }
}

}  // namespace muster::engine
