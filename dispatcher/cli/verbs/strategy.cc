// muster strategy list, set.
#include "dispatcher/cli/simple_ask.h"
#include "dispatcher/cli/table.h"
#include "dispatcher/cli/views.h"

namespace muster::cli {
namespace {

Exit List(Context& context) {
  return AskAndPrint(context, "strategy", "list", v1::StrategyRequest(), [&context](const v1::ApiReply& reply) {
    Output& out = context.out();
    if (out.json()) {
      out.Json(reply.strategies());
      return Exit::kOk;
    }
    Table table(
        {{"STRATEGY", Column::Align::kLeft, false}, {"IN FORCE", Column::Align::kLeft, false}, {"QUEUES"}, {"RULE"}});
    for (const v1::StrategyView& view : reply.strategies().strategies()) {
      table.Add({view.name(), view.in_force() ? Cell("default", Colour::kGreen) : Cell(""), Joined(view.queues()),
                 view.summary()});
    }
    out.Print(table, "no strategies");
    return Exit::kOk;
  });
}

Exit Set(Context& context) {
  v1::StrategyRequest request;
  request.set_strategy(context.args().Text("strategy"));
  request.set_queue(context.args().Text("queue"));
  return AskAndPrintDone(context, "strategy", "set", request);
}

}  // namespace

Verb StrategyListVerb() {
  return {.noun = "strategy",
          .verb = "list",
          .summary = "ways of choosing a worker, and which is in force",
          .options = {},
          .examples = {{"all", "muster strategy list"}},
          .run = List};
}

Verb StrategySetVerb() {
  return {.noun = "strategy",
          .verb = "set",
          .summary = "choose workers in another way, at once and without a restart",
          .options = {{.flags = "strategy", .value = "NAME", .help = "see muster strategy list", .required = true},
                      {.flags = "--queue,-q",
                       .kind = Kind::kName,
                       .value = "NAME",
                       .help = "for this queue; for all when not given"}},
          .examples = {{"for all queues", "muster strategy set least_loaded"},
                       {"for one", "muster strategy set round_robin --queue mail"}},
          .run = Set};
}

}  // namespace muster::cli
