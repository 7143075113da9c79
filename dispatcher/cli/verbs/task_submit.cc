// muster task submit: payloads from the command line, files, standard input or a batch file become tasks.
#include <deque>
#include <filesystem>
#include <fstream>
#include <functional>
#include <iostream>
#include <iterator>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "dispatcher/cli/api.h"
#include "dispatcher/cli/context.h"
#include "dispatcher/cli/human.h"
#include "dispatcher/cli/json.h"
#include "dispatcher/cli/publisher.h"
#include "dispatcher/cli/verbs/task_wait.h"
#include "schemas/limits.h"

namespace muster::cli {
namespace {

// One byte more than is allowed, so that the encoder refuses what is too large without our reading all of it.
Result<std::string> ReadAll(std::istream& in, const std::string& name) {
  std::string data;
  std::vector<char> block(64 * 1024);
  while (data.size() <= limits::kPayloadBytesMax && in.read(block.data(), static_cast<std::streamsize>(block.size()))) {
    data.append(block.data(), block.size());
  }
  data.append(block.data(), static_cast<std::size_t>(in.gcount()));
  if (in.bad()) return Status(ErrorCode::kNotFound, "cannot read it", name);
  return data;
}

Result<std::string> ReadFile(const std::string& path) {
  std::error_code ignored;
  if (std::filesystem::is_directory(path, ignored)) {
    return Status(ErrorCode::kBadRequest, "this is a directory; name its files", path);
  }
  std::ifstream file(path, std::ios::binary);
  if (!file) return Status(ErrorCode::kNotFound, "cannot open this file", path);
  return ReadAll(file, path);
}

v1::RetryStrategy StrategyOf(const std::string& name) {
  if (name == "fixed") return v1::RETRY_STRATEGY_FIXED;
  if (name == "linear") return v1::RETRY_STRATEGY_LINEAR;
  if (name == "exponential") return v1::RETRY_STRATEGY_EXPONENTIAL;
  if (name == "jittered") return v1::RETRY_STRATEGY_JITTERED;
  return v1::RETRY_STRATEGY_UNSPECIFIED;
}

// What the options say of every task of this command.
v1::Task TaskFrom(const Args& args, std::int64_t now_ms) {
  v1::Task task;
  task.set_id(args.Text("id"));
  task.set_queue(args.Text("queue"));
  if (const auto priority = args.PriorityOf("priority")) task.set_priority(ToProto(*priority));
  task.set_type(args.Text("type"));
  task.set_content_type(args.Text("content-type"));
  task.set_require(args.Text("require"));
  task.set_prefer(args.Text("prefer"));
  for (const auto& resource : args.ResourcesOf("resources"))
    (*task.mutable_resources())[resource.first] = resource.second;
  task.set_affinity(args.Text("affinity"));
  task.set_tenant(args.Text("tenant"));
  task.set_pool(args.Text("pool"));
  if (args.Has("max-attempts") || args.Has("retry") || args.Has("retry-delay") || args.Has("retry-delay-max")) {
    v1::RetryPolicy& retry = *task.mutable_retry();
    retry.set_max_attempts(static_cast<std::uint32_t>(args.Count("max-attempts", 0)));
    retry.set_strategy(StrategyOf(args.Text("retry")));
    retry.set_base_delay_ms(args.Duration("retry-delay", std::chrono::milliseconds(0)).count());
    retry.set_max_delay_ms(args.Duration("retry-delay-max", std::chrono::milliseconds(0)).count());
  }
  task.set_timeout_ms(args.Duration("timeout", std::chrono::milliseconds(0)).count());
  task.set_deadline_ms(args.TimestampMs("deadline", now_ms).value_or(0));
  task.set_not_before_ms(args.TimestampMs("not-before", now_ms).value_or(0));
  for (const std::string& id : args.All("depends-on")) task.add_depends_on(id);
  if (args.Text("on-dependency-failure") == "release") {
    task.set_on_dependency_failure(v1::DEPENDENCY_FAILURE_RELEASE);
  } else if (args.Text("on-dependency-failure") == "fail") {
    task.set_on_dependency_failure(v1::DEPENDENCY_FAILURE_FAIL);
  }
  if (args.Text("result") == "discard") task.set_result(v1::RESULT_POLICY_DISCARD);
  task.set_result_ttl_ms(args.Duration("result-ttl", std::chrono::milliseconds(0)).count());
  task.set_reply_to(args.Text("reply-to"));
  for (const auto& label : args.Labels("label")) (*task.mutable_labels())[label.first] = label.second;
  return task;
}

// Where payloads come from: calls `take` for each task until it says no.
using Take = std::function<bool(v1::Task)>;

Status FromFiles(const std::vector<std::string>& files, const v1::Task& model, const Take& take) {
  for (const std::string& path : files) {
    Result<std::string> data = path == "-" ? ReadAll(std::cin, "standard input") : ReadFile(path);
    if (!data.ok()) return data.status();
    v1::Task task = model;
    task.set_payload(std::move(data).value());
    if (path != "-") (*task.mutable_labels())["file"] = path.substr(0, limits::kTextBytesMax);
    if (!take(std::move(task))) break;
  }
  return Status();
}

Status FromBatch(const std::string& path, const v1::Task& model, const Take& take) {
  std::ifstream file;
  if (path != "-") {
    file.open(path);
    if (!file) return Status(ErrorCode::kNotFound, "cannot open this file", path);
  }
  std::istream& in = path == "-" ? std::cin : file;
  std::string line;
  for (std::uint64_t number = 1; std::getline(in, line); ++number) {
    if (line.find_first_not_of(" \t\r") == std::string::npos) continue;
    const Result<v1::Task> read = TaskFromJson(line);
    if (!read.ok()) {
      return Status(read.status().code(), read.status().message(), path + ":" + std::to_string(number));
    }
    v1::Task task = model;
    task.MergeFrom(*read);  // the line wins over the options
    if (!take(std::move(task))) break;
  }
  return Status();
}

Status CheckCombination(const Args& args, bool stdin_is_tty) {
  const std::size_t files = args.All("file").size() + args.All("files").size();
  const int sources = (args.Has("data") ? 1 : 0) + (files > 0 ? 1 : 0) + (args.Has("batch") ? 1 : 0);
  const auto wrong = [](std::string message) { return Status(ErrorCode::kBadRequest, std::move(message)); };
  if (sources > 1) return wrong("--data, files and --batch are three sources of payloads; give one");
  if (sources == 0 && stdin_is_tty) {
    return wrong(
        "a payload is missing: --data TEXT, FILE, --batch FILE or standard input (--data '' for an empty one)");
  }
  if (args.Has("id") && (files > 1 || args.Has("batch"))) return wrong("--id names one task, but there may be many");
  if (!args.Has("queue") && !args.Has("batch")) return wrong("--queue is missing: which queue the task goes to");
  return Status();
}

class Submission {
 public:
  Submission(Context& context, Api& api, std::size_t total)
      : context_(context), publisher_(api), progress_(context.out(), "submit", total) {}

