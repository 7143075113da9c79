// Random: the engine's only source of chance, seeded. xoshiro256** (Blackman and Vigna 2018), state filled by
// splitmix64. One draw per statement: the order of evaluation inside an expression differs between compilers, and so
// would histories.
#ifndef MUSTER_DISPATCHER_ENGINE_RANDOM_H_
#define MUSTER_DISPATCHER_ENGINE_RANDOM_H_

#include <bit>
#include <cstdint>

namespace muster::engine {

class Random {
 public:
  explicit Random(std::uint64_t seed) {
    for (std::uint64_t& word : state_) {
      seed += 0x9e3779b97f4a7c15ULL;
      std::uint64_t mixed = seed;
      mixed = (mixed ^ (mixed >> 30)) * 0xbf58476d1ce4e5b9ULL;
      mixed = (mixed ^ (mixed >> 27)) * 0x94d049bb133111ebULL;
      word = mixed ^ (mixed >> 31);
    }
  }

  std::uint64_t Next() {
    const std::uint64_t result = std::rotl(state_[1] * 5, 7) * 9;
    const std::uint64_t shifted = state_[1] << 17;
    state_[2] ^= state_[0];
    state_[3] ^= state_[1];
    state_[1] ^= state_[2];
    state_[0] ^= state_[3];
    state_[2] ^= shifted;
    state_[3] = std::rotl(state_[3], 45);
    return result;
  }

  // Uniform in [0, bound), by Lemire's multiplication (the bias below 2^-40 for our bounds does not matter).
  // REQUIRES: bound > 0.
  std::uint32_t Below(std::uint32_t bound) {
    const std::uint64_t high = Next() >> 32;
    return static_cast<std::uint32_t>((high * bound) >> 32);
  }

  // Uniform in [0, 1).
  double Unit() { return static_cast<double>(Next() >> 11) * 0x1.0p-53; }

 private:
  std::uint64_t state_[4];
};

}  // namespace muster::engine

#endif  // MUSTER_DISPATCHER_ENGINE_RANDOM_H_
