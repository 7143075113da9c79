// muster worker run: any program is a worker.
#include <unistd.h>

#include <string>
#include <utility>
#include <vector>

#include "dispatcher/cli/api.h"
#include "dispatcher/cli/context.h"
#include "dispatcher/cli/human.h"
#include "dispatcher/cli/json.h"
#include "dispatcher/cli/printable.h"
#include "muster/worker.h"
#include "schemas/limits.h"
#include "worker_sdk/src/exec/exec_handler.h"

namespace muster::cli {
namespace {

std::string Named(LogLevel level) {
  switch (level) {
    case LogLevel::kDebug: return "debug";
    case LogLevel::kInfo: return "info";
    case LogLevel::kWarning: return "warning";
    case LogLevel::kError: return "error";
  }
  return "info";
}

Result<WorkerOptions> OptionsFrom(Context& context) {
  const Args& args = context.args();
  Result<ConnectionOptions> connection = ConnectionFrom(args);
  if (!connection.ok()) return connection.status();
  WorkerOptions options;
  options.connection = std::move(connection).value();
  options.connection.connect_timeout = std::chrono::milliseconds(2000);
  options.connection.retry_for =
      args.Has("answer-timeout") ? args.Duration("answer-timeout", {}) : ConnectionOptions::kForever;
  options.name = args.Text("name");
  options.connection.name = "muster-worker" + (options.name.empty() ? "" : "-" + options.name);
  options.queues = args.All("queue");
  options.capabilities = args.All("capability");
  for (auto& label : args.Labels("label")) options.labels[label.first] = label.second;
  for (const auto& resource : args.ResourcesOf("resource")) options.resources[resource.first] = resource.second;
  options.slots = static_cast<std::uint32_t>(args.Count("slots", 0));
  options.prefetch = static_cast<std::uint32_t>(args.Count("prefetch", 0));
  options.drain_timeout = args.Duration("drain-timeout", options.drain_timeout);
  options.region = args.Text("region");
  options.group = args.Text("group");
  if (options.slots > limits::kSlotsMax) {
    return Status(ErrorCode::kBadRequest, "at most " + std::to_string(limits::kSlotsMax), "--slots");
  }
  const bool quiet = args.Has("quiet");
  // `context` outlives the worker; the SDK calls this one line at a time.
  options.log = [&context, quiet](LogLevel level, const std::string& line) {
    if (level == LogLevel::kDebug || (quiet && level == LogLevel::kInfo)) return;
    if (context.out().json()) {
      context.out().errors() << JsonObject().Set("level", Named(level)).Set("message", line).Print() << std::endl;
    } else {
      context.out().errors() << Named(level) << ": " << EscapeText(line) << std::endl;
    }
  };
  return options;
}

std::vector<std::string> CommandFrom(const Args& args) {
  // A command with blanks or shell signs in one word is for the shell; with arguments after "--" it is taken as it is.
  const std::string text = args.Text("exec");
  std::vector<std::string> command = {text};
  if (args.Has("args")) {
    command.insert(command.end(), args.All("args").begin(), args.All("args").end());
  } else if (access(text.c_str(), X_OK) != 0 && text.find_first_of(" \t|&;<>$`\"'*?(){}") != std::string::npos) {
    command = {"/bin/sh", "-c", text};
  }
  return command;
}

Exit Run(Context& context) {
  const Args& args = context.args();
  Result<WorkerOptions> options = OptionsFrom(context);
  if (!options.ok()) return context.Fail(options.status());
  ExecOptions exec;
  exec.command = CommandFrom(args);
  exec.result_content_type = args.Text("content-type");
  exec.kill_grace = args.Duration("kill-grace", exec.kill_grace);
  Result<Handler> handler = MakeExecHandler(std::move(exec));
  if (!handler.ok()) return context.Fail(handler.status());

  Worker worker(std::move(options).value());
  std::vector<std::string> types = args.All("type");
  if (types.empty()) types.emplace_back("*");
  for (const std::string& type : types) worker.Handle(type, *handler);
  context.out().Note("worker " + worker.name() + " starts; Ctrl-C hands back what it holds and ends it");
  const Status status = worker.Run();
  if (!status.ok()) return context.Fail(status);
  const WorkerStats stats = worker.stats();
  if (context.out().json()) {
    context.out().Line(JsonObject()
                           .Set("worker", worker.name())
                           .Set("started", stats.started)
                           .Set("succeeded", stats.succeeded)
                           .Set("failed", stats.failed)
                           .Set("cancelled", stats.cancelled)
                           .Set("released", stats.released)
                           .Print());
  } else {
    context.out().Note("worker " + worker.name() + ": " + HumanCount(stats.succeeded) + " succeeded, " +
                       HumanCount(stats.failed) + " failed, " + HumanCount(stats.cancelled) + " cancelled, " +
                       HumanCount(stats.released) + " handed back");
  }
  return Exit::kOk;
}

}  // namespace

Verb WorkerRunVerb() {
  return {
      .noun = "worker",
      .verb = "run",
      .summary = "make any program a worker",
      .details =
          "For each task the program is started: the payload on its standard input, the result from its standard "
          "output, "
          "and MUSTER_TASK_ID, MUSTER_TASK_TYPE, MUSTER_QUEUE, MUSTER_ATTEMPT, MUSTER_FENCING, MUSTER_DEADLINE_MS and "
          "MUSTER_CONTENT_TYPE in its environment. Exit code 0 is success; 64, 65, 77, 78 and 100 are failures for "
          "good; "
          "any other is tried again. SIGTERM and SIGINT drain the worker; a second one ends it at once.",
      .options =
          {
              {.flags = "--queue,-q",
               .kind = Kind::kName,
               .value = "NAME",
               .help = "a queue to take tasks from; every queue when not given",
               .repeated = true},
              {.flags = "--exec,-e",
               .value = "COMMAND",
               .help = "the program; with arguments after --, or a line for the shell",
               .required = true},
              {.flags = "--type,-t",
               .kind = Kind::kWord,
               .value = "NAME",
               .help = "a type of tasks it handles; every type when not given",
               .repeated = true},
              {.flags = "--name,-n",
               .kind = Kind::kName,
               .value = "NAME",
               .help = "the worker's name; <host>-<pid> when not given"},
              {.flags = "--capability,-c", .value = "NAME", .help = "something it can do", .repeated = true},
              {.flags = "--label,-l", .kind = Kind::kLabel, .value = "KEY=VALUE", .help = "a label", .repeated = true},
              {.flags = "--resource,-r",
               .kind = Kind::kResources,
               .value = "LIST",
               .help = "what it offers: cpu=8,memory=32GiB,vram=24GiB",
               .repeated = true},
              {.flags = "--slots",
               .kind = Kind::kCount,
               .value = "COUNT",
               .help = "tasks at once; one per processor when not given"},
              {.flags = "--prefetch",
               .kind = Kind::kCount,
               .value = "COUNT",
               .help = "tasks held beyond the slots; 0 when not given"},
              {.flags = "--drain-timeout",
               .kind = Kind::kDuration,
               .value = "DURATION",
               .help = "at the end, how long running tasks may take; 30s when not given"},
              {.flags = "--kill-grace",
               .kind = Kind::kDuration,
               .value = "DURATION",
               .help = "between SIGTERM and SIGKILL of a task that must stop; 5s when not given"},
              {.flags = "--content-type", .value = "TYPE", .help = "of the results"},
              {.flags = "--region", .kind = Kind::kName, .value = "NAME", .help = "where it is"},
              {.flags = "--group", .kind = Kind::kName, .value = "NAME", .help = "the group it belongs to"},
              {.flags = "--quiet", .kind = Kind::kFlag, .help = "log warnings and errors only"},
              {.flags = "args",
               .value = "ARGUMENT",
               .help = "arguments of the program, after --",
               .repeated = true,
               .rest = true},
          },
      .examples =
          {
              {"checksums", "muster worker run --queue sum --exec sha256sum"},
              {"with arguments and a capability",
               "muster worker run --queue resize --capability gpu --slots 2 --exec convert -- - -resize 50% -"},
              {"a line for the shell", "muster worker run --queue stats --exec 'wc -w | tr -d \" \"'"},
          },
      .run = Run,
  };
}

}  // namespace muster::cli
