#include "dispatcher/cli/views.h"

#include <map>

#include "dispatcher/cli/human.h"
#include "dispatcher/cli/printable.h"
#include "schemas/text.h"

namespace muster::cli {
namespace {

using Align = Column::Align;

std::string Dash(std::string_view text) {
  return text.empty() ? "-" : std::string(text);
}
std::string Percent(std::uint32_t percent) {
  return std::to_string(percent) + "%";
}
std::string Zero(std::uint64_t count) {
  return count == 0 ? std::string("-") : HumanCount(count);
}

std::string ErrorText(const v1::Error& error) {
  if (error.code() == v1::ERROR_CODE_UNSPECIFIED) return error.message();
  std::string text = ErrorName(error.code());
  if (!error.message().empty()) text += ": " + error.message();
  if (!error.where().empty()) text += " (" + error.where() + ")";
  return text;
}

std::string TaskAge(const v1::TaskView& task, std::int64_t now_ms) {
  return Ago(task.finished_ms() != 0 ? task.finished_ms() : task.submitted_ms(), now_ms);
}

std::string Both(std::int64_t time_ms, std::int64_t now_ms) {
  return time_ms == 0 ? std::string() : Ago(time_ms, now_ms) + " (" + UtcTime(time_ms) + ")";
}

}  // namespace

Colour StateColour(v1::TaskState state) {
  switch (state) {
    case v1::TASK_STATE_SUCCEEDED: return Colour::kGreen;
    case v1::TASK_STATE_RUNNING:
    case v1::TASK_STATE_ASSIGNED: return Colour::kCyan;
    case v1::TASK_STATE_FAILED:
    case v1::TASK_STATE_DEAD: return Colour::kRed;
    case v1::TASK_STATE_PARKED:
    case v1::TASK_STATE_BLOCKED:
    case v1::TASK_STATE_DELAYED:
    case v1::TASK_STATE_CANCELLED:
    case v1::TASK_STATE_EXPIRED: return Colour::kYellow;
    default: return Colour::kNone;
  }
}

std::string Joined(const google::protobuf::RepeatedPtrField<std::string>& words, std::string_view nothing) {
  std::string text;
  for (const std::string& word : words) text += (text.empty() ? "" : ", ") + word;
  return text.empty() ? std::string(nothing) : text;
}

std::string Joined(const google::protobuf::Map<std::string, std::string>& labels) {
  const std::map<std::string, std::string> sorted(labels.begin(), labels.end());
  std::string text;
  for (const auto& label : sorted) text += (text.empty() ? "" : ", ") + label.first + "=" + label.second;
  return text;
}

std::string ResourcesText(const google::protobuf::Map<std::string, std::int64_t>& resources) {
  return PrintResources(Resources(resources.begin(), resources.end()));
}

Table TaskTable(const v1::TaskList& list, std::int64_t now_ms) {
  Table table({{"ID", Align::kLeft, false},
               {"STATE", Align::kLeft, false},
               {"QUEUE"},
               {"PRIORITY", Align::kLeft, false},
               {"TYPE"},
               {"TRY", Align::kRight, false},
               {"WORKER"},
               {"AGE", Align::kLeft, false},
               {"WHY"}});
  for (const v1::TaskView& task : list.tasks()) {
    std::string state = StateName(task.state());
    if (task.progress_percent() > 0 && task.state() == v1::TASK_STATE_RUNNING) {
      state += " " + Percent(task.progress_percent());
    }
    table.Add({task.id(), Cell(state, StateColour(task.state())), task.queue(), PriorityText(task.priority()),
               task.type(), std::to_string(task.attempt()), Dash(task.worker()), TaskAge(task, now_ms),
               task.has_error() ? ErrorText(task.error()) : task.reason()});
  }
  return table;
}

Sheet TaskSheet(const v1::TaskView& task, std::int64_t now_ms) {
  Sheet sheet;
  sheet.Add("task", task.id());
  sheet.Add("state", StateName(task.state()), StateColour(task.state()));
  sheet.Add("why", task.reason());
  if (task.has_error()) sheet.Add("error", ErrorText(task.error()), Colour::kRed);
  sheet.Add("queue", task.queue() + ", priority " + std::string(PriorityText(task.priority())));
  sheet.Add("type", task.type());
  std::string attempts = std::to_string(task.attempt());
  if (task.max_attempts() > 0) {
    attempts += ", " + std::to_string(task.failures()) + " of " + std::to_string(task.max_attempts()) + " failed";
  }
  sheet.Add("attempt", attempts);
  sheet.Add("worker", task.worker());
  if (task.progress_percent() > 0 || !task.progress_message().empty()) {
    sheet.Add("progress", Percent(task.progress_percent()) + " " + task.progress_message());
  }
  sheet.Add("submitted", Both(task.submitted_ms(), now_ms));
  sheet.Add("assigned", Both(task.assigned_ms(), now_ms));
  sheet.Add("finished", Both(task.finished_ms(), now_ms));
  sheet.Add("due", Both(task.due_ms(), now_ms));
  sheet.Add("deadline", Both(task.deadline_ms(), now_ms));
  sheet.Add("requires", task.require());
  sheet.Add("resources", ResourcesText(task.resources()));
  sheet.Add("depends on", Joined(task.depends_on()));
  sheet.Add("tenant", task.tenant());
  sheet.Add("affinity", task.affinity());
  sheet.Add("labels", Joined(task.labels()));
  sheet.Add("payload", HumanSize(task.payload_bytes()));
  return sheet;
}

Table WorkerTable(const v1::WorkerList& list, std::int64_t now_ms) {
  Table table({{"WORKER", Align::kLeft, false},
               {"STATE", Align::kLeft, false},
               {"BUSY", Align::kRight, false},
               {"CPU", Align::kRight, false},
               {"MEM", Align::kRight, false},
               {"DONE", Align::kRight, false},
               {"FAILED", Align::kRight, false},
               {"MEAN", Align::kRight, false},
               {"BEAT", Align::kLeft, false},
               {"QUEUES"},
               {"CAPABILITIES"}});
  for (const v1::WorkerView& worker : list.workers()) {
    const Colour colour = worker.state() == "live"     ? Colour::kGreen
                          : worker.state() == "silent" ? Colour::kRed
                                                       : Colour::kYellow;
    table.Add({worker.name(), Cell(worker.state(), colour),
               std::to_string(worker.active()) + "/" + std::to_string(worker.slots()), Percent(worker.cpu_percent()),
               Percent(worker.memory_percent()), HumanCount(worker.succeeded()), Zero(worker.failed()),
               worker.response_ms() > 0 ? ShortDuration(worker.response_ms()) : std::string("-"),
               Ago(worker.last_beat_ms(), now_ms), Joined(worker.queues(), "all"), Joined(worker.capabilities(), "-")});
  }
  return table;
}

Sheet WorkerSheet(const v1::WorkerView& worker, std::int64_t now_ms) {
  Sheet sheet;
  sheet.Add("worker", worker.name());
  sheet.Add("state", worker.state(), worker.state() == "live" ? Colour::kGreen : Colour::kYellow);
  sheet.Add("busy", std::to_string(worker.active()) + " of " + std::to_string(worker.slots()) + " slots");
  if (worker.prefetch() > 0) sheet.Add("prefetch", std::to_string(worker.prefetch()));
  sheet.Add("queues", Joined(worker.queues(), "all"));
  sheet.Add("types", Joined(worker.types(), "all"));
  sheet.Add("capabilities", Joined(worker.capabilities()));
  sheet.Add("labels", Joined(worker.labels()));
  sheet.Add("offers", ResourcesText(worker.resources()));
  sheet.Add("free", ResourcesText(worker.resources_free()));
  if (worker.speed_milli() != 0) sheet.Add("speed", Fixed(worker.speed_milli() / 1000.0, 2));
  sheet.Add("load", "cpu " + Percent(worker.cpu_percent()) + ", memory " + Percent(worker.memory_percent()));
  sheet.Add("tasks", HumanCount(worker.succeeded()) + " succeeded, " + HumanCount(worker.failed()) + " failed, " +
                         HumanCount(worker.lost()) + " taken from it");
  if (worker.response_ms() > 0) sheet.Add("mean run", ShortDuration(worker.response_ms()));
  sheet.Add("last beat", Both(worker.last_beat_ms(), now_ms));
  sheet.Add("since", Both(worker.since_ms(), now_ms));
  sheet.Add("process", worker.host().empty() ? std::string() : worker.host() + ", pid " + std::to_string(worker.pid()));
  sheet.Add("version", worker.version());
  sheet.Add("region", worker.region());
  sheet.Add("group", worker.group());
  for (const auto& gauge : std::map<std::string, double>(worker.gauges().begin(), worker.gauges().end())) {
    sheet.Add("gauge " + EscapeText(gauge.first), Fixed(gauge.second, 3));
  }
  return sheet;
}

Table QueueTable(const v1::QueueList& list) {
  Table table({{"QUEUE", Align::kLeft, false},
               {"PRIORITY", Align::kLeft, false},
               {"STORED", Align::kRight, false},
               {"QUEUED", Align::kRight, false},
               {"RUNNING", Align::kRight, false},
               {"DELAYED", Align::kRight, false},
               {"BLOCKED", Align::kRight, false},
               {"PARKED", Align::kRight, false},
               {"ENDED", Align::kRight, false},
               {"DEAD", Align::kRight, false},
               {"OLDEST", Align::kRight, false},
               {"STRATEGY"},
               {"NOTE"}});
  for (const v1::QueueView& queue : list.queues()) {
    table.Add({queue.name(), PriorityText(queue.priority()), Zero(queue.stored()), Zero(queue.queued()),
               Zero(queue.assigned() + queue.running()), Zero(queue.delayed()), Zero(queue.blocked()),
               Cell(Zero(queue.parked()), queue.parked() > 0 ? Colour::kYellow : Colour::kNone), Zero(queue.ended()),
               Cell(Zero(queue.dead()), queue.dead() > 0 ? Colour::kRed : Colour::kNone),
               queue.oldest_ms() > 0 ? ShortDuration(static_cast<double>(queue.oldest_ms())) : std::string("-"),
               Dash(queue.strategy()), queue.paused() ? Cell("paused", Colour::kYellow) : Cell(queue.parked_reason())});
  }
  return table;
}

Sheet QueueSheet(const v1::QueueView& queue) {
  Sheet sheet;
  sheet.Add("queue", queue.name() + ", priority " + std::string(PriorityText(queue.priority())));
  if (queue.paused()) sheet.Add("state", "paused", Colour::kYellow);
  sheet.Add("in JetStream", HumanCount(queue.stored()) + " not pulled yet");
  sheet.Add("queued", HumanCount(queue.queued()));
  sheet.Add("delayed", HumanCount(queue.delayed()));
  sheet.Add("blocked", HumanCount(queue.blocked()));
  sheet.Add("parked", HumanCount(queue.parked()));
  sheet.Add("parked why", queue.parked_reason(), Colour::kYellow);
  sheet.Add("assigned", HumanCount(queue.assigned()));
  sheet.Add("running", HumanCount(queue.running()));
  sheet.Add("ended", HumanCount(queue.ended()));
  sheet.Add("dead", HumanCount(queue.dead()));
  if (queue.oldest_ms() > 0) sheet.Add("oldest waits", ShortDuration(static_cast<double>(queue.oldest_ms())));
  sheet.Add("strategy", queue.strategy());
  return sheet;
}

std::string ExplanationText(const v1::Explanation& explanation, bool colours, std::size_t width) {
  std::string out = EscapeText(explanation.id()) + " is " +
                    Paint(StateName(explanation.state()), StateColour(explanation.state()), colours);
  if (!explanation.worker().empty()) out += ", worker " + EscapeText(explanation.worker());
  out += ".\n";
  if (!explanation.summary().empty()) out += EscapeText(explanation.summary()) + "\n";
  if (explanation.never()) {
    out += Paint("No registered worker could ever run it.", Colour::kRed, colours) + "\n";
  }
  if (explanation.ahead() > 0) out += HumanCount(explanation.ahead()) + " tasks are served before it.\n";
  if (explanation.waits_for_size() > 0) out += "It waits for: " + EscapeText(Joined(explanation.waits_for())) + "\n";
  if (explanation.unblocked_by_size() > 0) {
    out += "\nWhat would let it run:\n";
    for (const std::string& cure : explanation.unblocked_by()) out += "  - " + EscapeText(cure) + "\n";
  }
  if (explanation.candidates_size() == 0) return out;
  out += "\nWorkers considered";
  if (!explanation.strategy().empty()) out += " by " + EscapeText(explanation.strategy());
  out += " (a lower score is better):\n";
  Table table({{"WORKER", Align::kLeft, false},
               {"", Align::kLeft, false},
               {"SCORE", Align::kRight, false},
               {"BUSY", Align::kRight, false},
               {"RULED OUT BY"}});
  for (const v1::Candidate& candidate : explanation.candidates()) {
    const bool eligible = candidate.ruled_out_by().empty();
    table.Add({candidate.worker(),
               candidate.chosen() ? Cell("chosen", Colour::kGreen)
               : eligible         ? Cell("eligible")
                                  : Cell("no", Colour::kDim),
               eligible ? Fixed(candidate.score(), 3) : std::string("-"),
               std::to_string(candidate.active()) + "/" + std::to_string(candidate.slots()), candidate.ruled_out_by()});
  }
  out += table.Print(width, colours);
  const auto shown = static_cast<std::uint32_t>(explanation.candidates_size());
  if (explanation.candidates_total() > shown) {
    out += "… and " + HumanCount(explanation.candidates_total() - shown) + " more\n";
  }
  return out;
}

}  // namespace muster::cli
