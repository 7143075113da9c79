#include "tests/transcript/engine/script.h"

#include <algorithm>
#include <sstream>
#include <utility>

#include "schemas/invariant.h"

namespace muster::engine {
namespace {

std::vector<std::string> Split(const std::string& text, char by) {
  std::vector<std::string> parts;
  std::istringstream in(text);
  for (std::string part; std::getline(in, part, by);) {
    if (!part.empty()) parts.push_back(part);
  }
  return parts;
}

// The value of key=value among the words; spaces in it are written as '~'.
std::string Value(const std::vector<std::string>& words, const std::string& key, const std::string& otherwise = "") {
  for (const std::string& word : words) {
    if (word.rfind(key + "=", 0) != 0) continue;
    std::string value = word.substr(key.size() + 1);
    std::replace(value.begin(), value.end(), '~', ' ');
    return value;
  }
  return otherwise;
}

bool Has(const std::vector<std::string>& words, const std::string& flag) {
  return std::find(words.begin(), words.end(), flag) != words.end();
}

Duration DurationOf(const std::string& text) {
  const Result<Duration> parsed = ParseDuration(text);
  INVARIANT(parsed.ok());
  return *parsed;
}

std::uint32_t NumberOf(const std::string& text) {
  return static_cast<std::uint32_t>(std::stoul(text));
}

ErrorCode CodeOf(const std::string& name) {
  for (int code = 0; code < 100; ++code) {
    if (ErrorCodeName(static_cast<ErrorCode>(code)) == name) return static_cast<ErrorCode>(code);
  }
  INVARIANT(false);
}

}  // namespace

Script::Script() {
  options_.scaling.enabled = false;
  shown_ = {"assign", "cancel",  "revoke", "done",   "dead", "nak",
            "rest",   "release", "drain",  "signal", "lost", "answer"};
  Restart(true);
  out_.clear();
}

std::string Script::Play(const std::string& text) {
  std::string played;
  std::istringstream in(text);
  for (std::string line; std::getline(in, line);) {
    if (line.rfind('>', 0) == 0) continue;
    played += line + "\n";
    if (line.empty() || line[0] == '#') continue;
    Line(line);
    for (const std::string& told : out_) played += "> " + told + "\n";
    out_.clear();
  }
  return played;
}

void Script::Line(const std::string& line) {
  const Words words = Split(line, ' ');
  const std::string& verb = words[0];
  if (verb == "worker") return AddWorker(words);
  if (verb == "submit") return Submit(words);
  if (verb == "report") return Report(words);
  if (verb == "pass") return Pass(DurationOf(words[1]), Split(Value(words, "beats"), ','));
  if (verb == "show") {
    shown_.insert(words.begin() + 1, words.end());
    return;
  }
  if (verb == "hide") {
    for (const std::string& kind : words) shown_.erase(kind);
    return;
  }
  if (verb == "option") {
    const std::string value = Value(words, words[1].substr(0, words[1].find('=')));
    if (words[1].rfind("ageing=", 0) == 0)
      options_.ageing = value == "off" ? EngineOptions::kAgeingOff : DurationOf(value);
    if (words[1].rfind("parked=", 0) == 0) options_.parked_per_queue_max = NumberOf(value);
    if (words[1].rfind("strategy=", 0) == 0) options_.strategy = value;
    if (words[1].rfind("depth_up=", 0) == 0) {
      options_.scaling.enabled = true;
      options_.scaling.depth_up = NumberOf(value);
    }
    Restart(true);
    out_.clear();
    return;
  }
  if (verb == "confirm") {  // confirm off: publishes are not confirmed until 'stored ok' or 'stored failed'
    confirm_ = words[1] == "on";
    return;
  }
  if (verb == "stored") {
    const std::vector<std::uint64_t> tokens = std::move(tokens_);
    tokens_.clear();
    for (std::uint64_t token : tokens) Feed(StoredDone{token, words[1] == "ok", words[1] == "gone", ++sequence_});
    return Finish();
  }
  if (verb == "restart") return Restart(Has(words, "journal=lost"));
  if (verb == "redeliver") {
    for (std::size_t i = 1; i < words.size(); ++i) Deliver(words[i]);
    return;
  }
  if (verb == "explain") {
    const std::optional<Explanation> told = engine_->Explain(now_, words[1]);
    Out("", told ? "explain " + words[1] + ": " + told->summary + (told->never ? " (never)" : "")
                 : "explain " + words[1] + ": unknown");
    if (told) {
      for (const Candidate& c : told->candidates)
        Out("", "candidate " + c.worker + ": " +
                    (c.chosen                 ? "chosen"
                     : c.ruled_out_by.empty() ? "could"
                                              : c.ruled_out_by));
      for (const std::string& what : told->unblocked_by) Out("", "unblocked by: " + what);
    }
    return;
  }
  if (verb == "state") {
    const std::optional<TaskView> view = engine_->Show(words[1]);
    return Out("", "state " + words[1] + ": " + (view ? std::string(TaskStateName(view->state)) : "unknown"));
  }
  if (verb == "beat") Feed(WorkerBeat{words[1], workers_.at(words[1]).incarnation, WorkerLoad{}});
  if (verb == "bye") Feed(WorkerBye{words[1], workers_.at(words[1]).incarnation, "stopped"});
  if (verb == "unreachable") Feed(WorkerUnreachable{words[1]});
  if (verb == "cancel") Feed(CancelTask{words[1], "", 1});
  if (verb == "drain") Feed(DrainCommand{words[1], Duration{}, true, 1});
  if (verb == "undrain") Feed(DrainCommand{words[1], Duration{}, false, 1});
  if (verb == "pause") Feed(PauseCommand{words[1], true, Priority::kNormal, true, 1});
  if (verb == "resume") Feed(PauseCommand{words[1], true, Priority::kNormal, false, 1});
  if (verb == "strategy") Feed(StrategyCommand{words[1], words.size() > 2 ? words[2] : "", 1});
  if (verb == "disconnect") Feed(Connected{false});
  if (verb == "connect") Feed(Connected{true});
  if (verb == "depth") {
    Feed(QueueDepth{ParsePriority(Value(words, "priority", "normal")).value(), words[1], NumberOf(words[2]), 0});
  }
  if (verb == "inventory") {
    WorkerInventory inventory{
        words[1], workers_.at(words[1]).incarnation, std::stoull(Value(words, "token")), {}, true};
    for (const std::string& held : Split(Value(words, "holding"), ',')) {
      const Words parts = Split(held, '/');
      inventory.holding.push_back(Attempt{TaskIdOf(parts[0]), parts[0], NumberOf(parts[1]), std::stoull(parts[2])});
    }
    Feed(inventory);
  }
  Finish();
}

void Script::AddWorker(const Words& words) {
  WorkerInfo info;
  info.name = words[1];
  info.incarnation = std::stoull(Value(words, "incarnation", "1"));
  info.slots = NumberOf(Value(words, "slots", "1"));
  info.prefetch = NumberOf(Value(words, "prefetch", "0"));
  info.speed_milli = NumberOf(Value(words, "speed", "1000"));
  for (const std::string& capability : Split(Value(words, "capabilities"), ',')) info.capabilities.insert(capability);
  for (const std::string& label : Split(Value(words, "labels"), ',')) {
    info.labels[label.substr(0, label.find(':'))] = label.substr(label.find(':') + 1);
  }
  info.resources = *ParseResources(Value(words, "resources"));
  info.queues = Split(Value(words, "queues"), ',');
  info.types = Split(Value(words, "types"), ',');
  workers_[info.name] = info;
  WorkerHello hello{info, {}, true};
  for (const std::string& held : Split(Value(words, "holding"), ',')) {
    const Words parts = Split(held, '/');
    hello.holding.push_back(Attempt{TaskIdOf(parts[0]), parts[0], NumberOf(parts[1]), std::stoull(parts[2])});
  }
  Feed(hello);
  Finish();
}

void Script::Submit(const Words& words) {
  auto spec = std::make_shared<TaskSpec>();
  spec->name = words[1];
  spec->id = TaskIdOf(words[1]);
  spec->queue = Value(words, "queue", "q");
  spec->type = Value(words, "type", spec->queue);
  spec->priority = ParsePriority(Value(words, "priority", "normal")).value();
  const Result<Requirement> require = Requirement::Parse(Value(words, "require"));
  INVARIANT(require.ok());
  spec->require = *require;
  spec->resources = *ParseResources(Value(words, "resources"));
  spec->retry.max_attempts = NumberOf(Value(words, "attempts", "3"));
  spec->retry.strategy = RetryStrategy::kExponential;
  spec->timeout = DurationOf(Value(words, "timeout", "0"));
  const std::string deadline = Value(words, "deadline");
  if (!deadline.empty()) spec->deadline = now_ + DurationOf(deadline);
  const std::string not_before = Value(words, "not_before");
  if (!not_before.empty()) spec->not_before = now_ + DurationOf(not_before);
  spec->depends_on = Split(Value(words, "after"), ',');
  spec->run_after_failed_dependency = Has(words, "release");
  spec->store_result = Value(words, "result", "store") == "store";
  Source source;
  source.stream = "MUSTER_TASKS";
  source.sequence = ++sequence_;
  source.ack = "ack." + std::to_string(source.sequence);
  source.stored = now_;
  name_of_ack_[source.ack] = words[1];
  messages_[words[1]] = TaskArrived{std::move(spec), source};
  Feed(messages_[words[1]]);
  Finish();
}

void Script::Deliver(const std::string& id) {
  TaskArrived& message = messages_.at(id);
  message.source.ack += "'";
  name_of_ack_[message.source.ack] = id;
  Feed(message);
  Finish();
}

void Script::Report(const Words& words) {
  WorkerReport report;
  report.worker = words[1];
  report.incarnation = std::stoull(Value(words, "incarnation", std::to_string(workers_.at(words[1]).incarnation)));
  report.attempt = Attempt{TaskIdOf(words[2]), words[2], NumberOf(Value(words, "attempt", "1")),
                           std::stoull(Value(words, "epoch", std::to_string(epoch_)))};
  report.run = std::chrono::milliseconds(10);
  report.error = Status(CodeOf(Value(words, "code", "retryable")), Value(words, "error", "boom"));
  report.retry_after = DurationOf(Value(words, "retry_after", "0"));
  if (Has(words, "accepted")) report.what = WorkerReport::What::kAccepted;
  if (Has(words, "succeeded")) report.what = WorkerReport::What::kSucceeded;
  if (Has(words, "failed")) report.what = WorkerReport::What::kFailed;
  if (Has(words, "released")) report.what = WorkerReport::What::kReleased;
  if (Has(words, "cancelled")) report.what = WorkerReport::What::kCancelled;
  if (Has(words, "progress")) {
    report.what = WorkerReport::What::kProgress;
    report.percent = NumberOf(Value(words, "percent", "50"));
  }
  Feed(report);
  Finish();
}

void Script::Feed(const Event& event) {
  turn_.Clear();
  engine_->Step(now_, event, &turn_);
  Note(turn_);
}

void Script::Finish() {
  turn_.Clear();
  engine_->FinishTurn(now_, &turn_);
  Note(turn_);
  engine_->CheckInvariants();
  while (confirm_ && !tokens_.empty()) {
    const std::vector<std::uint64_t> tokens = std::move(tokens_);
    tokens_.clear();
    for (std::uint64_t token : tokens) Feed(StoredDone{token, true, false, ++sequence_});
    Turn more;
    engine_->FinishTurn(now_, &more);
    Note(more);
  }
}

void Script::Pass(Duration duration, const std::vector<std::string>& beating) {
  const Time until = now_ + duration;
  Time next_beat = now_ + std::chrono::milliseconds(500);
  while (now_ < until) {
    const Time beat = beating.empty() ? kNever : next_beat;
    now_ = std::max(now_, std::min({until, beat, engine_->NextDeadline()}));
    if (now_ == beat) {
      for (const std::string& name : beating) Feed(WorkerBeat{name, workers_.at(name).incarnation, WorkerLoad{}});
      next_beat += std::chrono::milliseconds(500);
    }
    Feed(Tick{});
    Finish();
  }
}

// A new engine on what the journal holds; what was not acknowledged comes again when it is redelivered.
void Script::Restart(bool lose_journal) {
  if (lose_journal) {
    journal_.clear();
    done_.clear();
    delayed_.clear();
  }
  Recovered recovered;
  recovered.epoch = ++epoch_;
  recovered.journal_lost = lose_journal && epoch_ > 1 && !messages_.empty();
  for (const auto& [id, record] : journal_) recovered.in_flight.push_back(record);
  for (const auto& [id, record] : done_) recovered.done.push_back(record);
  for (const auto& [id, record] : delayed_) recovered.delayed.push_back(record);
  for (const auto& [name, record] : queues_) recovered.queues.push_back(record);
  engine_ = std::make_unique<Engine>(options_);
  turn_.Clear();
  engine_->Begin(now_, std::move(recovered), &turn_);
  Note(turn_);
  Finish();
}

void Script::Out(const std::string& kind, const std::string& line) {
  if (kind.empty() || shown_.contains(kind)) out_.push_back(line);
}

void Script::Note(const Turn& turn) {
  Journal(turn);
  for (const Effect& effect : turn.effects) NoteEffect(effect);
  for (const Transition& transition : turn.transitions) NoteTransition(transition);
  for (const Answer& answer : turn.answers) {
    Out("answer", "answer " + (answer.status.ok() ? answer.message : answer.status.ToString()));
  }
}

void Script::Journal(const Turn& turn) {
  for (const Change& change : turn.changes) {
    if (const auto* put = std::get_if<PutInFlight>(&change)) journal_[put->id] = *put;
    if (const auto* erase = std::get_if<EraseInFlight>(&change)) journal_.erase(erase->id);
    if (const auto* done = std::get_if<PutDone>(&change)) done_[done->outcome->id] = *done;
    if (const auto* rest = std::get_if<PutDelayed>(&change)) delayed_[rest->id] = *rest;
    if (const auto* released = std::get_if<EraseDelayed>(&change)) delayed_.erase(released->id);
    if (const auto* queue = std::get_if<PutQueue>(&change)) {
      queues_[queue->name + std::string(PriorityName(queue->priority))] = *queue;
    }
  }
}

void Script::NoteEffect(const Effect& effect) {
  if (const auto* assign = std::get_if<Assign>(&effect)) {
    Out("assign",
        "assign " + assign->worker + " " + assign->spec->name + " attempt=" + std::to_string(assign->attempt));
    Out("fencing", "fencing " + std::to_string(assign->fencing));
  } else if (const auto* cancel = std::get_if<CancelRun>(&effect)) {
    const bool revoked = cancel->reason.code() == ErrorCode::kWorkerLost;
    Out(revoked ? "revoke" : "cancel", (revoked ? "revoke " : "cancel ") + cancel->worker + " " + cancel->attempt.name +
                                           " attempt=" + std::to_string(cancel->attempt.attempt));
  } else if (const auto* settle = std::get_if<Settle>(&effect)) {
    Out("settle", "settle " + settle->worker + " " + settle->attempt.name);
  } else if (const auto* ack = std::get_if<Ack>(&effect)) {
    Out("ack", "ack " + name_of_ack_[ack->ack]);
    messages_.erase(name_of_ack_[ack->ack]);
  } else if (const auto* nak = std::get_if<Nak>(&effect)) {
    Out("nak", "give back " + name_of_ack_[nak->ack]);
  } else if (const auto* pull = std::get_if<Pull>(&effect)) {
    Out("pull",
        "pull " + std::string(PriorityName(pull->priority)) + "." + pull->queue + " " + std::to_string(pull->count));
  } else if (const auto* result = std::get_if<StoreResult>(&effect)) {
    Out("result", "store result " + result->outcome->name);
    tokens_.push_back(result->token);
  } else if (const auto* dead = std::get_if<StoreDeadLetter>(&effect)) {
    Out("dead", "dead letter " + dead->letter->id + " " + std::string(ErrorCodeName(dead->letter->error.code())));
    tokens_.push_back(dead->token);
  } else if (const auto* rest = std::get_if<StoreDelayed>(&effect)) {
    Out("rest", "rest in stream " + rest->spec->name);
    tokens_.push_back(rest->token);
  } else if (const auto* release = std::get_if<ReleaseDelayed>(&effect)) {
    Out("release", "release from stream");
    tokens_.push_back(release->token);
  } else if (const auto* drain = std::get_if<DrainWorker>(&effect)) {
    Out("drain", "drain " + drain->worker);
  } else if (const auto* inventory = std::get_if<TakeInventory>(&effect)) {
    Out("inventory", "take inventory " + inventory->worker + " token=" + std::to_string(inventory->token));
  } else if (const auto* signal = std::get_if<Signal>(&effect)) {
    Out("signal", "scale " + signal->scaling_class + (signal->up ? " up " : " down ") + std::to_string(signal->from) +
                      "->" + std::to_string(signal->to) + " " + signal->metric);
  }
}

void Script::NoteTransition(const Transition& transition) {
  if (const auto* moved = std::get_if<TaskTransition>(&transition)) {
    if (moved->outcome) {
      Out("done", "done " + moved->outcome->name + " " + std::string(TaskStateName(moved->to)) +
                      " attempt=" + std::to_string(moved->attempt));
    } else {
      Out("states", moved->spec->name + " " + std::string(TaskStateName(moved->from)) + "->" +
                        std::string(TaskStateName(moved->to)));
    }
  } else if (const auto* worker = std::get_if<WorkerTransition>(&transition)) {
    if (worker->what == WorkerTransition::What::kLost) Out("lost", "lost " + worker->worker + ": " + worker->reason);
  } else if (const auto* incident = std::get_if<IncidentTold>(&transition)) {
    Out("incident", "incident " + std::string(IncidentName(incident->incident)));
  }
}

}  // namespace muster::engine