  // False after the first task that failed: the rest is not sent.
  bool Take(v1::Task task) {
    const std::string where = task.labels().contains("file") ? task.labels().at("file") : task.id();
    const Status status = publisher_.Submit(std::move(task));
    if (!status.ok()) {
      error_ = Status(status.code(), status.message(), where.empty() ? status.where() : where + ": " + status.where());
    }
    Collect();
    return error_.ok();
  }

  Status Finish() {
    publisher_.Finish();
    Collect();
    progress_.Clear();
    return error_;
  }

  const std::vector<std::string>& ids() const { return ids_; }

 private:
  void Collect() {
    for (const Submitted& one : publisher_.TakeFinished()) {
      if (!one.status.ok()) {
        if (error_.ok()) error_ = one.status;
        continue;
      }
      ids_.push_back(one.task.id());
      Print(one);
    }
    progress_.Update(ids_.size());
  }

  void Print(const Submitted& one) {
    Output& out = context_.out();
    if (out.json()) {
      out.Line(JsonObject()
                   .Set("id", one.task.id())
                   .Set("queue", one.task.queue())
                   .Set("stream", one.receipt.stream)
                   .Set("sequence", one.receipt.sequence)
                   .Set("duplicate", one.receipt.duplicate)
                   .Print());
      return;
    }
    progress_.Clear();
    out.Line(one.task.id());
    if (one.receipt.duplicate) out.Note("task " + one.task.id() + " was submitted before; it runs once");
  }

