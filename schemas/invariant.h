// INVARIANT(condition): what only a fault of our own can break. On in every build; ends the process with the place.
#ifndef MUSTER_SCHEMAS_INVARIANT_H_
#define MUSTER_SCHEMAS_INVARIANT_H_

#include <cstdio>
#include <cstdlib>

namespace muster {

[[noreturn]] inline void InvariantBroken(const char* condition, const char* file, int line) {
  std::fprintf(stderr, "invariant broken: %s at %s:%d\n", condition, file, line);
  std::abort();
}

}  // namespace muster

#define INVARIANT(condition) \
  (static_cast<bool>(condition) ? void(0) : ::muster::InvariantBroken(#condition, __FILE__, __LINE__))

#endif  // MUSTER_SCHEMAS_INVARIANT_H_
