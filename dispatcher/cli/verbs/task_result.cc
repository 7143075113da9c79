// muster task result: the bytes a task gave back.
#include <cstdio>
#include <fstream>

#include "dispatcher/cli/api.h"
#include "dispatcher/cli/context.h"
#include "dispatcher/cli/human.h"
#include "dispatcher/cli/json.h"
#include "dispatcher/cli/printable.h"
#include "schemas/subjects.h"

namespace muster::cli {
namespace {

Exit Write(Context& context, const v1::TaskResult& result) {
  Output& out = context.out();
  const std::string path = context.args().Text("output");
  if (!path.empty() && path != "-") {
    std::ofstream file(path, std::ios::binary | std::ios::trunc);
    file.write(result.result().data(), static_cast<std::streamsize>(result.result().size()));
    file.close();
    if (!file) return context.Fail(ErrorCode::kInternal, "cannot write " + path);
    out.Note(HumanSize(result.result().size()) + " written to " + path);
  } else if (out.json()) {
    out.Json(result);
  } else if (out.terminal().out_is_tty) {
    // A result may hold what a terminal would obey.
    const std::string shown = EscapeLines(result.result());
    out.Write(shown);
    if (shown.empty() || shown.back() != '\n') out.Write("\n");
  } else {
    out.Write(result.result());
  }
  return Exit::kOk;
}

Exit Run(Context& context) {
  auto api = Api::Connect(context.args());
  if (!api.ok()) return context.Fail(api.status());
  const std::string id = context.args().Text("id");
  const auto stored = (*api)->link().GetLast(subjects::kResultStream, subjects::Result(id), (*api)->timeout());
  if (!stored.ok()) {
    if (stored.status().code() != ErrorCode::kNotFound) return context.Fail(stored.status());
    return context.Fail(ErrorCode::kNotFound,
                        "task " + id +
                            " has no result: it has not ended, discarded its result, or ended too long ago "
                            "(see muster task show)");
  }
  v1::TaskResult result;
  if (!result.ParseFromString(stored->data))
    return context.Fail(ErrorCode::kInternal, "the stored result cannot be read");
  const Exit written = Write(context, result);
  if (written != Exit::kOk || result.state() == v1::TASK_STATE_SUCCEEDED) return written;
  context.out().Note("task " + id + " ended as " + StateName(result.state()) + ": " + result.error().message());
  return Exit::kFailed;
}

}  // namespace

Verb TaskResultVerb() {
  return {.noun = "task",
          .verb = "result",
          .summary = "the bytes that a task gave back",
          .details =
              "Bytes as they are, to standard output or a file; control characters are escaped only on a terminal. "
              "With --json, all of muster.v1.TaskResult. The exit code is 1 where the task did not succeed.",
          .options = {{.flags = "id", .kind = Kind::kTaskId, .value = "ID", .help = "the task", .required = true},
                      {.flags = "--output,-o", .value = "FILE", .help = "write to this file; - is standard output"}},
          .examples = {{"to a file", "muster task result resize-17 --output small.jpg"},
                       {"with times and worker", "muster task result resize-17 --json"}},
          .run = Run};
}

}  // namespace muster::cli
