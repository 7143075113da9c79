// muster queue list, show, pause, resume.
#include "dispatcher/cli/human.h"
#include "dispatcher/cli/simple_ask.h"
#include "dispatcher/cli/views.h"

namespace muster::cli {
namespace {

std::vector<Option> Options() {
  return {{.flags = "queue", .kind = Kind::kName, .value = "NAME", .help = "the queue", .required = true},
          {.flags = "--priority,-p",
           .kind = Kind::kPriority,
           .value = "NAME",
           .help = "one priority of it; every one when not given"}};
}

v1::QueueRequest RequestOf(Context& context) {
  v1::QueueRequest request;
  request.set_queue(context.args().Text("queue"));
  if (const auto priority = context.args().PriorityOf("priority")) request.set_priority(ToProto(*priority));
  return request;
}

Exit List(Context& context) {
  return AskAndPrint(context, "queue", "list", v1::QueueRequest(), [&context](const v1::ApiReply& reply) {
    Output& out = context.out();
    if (out.json()) {
      out.Json(reply.queues());
    } else {
      out.Print(QueueTable(reply.queues()),
                "no queues yet; a queue begins with its first task: muster task submit --queue NAME");
    }
    return Exit::kOk;
  });
}

Exit Show(Context& context) {
  return AskAndPrint(context, "queue", "show", RequestOf(context), [&context](const v1::ApiReply& reply) {
    Output& out = context.out();
    if (reply.queues().queues_size() == 0) return context.Fail(ErrorCode::kNotFound, "no such queue");
    if (out.json()) {
      out.Json(reply.queues());
      return Exit::kOk;
    }
    for (int i = 0; i < reply.queues().queues_size(); ++i) {
      if (i > 0) out.Line("");
      out.Write(QueueSheet(reply.queues().queues(i)).Print(out.colours()));
    }
    return Exit::kOk;
  });
}

Exit Pause(Context& context) {
  return AskAndPrintDone(context, "queue", "pause", RequestOf(context));
}
Exit Resume(Context& context) {
  return AskAndPrintDone(context, "queue", "resume", RequestOf(context));
}

}  // namespace

Verb QueueListVerb() {
  return {.noun = "queue",
          .verb = "list",
          .summary = "queues and how many tasks are where",
          .options = {},
          .examples = {{"all", "muster queue list"},
                       {"how many wait, for a script",
                        "muster queue list --json | jq '[.queues[] | (.stored, .queued) | tonumber] | add'"}},
          .run = List};
}

Verb QueueShowVerb() {
  return {.noun = "queue",
          .verb = "show",
          .summary = "one queue, priority by priority",
          .options = Options(),
          .examples = {{"a queue", "muster queue show resize"}},
          .run = Show};
}

Verb QueuePauseVerb() {
  return {.noun = "queue",
          .verb = "pause",
          .summary = "assign no more tasks of a queue; what runs goes on",
          .details = "Tasks can still be submitted; they wait.",
          .options = Options(),
          .examples = {{"while a database is away", "muster queue pause mail"}},
          .run = Pause};
}

Verb QueueResumeVerb() {
  return {.noun = "queue",
          .verb = "resume",
          .summary = "assign tasks of a paused queue again",
          .options = Options(),
          .examples = {{"when it is back", "muster queue resume mail"}},
          .run = Resume};
}

}  // namespace muster::cli
