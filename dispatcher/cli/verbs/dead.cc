// muster dead list, show: tasks that nobody could finish, and messages that were no tasks.
#include "dispatcher/cli/context.h"
#include "dispatcher/cli/dead_letters.h"
#include "dispatcher/cli/human.h"
#include "dispatcher/cli/json.h"
#include "dispatcher/cli/printable.h"
#include "dispatcher/cli/table.h"
#include "dispatcher/cli/views.h"

namespace muster::cli {
namespace {

std::string Why(const v1::DeadLetter& letter) {
  std::string text = letter.error().code() == v1::ERROR_CODE_UNSPECIFIED ? "" : ErrorName(letter.error().code());
  if (!letter.error().message().empty()) text += (text.empty() ? "" : ": ") + letter.error().message();
  return text;
}

Exit List(Context& context) {
  auto api = Api::Connect(context.args());
  if (!api.ok()) return context.Fail(api.status());
  Output& out = context.out();
  const std::uint64_t limit = context.args().Count("limit", 100);
  const std::int64_t now_ms = Context::NowMs();
  Table table({{"ID", Column::Align::kLeft, false},
               {"QUEUE"},
               {"TYPE"},
               {"TRIES", Column::Align::kRight, false},
               {"LAST WORKER"},
               {"DIED", Column::Align::kLeft, false},
               {"WHY"}});
  std::uint64_t shown = 0;
  bool more = false;
  const Status status = ReadDeadLetters(**api, context.args().Text("queue"), [&](const StoredLetter& stored) {
    const v1::DeadLetter& letter = stored.letter;
    if (shown == limit) {
      more = true;
      return false;
    }
    ++shown;
    if (out.json()) {
      out.JsonLine(letter);
    } else {
      table.Add({letter.id(), stored.queue,
                 letter.has_task() ? Cell(letter.task().type()) : Cell("(no task)", Colour::kYellow),
                 std::to_string(letter.attempts()), letter.last_worker(), Ago(letter.dead_ms(), now_ms), Why(letter)});
    }
    return true;
  });
  if (!status.ok()) return context.Fail(status);
  if (out.json()) return Exit::kOk;
  out.Print(table, "no dead letters");
  if (more) out.Note("there are more: --limit shows them");
  return Exit::kOk;
}

void PrintPayload(Output& out, std::string_view bytes) {
  constexpr std::size_t kShown = 4096;
  if (bytes.empty()) return;
  out.Line("");
  out.Line(EscapeLines(bytes.substr(0, kShown)));
  if (bytes.size() > kShown) out.Note("… " + HumanSize(bytes.size() - kShown) + " more; --json has all of it");
}

Exit Show(Context& context) {
  auto api = Api::Connect(context.args());
  if (!api.ok()) return context.Fail(api.status());
  const Result<StoredLetter> found = FindDeadLetter(**api, context.args().Text("id"));
  if (!found.ok()) return context.Fail(found.status());
  const v1::DeadLetter& letter = found->letter;
  Output& out = context.out();
  if (out.json()) {
    out.Json(letter);
    return Exit::kOk;
  }
  const std::int64_t now_ms = Context::NowMs();
  Sheet sheet;
  sheet.Add("dead letter", letter.id());
  sheet.Add("why", Why(letter), Colour::kRed);
  sheet.Add("where", letter.error().where());
  sheet.Add("queue", found->queue);
  sheet.Add("subject", letter.subject());
  sheet.Add("died", Ago(letter.dead_ms(), now_ms) + " (" + UtcTime(letter.dead_ms()) + ")");
  sheet.Add("attempts", std::to_string(letter.attempts()));
  sheet.Add("last worker", letter.last_worker());
  sheet.Add("headers", Joined(letter.headers()));
  if (letter.has_task()) {
    sheet.Add("type", letter.task().type());
    sheet.Add("priority", PriorityText(letter.task().priority()));
    sheet.Add("requires", letter.task().require());
    sheet.Add("labels", Joined(letter.task().labels()));
    sheet.Add("payload", HumanSize(letter.task().payload().size()));
  } else {
    sheet.Add("bytes", HumanSize(letter.raw().size()));
  }
  out.Write(sheet.Print(out.colours()));
  PrintPayload(out, letter.has_task() ? letter.task().payload() : letter.raw());
  return Exit::kOk;
}

}  // namespace

Verb DeadListVerb() {
  return {.noun = "dead",
          .verb = "list",
          .summary = "dead letters: tasks out of attempts, and messages that were no tasks",
          .details = "With --json, one muster.v1.DeadLetter per line.",
          .options = {{.flags = "--queue,-q",
                       .kind = Kind::kText,
                       .value = "NAME",
                       .help = "of this queue; _undecodable for messages whose queue is not known"},
                      {.flags = "--limit,-n",
                       .kind = Kind::kCount,
                       .value = "COUNT",
                       .help = "at most so many; 100 when not given"}},
          .examples = {{"all", "muster dead list"}, {"of one queue", "muster dead list --queue mail"}},
          .run = List};
}

Verb DeadShowVerb() {
  return {.noun = "dead",
          .verb = "show",
          .summary = "one dead letter with its payload",
          .options = {{.flags = "id", .value = "ID", .help = "the letter", .required = true}},
          .examples = {{"a letter", "muster dead show 0190b6f2-7a3e-7cc1-9d53-3f1d6c0e8a11"}},
          .run = Show};
}

}  // namespace muster::cli
