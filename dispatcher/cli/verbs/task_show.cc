// muster task show, list, cancel, explain: questions about tasks.
#include "dispatcher/cli/human.h"
#include "dispatcher/cli/simple_ask.h"
#include "dispatcher/cli/views.h"

namespace muster::cli {
namespace {

v1::TaskRequest RequestOf(Context& context) {
  v1::TaskRequest request;
  request.set_id(context.args().Text("id"));
  return request;
}

Option IdOption() {
  return {.flags = "id", .kind = Kind::kTaskId, .value = "ID", .help = "the task", .required = true};
}

Exit Show(Context& context) {
  return AskAndPrint(context, "task", "show", RequestOf(context), [&context](const v1::ApiReply& reply) {
    Output& out = context.out();
    if (out.json()) {
      out.Json(reply.task());
    } else {
      out.Write(TaskSheet(reply.task(), Context::NowMs()).Print(out.colours()));
    }
    return Exit::kOk;
  });
}

Exit List(Context& context) {
  const Args& args = context.args();
  v1::TaskListRequest request;
  for (const std::string& name : args.All("state")) request.add_states(ParseState(name));
  request.set_queue(args.Text("queue"));
  request.set_worker(args.Text("worker"));
  request.set_limit(static_cast<std::uint32_t>(args.Count("limit", 100)));
  return AskAndPrint(context, "task", "list", request, [&context](const v1::ApiReply& reply) {
    Output& out = context.out();
    if (out.json()) {
      out.Json(reply.tasks());
      return Exit::kOk;
    }
    out.Print(TaskTable(reply.tasks(), Context::NowMs()),
              "no such tasks (what waits in JetStream is counted in muster queue list)");
    if (reply.tasks().more()) out.Note("there are more: --limit shows up to 1000");
    return Exit::kOk;
  });
}

Exit Cancel(Context& context) {
  v1::TaskRequest request = RequestOf(context);
  request.set_reason(context.args().Text("reason"));
  return AskAndPrintDone(context, "task", "cancel", request);
}

Exit Explain(Context& context) {
  return AskAndPrint(context, "task", "explain", RequestOf(context), [&context](const v1::ApiReply& reply) {
    Output& out = context.out();
    if (out.json()) {
      out.Json(reply.explanation());
    } else {
      out.Write(ExplanationText(reply.explanation(), out.colours(), out.terminal().width));
    }
    return Exit::kOk;
  });
}

}  // namespace

Verb TaskShowVerb() {
  return {.noun = "task",
          .verb = "show",
          .summary = "all that is known of a task",
          .details = "Tasks that musterd has not pulled yet wait in JetStream, where they cannot be looked up by id.",
          .options = {IdOption()},
          .examples = {{"a task", "muster task show backup-monday"},
                       {"its state, for a script", "muster task show backup-monday --json | jq -r .state"}},
          .run = Show};
}

Verb TaskListVerb() {
  return {
      .noun = "task",
      .verb = "list",
      .summary = "tasks that musterd holds",
      .details = "Without --state: every task that has not ended.",
      .options = {{.flags = "--state",
                   .value = "STATE",
                   .help = "queued, delayed, blocked, parked, assigned, running, succeeded, failed, dead, cancelled or "
                           "expired",
                   .repeated = true,
                   .choices = "queued|delayed|blocked|parked|assigned|running|succeeded|failed|dead|cancelled|expired"},
                  {.flags = "--queue,-q", .kind = Kind::kName, .value = "NAME", .help = "of this queue"},
                  {.flags = "--worker", .kind = Kind::kName, .value = "NAME", .help = "on this worker"},
                  {.flags = "--limit,-n",
                   .kind = Kind::kCount,
                   .value = "COUNT",
                   .help = "at most so many; 100 when not given, 1000 at most"}},
      .examples = {{"what waits or runs", "muster task list"},
                   {"what no worker can take, and why", "muster task list --state parked"}},
      .run = List};
}

Verb TaskCancelVerb() {
  return {.noun = "task",
          .verb = "cancel",
          .summary = "cancel a task, queued or running",
          .details = "A running task is told to stop; its worker has the last word if it ends before that.",
          .options = {IdOption(), {.flags = "--reason", .value = "TEXT", .help = "why; shown with the task"}},
          .examples = {{"a task", "muster task cancel backup-monday --reason 'wrong disk'"}},
          .run = Cancel};
}

Verb TaskExplainVerb() {
  return {.noun = "task",
          .verb = "explain",
          .summary = "why a task is where it is, or why it waits and what would unblock it",
          .options = {IdOption()},
          .examples = {{"a task that does not start", "muster task explain backup-monday"}},
          .run = Explain};
}

}  // namespace muster::cli
