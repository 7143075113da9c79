// muster dead replay, drop: what to do with dead letters.
#include <iostream>
#include <string>
#include <vector>

#include "dispatcher/cli/context.h"
#include "dispatcher/cli/dead_letters.h"
#include "dispatcher/cli/human.h"
#include "dispatcher/cli/json.h"
#include "dispatcher/cli/publisher.h"
#include "dispatcher/cli/verbs/task_wait.h"
#include "schemas/limits.h"
#include "schemas/subjects.h"

namespace muster::cli {
namespace {

// The letters named on the command line, or all of a queue, or all.
Result<std::vector<StoredLetter>> Chosen(Context& context, Api& api) {
  const Args& args = context.args();
  std::vector<StoredLetter> chosen;
  const std::vector<std::string>& ids = args.All("ids");
  if (!ids.empty() && (args.Has("all") || args.Has("queue"))) {
    return Status(ErrorCode::kBadRequest, "give ids, or --queue, or --all");
  }
  if (ids.empty() && !args.Has("all") && !args.Has("queue")) {
    return Status(ErrorCode::kBadRequest, "which letters? give ids, --queue NAME or --all");
  }
  for (const std::string& id : ids) {
    Result<StoredLetter> found = FindDeadLetter(api, id);
    if (!found.ok()) return found.status();
    chosen.push_back(std::move(found).value());
  }
  if (!ids.empty()) return chosen;
  const Status status = ReadDeadLetters(api, args.Text("queue"), [&chosen](StoredLetter stored) {
    chosen.push_back(std::move(stored));
    return true;
  });
  if (!status.ok()) return status;
  return chosen;
}

Status Remove(Api& api, const StoredLetter& stored) {
  const Status status = api.link().DeleteStored(subjects::kDeadStream, stored.sequence, api.timeout());
  // Somebody was faster.
  return status.code() == ErrorCode::kNotFound ? Status() : status;
}

v1::Task ReplayOf(const v1::DeadLetter& letter, std::int64_t now_ms) {
  v1::Task task = letter.task();
  // The old id is remembered as ended, and would not run again.
  task.set_id(FreshTaskId());
  auto& labels = *task.mutable_labels();
  if (labels.size() < limits::kLabelsMax) labels["replayed-from"] = letter.id();
  task.set_submitted_ms(now_ms);
  // It would expire at once.
  if (task.deadline_ms() != 0 && task.deadline_ms() <= now_ms) task.clear_deadline_ms();
  task.clear_not_before_ms();
  return task;
}

// One letter: stored as a new task first, then taken out of the dead letters, so that no step can lose it.
Result<std::string> Replay(Context& context, Api& api, const StoredLetter& stored) {
  if (!stored.letter.has_task()) {
    return Status(ErrorCode::kConflict,
                  "this letter holds no task (" + stored.letter.error().message() +
                      "); submit a corrected one, then muster dead drop it",
                  stored.letter.id());
  }
  Publisher publisher(api);
  Status status = publisher.Submit(ReplayOf(stored.letter, Context::NowMs()));
  if (!status.ok()) return status;
  publisher.Finish();
  const Submitted done = publisher.TakeFinished().front();
  if (!done.status.ok()) return done.status;
  if (!context.args().Has("keep")) {
    status = Remove(api, stored);
    if (!status.ok()) return status;
  }
  return done.task.id();
}

Exit RunReplay(Context& context) {
  auto api = Api::Connect(context.args());
  if (!api.ok()) return context.Fail(api.status());
  const Result<std::vector<StoredLetter>> chosen = Chosen(context, **api);
  if (!chosen.ok()) return context.Fail(chosen.status());
  Output& out = context.out();
  Progress bar(out, "replay", chosen->size());
  std::vector<std::string> ids;
  Exit code = Exit::kOk;
  std::uint64_t seen = 0;
  for (const StoredLetter& stored : *chosen) {
    const Result<std::string> id = Replay(context, **api, stored);
    if (!id.ok()) {
      bar.Clear();
      code = context.Fail(id.status());
      if (code == Exit::kUnavailable || code == Exit::kTimedOut) return code;
      continue;
    }
    ids.push_back(*id);
    bar.Clear();
    if (out.json()) {
      out.Line(JsonObject().Set("id", *id).Set("replayed_from", stored.letter.id()).Print());
    } else {
      out.Line(*id);
      out.Note("replays " + stored.letter.id() + " under a new id: ended ids do not run again");
    }
    bar.Update(++seen);
  }
  if (chosen->empty()) out.Note("no dead letters");
  if (code != Exit::kOk || !context.args().Has("wait") || ids.empty()) return code;
  return WaitFor(context, **api, ids, /*submitted_before=*/false, std::nullopt);
}

bool Confirmed(Context& context, std::size_t count) {
  context.out().errors() << "Drop " << count << " dead letter" << (count == 1 ? "" : "s")
                         << " for good? Type yes: " << std::flush;
  std::string answer;
  std::getline(std::cin, answer);
  return answer == "yes" || answer == "y";
}

Exit RunDrop(Context& context) {
  auto api = Api::Connect(context.args());
  if (!api.ok()) return context.Fail(api.status());
  const Result<std::vector<StoredLetter>> chosen = Chosen(context, **api);
  if (!chosen.ok()) return context.Fail(chosen.status());
  Output& out = context.out();
  if (!chosen->empty() && !context.args().Has("yes")) {
    if (!out.terminal().in_is_tty) {
      return context.Fail(ErrorCode::kBadRequest,
                          "this drops " + HumanCount(chosen->size()) + " dead letters for good: give --yes");
    }
    if (!Confirmed(context, chosen->size())) return context.Fail(ErrorCode::kCancelled, "nothing was dropped");
  }
  std::uint64_t dropped = 0;
  for (const StoredLetter& stored : *chosen) {
    const Status status = Remove(**api, stored);
    if (!status.ok()) return context.Fail(status);
    ++dropped;
  }
  if (out.json()) {
    out.Line(JsonObject().Set("dropped", dropped).Print());
  } else {
    out.Line(HumanCount(dropped) + " dropped");
  }
  return Exit::kOk;
}

std::vector<Option> WhichOptions() {
  return {{.flags = "ids", .value = "ID", .help = "letters", .repeated = true},
          {.flags = "--queue,-q", .value = "NAME", .help = "all of this queue"},
          {.flags = "--all", .kind = Kind::kFlag, .help = "all there are"}};
}

}  // namespace

Verb DeadReplayVerb() {
  std::vector<Option> options = WhichOptions();
  options.push_back({.flags = "--keep", .kind = Kind::kFlag, .help = "keep the letter too"});
  options.push_back({.flags = "--wait,-w", .kind = Kind::kFlag, .help = "wait until the replayed tasks have ended"});
  return {.noun = "dead",
          .verb = "replay",
          .summary = "submit dead tasks again",
          .details =
              "Each is submitted under a new id, which is printed, with the label replayed-from=OLD-ID: an ended id is "
              "remembered for a day and would not run again. A deadline that has passed is dropped. The letter goes "
              "once the new task is stored.",
          .options = std::move(options),
          .examples = {{"one, and see how it ends", "muster dead replay job-17 --wait"},
                       {"all of a queue, after a repair", "muster dead replay --queue mail"}},
          .run = RunReplay};
}

Verb DeadDropVerb() {
  std::vector<Option> options = WhichOptions();
  options.push_back({.flags = "--yes,-y", .kind = Kind::kFlag, .help = "do not ask"});
  return {.noun = "dead",
          .verb = "drop",
          .summary = "remove dead letters for good",
          .options = std::move(options),
          .examples = {{"one", "muster dead drop job-17"},
                       {"what was no task, without asking", "muster dead drop --queue _undecodable --yes"}},
          .run = RunDrop};
}

}  // namespace muster::cli
