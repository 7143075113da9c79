// muster worker list, show, drain, undrain.
#include <algorithm>
#include <chrono>
#include <thread>

#include "dispatcher/cli/human.h"
#include "dispatcher/cli/simple_ask.h"
#include "dispatcher/cli/views.h"

namespace muster::cli {
namespace {

constexpr std::chrono::milliseconds kPollEvery{200};

v1::WorkerRequest RequestOf(Context& context) {
  v1::WorkerRequest request;
  request.set_worker(context.args().Text("worker"));
  return request;
}

Option WorkerOption() {
  return {.flags = "worker", .kind = Kind::kName, .value = "NAME", .help = "the worker", .required = true};
}

Exit List(Context& context) {
  return AskAndPrint(context, "worker", "list", v1::WorkerRequest(), [&context](const v1::ApiReply& reply) {
    Output& out = context.out();
    if (out.json()) {
      out.Json(reply.workers());
    } else {
      out.Print(WorkerTable(reply.workers(), Context::NowMs()),
                "no workers; start one with: muster worker run --queue NAME --exec COMMAND");
    }
    return Exit::kOk;
  });
}

Exit Show(Context& context) {
  return AskAndPrint(context, "worker", "show", RequestOf(context), [&context](const v1::ApiReply& reply) {
    Output& out = context.out();
    if (reply.workers().workers_size() == 0) return context.Fail(ErrorCode::kNotFound, "no such worker");
    const v1::WorkerView& worker = reply.workers().workers(0);
    if (out.json()) {
      out.Json(worker);
    } else {
      out.Write(WorkerSheet(worker, Context::NowMs()).Print(out.colours()));
    }
    return Exit::kOk;
  });
}

// Until the worker runs nothing, or is gone.
Exit WaitUntilIdle(Context& context, Api& api, std::optional<std::chrono::milliseconds> limit) {
  const auto begin = std::chrono::steady_clock::now();
  std::uint32_t most = 0;
  Progress bar(context.out(), "drain " + context.args().Text("worker"), 0);
  while (true) {
    const Result<v1::ApiReply> reply = api.Ask("worker", "show", RequestOf(context));
    if (!reply.ok() && reply.status().code() != ErrorCode::kNotFound) return context.Fail(reply.status());
    const std::uint32_t active =
        reply.ok() && reply->workers().workers_size() > 0 ? reply->workers().workers(0).active() : 0;
    if (active == 0) return Exit::kOk;
    most = std::max(most, active);
    bar.Update(most - active, std::to_string(active) + " still run");
    if (limit && std::chrono::steady_clock::now() - begin > *limit) {
      bar.Clear();
      return context.Fail(ErrorCode::kTimeout, std::to_string(active) + " tasks still run");
    }
    std::this_thread::sleep_for(kPollEvery);
  }
}

Exit Drain(Context& context) {
  const Args& args = context.args();
  v1::WorkerRequest request = RequestOf(context);
  const auto timeout = args.Duration("timeout");
  request.set_timeout_ms(timeout.value_or(std::chrono::milliseconds(0)).count());
  auto api = Api::Connect(args);
  if (!api.ok()) return context.Fail(api.status());
  const Result<v1::ApiReply> reply = (*api)->Ask("worker", "drain", request);
  if (!reply.ok()) return context.Fail(reply.status());
  if (args.Has("wait")) {
    // What is handed back takes a moment longer than the time it was given.
    std::optional<std::chrono::milliseconds> limit;
    if (timeout) limit = *timeout + std::chrono::seconds(10);
    const Exit waited = WaitUntilIdle(context, **api, limit);
    if (waited != Exit::kOk) return waited;
  }
  Output& out = context.out();
  if (out.json()) {
    out.Json(reply->done());
  } else {
    out.Line(args.Has("wait")                  ? "drained"
             : reply->done().message().empty() ? "draining"
                                               : EscapeText(reply->done().message()));
  }
  return Exit::kOk;
}

Exit Undrain(Context& context) {
  return AskAndPrintDone(context, "worker", "undrain", RequestOf(context));
}

}  // namespace

Verb WorkerListVerb() {
  return {
      .noun = "worker",
      .verb = "list",
      .summary = "workers, how busy they are and what they can do",
      .options = {},
      .examples = {{"all", "muster worker list"},
                   {"names of those with a GPU",
                    "muster worker list --json | jq -r '.workers[] | select(.capabilities | index(\"gpu\")) | .name'"}},
      .run = List};
}

Verb WorkerShowVerb() {
  return {.noun = "worker",
          .verb = "show",
          .summary = "all that is known of a worker",
          .options = {WorkerOption()},
          .examples = {{"a worker", "muster worker show gpu-1"}},
          .run = Show};
}

Verb WorkerDrainVerb() {
  return {.noun = "worker",
          .verb = "drain",
          .summary = "give a worker no new tasks",
          .options = {WorkerOption(),
                      {.flags = "--timeout",
                       .kind = Kind::kDuration,
                       .value = "DURATION",
                       .help = "what runs longer than this is handed back; never when not given"},
                      {.flags = "--wait,-w", .kind = Kind::kFlag, .help = "wait until it runs nothing"}},
          .examples = {{"before an update of its machine", "muster worker drain gpu-1 --timeout 30s --wait"}},
          .run = Drain};
}

Verb WorkerUndrainVerb() {
  return {.noun = "worker",
          .verb = "undrain",
          .summary = "give a drained worker tasks again",
          .options = {WorkerOption()},
          .examples = {{"after the update", "muster worker undrain gpu-1"}},
          .run = Undrain};
}

}  // namespace muster::cli
