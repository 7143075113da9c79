// Verbs that ask one question and print its answer. Threads: one.
#ifndef MUSTER_DISPATCHER_CLI_SIMPLE_ASK_H_
#define MUSTER_DISPATCHER_CLI_SIMPLE_ASK_H_

#include <functional>
#include <string_view>

#include "dispatcher/cli/api.h"
#include "dispatcher/cli/context.h"
#include "dispatcher/cli/printable.h"

namespace muster::cli {

// Connects, asks, and hands the reply to `print`; the exit code says what went wrong.
inline Exit AskAndPrint(Context& context, std::string_view noun, std::string_view verb,
                        const google::protobuf::Message& request,
                        const std::function<Exit(const v1::ApiReply&)>& print) {
  auto api = Api::Connect(context.args());
  if (!api.ok()) return context.Fail(api.status());
  const Result<v1::ApiReply> reply = (*api)->Ask(noun, verb, request);
  if (!reply.ok()) return context.Fail(reply.status());
  return print(*reply);
}

// For requests that change something: prints what musterd says was done.
inline Exit AskAndPrintDone(Context& context, std::string_view noun, std::string_view verb,
                            const google::protobuf::Message& request) {
  return AskAndPrint(context, noun, verb, request, [&context](const v1::ApiReply& reply) {
    Output& out = context.out();
    if (out.json()) {
      out.Json(reply.done());
    } else if (!reply.done().message().empty()) {
      out.Line(EscapeText(reply.done().message()));
    } else {
      out.Line(reply.done().changed() ? "done" : "nothing to do: it was so already");
    }
    return Exit::kOk;
  });
}

}  // namespace muster::cli

#endif  // MUSTER_DISPATCHER_CLI_SIMPLE_ASK_H_
