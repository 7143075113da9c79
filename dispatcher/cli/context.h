// What a verb is run with. Threads: one.
#ifndef MUSTER_DISPATCHER_CLI_CONTEXT_H_
#define MUSTER_DISPATCHER_CLI_CONTEXT_H_

#include <chrono>
#include <cstdint>
#include <string_view>

#include "dispatcher/cli/args.h"
#include "dispatcher/cli/exit.h"
#include "dispatcher/cli/output.h"

namespace muster::cli {

class Context {
 public:
  Context(const Args& args, Output& out) : args_(args), out_(out) {}

  const Args& args() const { return args_; }
  Output& out() { return out_; }

  // Says what went wrong and gives the exit code for it.
  Exit Fail(const Status& status) {
    out_.Error(status);
    return ExitOf(status.code());
  }
  Exit Fail(ErrorCode code, std::string message) { return Fail(Status(code, std::move(message))); }

  // Unix time of this machine.
  static std::int64_t NowMs() {
    return std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::system_clock::now().time_since_epoch())
        .count();
  }

 private:
  const Args& args_;
  Output& out_;
};

}  // namespace muster::cli

#endif  // MUSTER_DISPATCHER_CLI_CONTEXT_H_
