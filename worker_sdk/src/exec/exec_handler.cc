#include "worker_sdk/src/exec/exec_handler.h"

#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <utility>

#include "schemas/limits.h"
#include "worker_sdk/src/clean_text.h"
#include "worker_sdk/src/exec/child.h"

namespace muster {
namespace {

using std::chrono::duration_cast;
using std::chrono::milliseconds;

// Of standard error in the error's message; the rest of limits::kTextBytesMax is for our own words.
constexpr std::size_t kErrorTailBytes = 440;

bool IsProgram(const std::string& path) {
  return ::access(path.c_str(), X_OK) == 0;
}

bool OnPath(const std::string& program) {
  if (program.find('/') != std::string::npos) return IsProgram(program);
  const char* path = std::getenv("PATH");
  std::string_view left(path != nullptr ? path : "/usr/local/bin:/usr/bin:/bin");
  while (!left.empty()) {
    const auto colon = left.find(':');
    const std::string folder(left.substr(0, colon));
    if (IsProgram((folder.empty() ? "." : folder) + "/" + program)) return true;
    left.remove_prefix(colon == std::string_view::npos ? left.size() : colon + 1);
  }
  return false;
}

Status CheckExits(const std::vector<int>& codes, const char* where) {
  for (int code : codes) {
    if (code < 1 || code > 255) return {ErrorCode::kBadRequest, "an exit code is between 1 and 255", where};
  }
  return {};
}

std::vector<std::string> Environment(const TaskContext& task) {
  const auto deadline = task.deadline();
  const std::int64_t deadline_ms = deadline ? duration_cast<milliseconds>(deadline->time_since_epoch()).count() : 0;
  return {
      "MUSTER_TASK_ID=" + task.id(),
      "MUSTER_TASK_TYPE=" + task.type(),
      "MUSTER_QUEUE=" + task.queue(),
      "MUSTER_ATTEMPT=" + std::to_string(task.attempt()),
      "MUSTER_FENCING=" + std::to_string(task.fencing()),
      "MUSTER_DEADLINE_MS=" + std::to_string(deadline_ms),
      "MUSTER_CONTENT_TYPE=" + CleanText(task.content_type(), limits::kTextBytesMax),
  };
}

bool Contains(const std::vector<int>& codes, int code) {
  return std::find(codes.begin(), codes.end(), code) != codes.end();
}

std::string Explain(const ChildEnd& end) {
  std::string text = end.exit_code >= 0
                         ? "exit code " + std::to_string(end.exit_code)
                         : "ended by signal " + std::to_string(end.signal) + " (" + ::strsignal(end.signal) + ")";
  std::string_view errors(end.errors);
  while (!errors.empty() && errors.back() == '\n') errors.remove_suffix(1);
  if (!errors.empty()) text += ": " + std::string(errors);
  return text;
}

Outcome Judge(const ExecOptions& options, ChildEnd& end) {
  if (end.spawn_error != 0) {
    return Outcome::Retry("cannot start " + options.command.front() + ": " + std::strerror(end.spawn_error));
  }
  if (end.output_too_large) {
    return Outcome::Fail("the program wrote more than " + std::to_string(limits::kResultBytesMax) + " bytes of result");
  }
  if (end.exit_code == 0) return Outcome::Success(std::move(end.output), options.result_content_type);
  if (end.stopped) return Outcome::Cancelled();
  if (end.exit_code > 0 && Contains(options.permanent_exits, end.exit_code) &&
      !Contains(options.retry_exits, end.exit_code)) {
    return Outcome::Fail(Explain(end));
  }
  return Outcome::Retry(Explain(end));
}

}  // namespace

Result<Handler> MakeExecHandler(ExecOptions options) {
  if (options.command.empty() || options.command.front().empty()) {
    return Status(ErrorCode::kBadRequest, "no program given", "exec");
  }
  if (!OnPath(options.command.front())) {
    return Status(ErrorCode::kNotFound, "there is no program " + options.command.front(), "exec");
  }
  if (Status status = CheckExits(options.permanent_exits, "permanent-exit"); !status.ok()) return status;
  if (Status status = CheckExits(options.retry_exits, "retry-exit"); !status.ok()) return status;
  // A program that closes its input early must not end the worker. The NATS library does the same when it starts.
  std::signal(SIGPIPE, SIG_IGN);
  return Handler([options = std::move(options)](TaskContext& task) {
    ChildSpec spec;
    spec.command = options.command;
    spec.environment = Environment(task);
    spec.input = task.payload();
    spec.output_bytes_max = limits::kResultBytesMax;
    spec.error_bytes_max = kErrorTailBytes;
    spec.kill_grace = options.kill_grace;
    spec.stop = [&task] { return task.cancelled(); };
    ChildEnd end = RunChild(spec);
    return Judge(options, end);
  });
}

}  // namespace muster
