#include "dispatcher/cli/context.h"
#include "dispatcher/cli/json.h"

namespace muster::cli {
namespace {

Exit Run(Context& context) {
  if (context.out().json()) {
    context.out().Line(JsonObject().Set("version", MUSTER_VERSION).Print());
  } else {
    context.out().Line("muster " MUSTER_VERSION);
  }
  return Exit::kOk;
}

}  // namespace

Verb VersionVerb() {
  return {.noun = "version",
          .verb = "",
          .summary = "the version of this program",
          .options = {},
          .examples = {{"the version", "muster version"}},
          .reach = Reach::kOffline,
          .run = Run};
}

}  // namespace muster::cli