  Context& context_;
  Publisher publisher_;
  Progress progress_;
  std::vector<std::string> ids_;
  Status error_;
};

Exit Run(Context& context) {
  const Args& args = context.args();
  Status status = CheckCombination(args, context.out().terminal().in_is_tty);
  if (!status.ok()) return context.Fail(status);
  auto api = Api::Connect(args);
  if (!api.ok()) return context.Fail(api.status());

  std::vector<std::string> files = args.All("files");
  files.insert(files.end(), args.All("file").begin(), args.All("file").end());
  v1::Task model = TaskFrom(args, Context::NowMs());
  Submission submission(context, **api, files.size());
  const auto take = [&submission](v1::Task task) { return submission.Take(std::move(task)); };
  if (args.Has("batch")) {
    status = FromBatch(args.Text("batch"), model, take);
  } else if (args.Has("data")) {
    model.set_payload(args.Text("data"));
    take(model);
  } else {
    status = FromFiles(files.empty() ? std::vector<std::string>{"-"} : files, model, take);
  }
  const Status sent = submission.Finish();
  if (status.ok()) status = sent;
  if (!status.ok()) {
    if (!submission.ids().empty()) context.out().Note(HumanCount(submission.ids().size()) + " tasks were submitted");
    return context.Fail(status);
  }
  if (!args.Has("wait")) return Exit::kOk;
  return WaitFor(context, **api, submission.ids(), /*submitted_before=*/false, args.Duration("wait-timeout"));
}

}  // namespace

Verb TaskSubmitVerb() {
  return {
      .noun = "task",
      .verb = "submit",
      .summary = "submit tasks and print their ids",
      .details =
          "The payload comes from --data, from files (each is a task of its own, labelled file=PATH), from standard "
          "input, or line by line from a batch file. An id is printed when JetStream has stored the task; from then "
          "on it is not lost. Submitting an id again within a day does not run it again.",
      .options =
          {
              {.flags = "files", .value = "FILE", .help = "files with payloads; - is standard input", .repeated = true},
              {.flags = "--queue,-q", .kind = Kind::kName, .value = "NAME", .help = "the queue"},
              {.flags = "--priority,-p",
               .kind = Kind::kPriority,
               .value = "NAME",
               .help = "critical, high, normal (when not given), low or background"},
              {.flags = "--type,-t",
               .kind = Kind::kWord,
               .value = "NAME",
               .help = "which handler runs it; the queue's name when not given"},
              {.flags = "--data,-d", .value = "TEXT", .help = "the payload"},
              {.flags = "--file,-f", .value = "FILE", .help = "a file with the payload", .repeated = true},
              {.flags = "--batch",
               .value = "FILE",
               .help =
                   "a task for each line: the JSON form of muster.v1.Task, with \"data\" for a payload in text; - is "
                   "standard input; the options fill what a line leaves out"},
              {.flags = "--id",
               .kind = Kind::kTaskId,
               .value = "ID",
               .help = "the task's id; a new UUID when not given"},
              {.flags = "--content-type", .value = "TYPE", .help = "what the payload is, for the worker"},
              {.flags = "--require,-r",
               .kind = Kind::kRequire,
               .value = "EXPRESSION",
               .help = "what a worker must have: gpu, model:llama-70b, !windows, (cuda|rocm), zone=eu, memory>=8"},
              {.flags = "--prefer",
               .kind = Kind::kRequire,
               .value = "EXPRESSION",
               .help = "what a worker had better have, in the same language"},
              {.flags = "--resources",
               .kind = Kind::kResources,
               .value = "LIST",
               .help = "what it takes while it runs: cpu=0.5,memory=4GiB,license=1",
               .repeated = true},
              {.flags = "--timeout",
               .kind = Kind::kDuration,
               .value = "DURATION",
               .help = "longest run of one attempt; the dispatcher's default when not given"},
              {.flags = "--deadline",
               .kind = Kind::kTimestamp,
               .value = "TIME",
               .help = "when it is too late: 2026-03-01T12:00:00Z, unix seconds, or +10m"},
              {.flags = "--not-before", .kind = Kind::kTimestamp, .value = "TIME", .help = "when it may start"},
              {.flags = "--max-attempts", .kind = Kind::kCount, .value = "COUNT", .help = "attempts before it is dead"},
              {.flags = "--retry",
               .value = "STRATEGY",
               .help = "how the delay between attempts grows: fixed, linear, exponential or jittered",
               .choices = "fixed|linear|exponential|jittered"},
              {.flags = "--retry-delay", .kind = Kind::kDuration, .value = "DURATION", .help = "the first delay"},
              {.flags = "--retry-delay-max", .kind = Kind::kDuration, .value = "DURATION", .help = "the longest delay"},
              {.flags = "--depends-on",
               .kind = Kind::kTaskId,
               .value = "ID",
               .help = "a task that must succeed first",
               .repeated = true},
              {.flags = "--on-dependency-failure",
               .value = "WHAT",
               .help = "when one of them does not succeed: fail (when not given), or release to run all the same",
               .choices = "fail|release"},
              {.flags = "--affinity",
               .value = "KEY",
               .help = "tasks with the same key go to the same worker, if they can"},
              {.flags = "--tenant", .kind = Kind::kWord, .value = "NAME", .help = "for whom"},
              {.flags = "--pool", .kind = Kind::kWord, .value = "NAME", .help = "the bulkhead pool"},
              {.flags = "--label,-l", .kind = Kind::kLabel, .value = "KEY=VALUE", .help = "a label", .repeated = true},
              {.flags = "--result",
               .value = "WHAT",
               .help = "store the result (when not given), or discard it",
               .choices = "store|discard"},
              {.flags = "--result-ttl",
               .kind = Kind::kDuration,
               .value = "DURATION",
               .help = "how long the result is kept; a day when not given"},
              {.flags = "--reply-to", .value = "SUBJECT", .help = "a subject that gets the result too"},
              {.flags = "--wait,-w",
               .kind = Kind::kFlag,
               .help = "wait until all have ended; then the exit code is 0 only if all succeeded"},
              {.flags = "--wait-timeout",
               .kind = Kind::kDuration,
               .value = "DURATION",
               .help = "how long --wait waits; for ever when not given"},
          },
      .examples =
          {
              {"one task, and its outcome", "muster task submit --queue mail --data '{\"to\": \"ada\"}' --wait"},
              {"a task for every file, urgent, on workers with a GPU",
               "muster task submit --queue resize --priority high --require gpu photos/*.jpg"},
              {"from a program", "date | muster task submit --queue log --max-attempts 5 --retry exponential"},
              {"many different ones",
               "echo '{\"queue\": \"mail\", \"data\": \"hi\", \"priority\": \"low\"}' | muster task submit --batch -"},
          },
      .run = Run,
  };
}

}  // namespace muster::cli
