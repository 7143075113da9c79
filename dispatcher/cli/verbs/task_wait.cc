#include "dispatcher/cli/verbs/task_wait.h"

#include <memory>

#include "dispatcher/cli/human.h"
#include "dispatcher/cli/json.h"
#include "dispatcher/cli/printable.h"
#include "dispatcher/cli/views.h"
#include "dispatcher/cli/waiter.h"

namespace muster::cli {
namespace {

// "3f… succeeded  worker a  12ms  hello"
std::string EndLine(const v1::TaskResult& result, bool colours, std::size_t width) {
  std::string line =
      EscapeText(result.task_id()) + "  " + Paint(StateName(result.state()), StateColour(result.state()), colours);
  if (!result.worker().empty()) line += "  worker " + EscapeText(result.worker());
  if (result.attempt() > 1) line += "  attempt " + std::to_string(result.attempt());
  if (result.run_ms() > 0) line += "  ran " + ShortDuration(static_cast<double>(result.run_ms()));
  if (result.has_error() && result.error().code() != v1::ERROR_CODE_UNSPECIFIED) {
    line += "  " + ErrorName(result.error().code()) + ": " + EscapeText(result.error().message());
  } else if (!result.result().empty()) {
    std::string shown = result.result().substr(0, 200);
    while (!shown.empty() && shown.back() == '\n') shown.pop_back();
    line += "  " + (IsPlainText(shown) ? EscapeText(shown) : HumanSize(result.result().size()));
  }
  // Colours have no width, so a painted line is cut a little early at worst.
  return width == 0 || DisplayWidth(line) <= width ? line : CutToWidth(line, width) + (colours ? "\x1b[0m" : "");
}

Exit Run(Context& context) {
  auto api = Api::Connect(context.args());
  if (!api.ok()) return context.Fail(api.status());
  return WaitFor(context, **api, context.args().All("ids"), /*submitted_before=*/true,
                 context.args().Duration("timeout"));
}

}  // namespace

Exit WaitFor(Context& context, Api& api, const std::vector<std::string>& ids, bool submitted_before,
             std::optional<std::chrono::milliseconds> timeout) {
  auto waiter = Waiter::Start(api, ids);
  if (!waiter.ok()) return context.Fail(waiter.status());
  Output& out = context.out();
  Progress bar(out, "wait", ids.size());
  Waiter::Options options;
  options.timeout = timeout;
  // A result may have come between the submission and the first moment of listening.
  options.submitted_before = submitted_before;
  options.progress = [&bar](const Waiter::Ended& ended) {
    bar.Update(ended.ended,
               ended.unsuccessful == 0 ? std::string() : HumanCount(ended.unsuccessful) + " not succeeded");
  };
  options.ended = [&](const v1::TaskResult& result) {
    bar.Clear();
    if (out.json()) {
      out.JsonLine(result);
    } else {
      out.Line(EndLine(result, out.colours(), out.terminal().width));
    }
  };
  const Result<Waiter::Ended> ended = (*waiter)->Wait(options);
  bar.Clear();
  if (!ended.ok()) return context.Fail(ended.status());
  if (ids.size() > 1) {
    out.Note(HumanCount(ended->ended) + " tasks ended, " + HumanCount(ended->ended - ended->unsuccessful) +
             " succeeded");
  }
  return ended->unsuccessful == 0 ? Exit::kOk : Exit::kFailed;
}

Verb TaskWaitVerb() {
  return {
      .noun = "task",
      .verb = "wait",
      .summary = "wait until tasks have ended",
      .details =
          "Prints a line as each one ends. The exit code is 0 only if all succeeded, 1 if one did not, 5 if the time "
          "was up first.",
      .options =
          {
              {.flags = "ids",
               .kind = Kind::kTaskId,
               .value = "ID",
               .help = "tasks",
               .repeated = true,
               .required = true},
              {.flags = "--timeout",
               .kind = Kind::kDuration,
               .value = "DURATION",
               .help = "how long to wait; for ever when not given"},
          },
      .examples =
          {
              {"one", "muster task wait backup-monday"},
              {"several, for ten minutes at most", "muster task wait --timeout 10m job-1 job-2 job-3"},
          },
      .run = Run,
  };
}

}  // namespace muster::cli
