#include "dispatcher/runtime/loop.h"

#include <algorithm>

#include "schemas/invariant.h"
#include "schemas/subjects.h"

namespace muster::runtime {
namespace {

using engine::Duration;
using engine::Time;

// Only for figures: how long the parts of a turn took. Decisions use the Clock.
class Stopwatch {
 public:
  std::chrono::nanoseconds Lap() {
    const auto now = std::chrono::steady_clock::now();
    const auto lap = now - since_;
    since_ = now;
    return lap;
  }

 private:
  std::chrono::steady_clock::time_point since_ = std::chrono::steady_clock::now();
};

}  // namespace

Loop::Loop(LoopParts parts, LoopOptions options)
    : parts_(std::move(parts)),
      options_(std::move(options)),
      task_decoder_(*parts_.engine_options),
      performer_(parts_.transport, options_.performer),
      api_(parts_.transport) {}

Time Loop::Now() {
  last_ = std::max(last_, parts_.clock->Now());
  return last_;
}

Status Loop::Begin(engine::Recovered recovered) {
  const Time now = Now();
  started_ = now;
  next_sample_ = now;
  performer_.set_epoch(recovered.epoch);
  parts_.health->Set("journal", true, "in use");
  parts_.health->Set("recovery", false, "waits for the workers to say what they run");
  turn_.Clear();
  // The epoch first: whatever this dispatcher tells anybody carries it.
  turn_.changes.emplace_back(engine::PutEpoch{recovered.epoch});
  parts_.engine->Begin(now, std::move(recovered), &turn_);
  return Finish(now, TurnFacts{});
}

Status Loop::Run(const std::atomic<bool>& stop) {
  while (!stop.load(std::memory_order_relaxed)) {
    if (Status status = RunOnce(Duration::max()); !status.ok()) return status;
  }
  parts_.transport->Flush();
  return Status();
}

Time Loop::NextDeadline() const {
  return std::min({parts_.engine->NextDeadline(), performer_.NextDeadline(), api_.NextDeadline(), next_sample_});
}

Status Loop::RunOnce(Duration wait) {
  if (!final_.ok()) return final_;
  const Time before = Now();
  const Time next = NextDeadline();
  if (wait > Duration::zero() && next > before && injected_.empty()) {
    parts_.inbox->Wait(next == engine::kNever ? wait : std::min(wait, next - before));
  }
  batch_.clear();
  parts_.inbox->Take(options_.events_per_turn_max, &batch_);
  const Time now = Now();

  Stopwatch stopwatch;
  TurnFacts facts;
  turn_.Clear();
  events_.clear();
  events_.swap(injected_);
  for (Inbound& message : batch_) Take(now, std::move(message));
  performer_.ExpireReleases(now, &events_);
  api_.Expire(now);
  if (!final_.ok()) return final_;  // fenced: what came with it is the other dispatcher's
  const bool due = parts_.engine->NextDeadline() <= now;
  if (due) events_.emplace_back(engine::Tick{});
  facts.events = events_.size();
  for (const engine::Event& event : events_) parts_.engine->Step(now, event, &turn_);
  parts_.engine->FinishTurn(now, &turn_);
  facts.step = stopwatch.Lap();
  return Finish(now, facts);
}

Status Loop::Finish(Time now, TurnFacts facts) {
  Stopwatch stopwatch;
  facts.changes = turn_.changes.size();
  if (Status status = parts_.journal->Commit(turn_.changes); !status.ok()) {
    parts_.health->Set("journal", false, status.ToString());
    final_ = Status(ErrorCode::kInternal, "the journal failed: " + status.ToString(), "journal");
    return final_;
  }
  facts.commit = stopwatch.Lap();
  performer_.Perform(now, turn_.effects);
  Record(now);
  const bool recovering = parts_.engine->recovering();
  if (recovering_ && !recovering) parts_.health->Set("recovery", true, "done");
  recovering_ = recovering;
  api_.Answer(Context(now), turn_.answers);
  parts_.transport->Flush();
  facts.perform = stopwatch.Lap();
  for (Observer* observer : parts_.observers) observer->OnTurn(now, turn_, facts);
  if (now >= next_sample_) {
    next_sample_ = now + options_.sample_every;
    for (Observer* observer : parts_.observers) observer->OnSample(now, *parts_.engine);
  }
  return Status();
}

void Loop::Record(Time now) {
  for (const engine::Transition& transition : turn_.transitions) {
    const auto* task = std::get_if<engine::TaskTransition>(&transition);
    if (task == nullptr || task->stored == engine::kUnset) continue;
    if (task->to == engine::TaskState::kAssigned) {
      wait_.Add(now - task->stored);
    } else if (engine::IsTerminal(task->to)) {
      total_.Add(now - task->stored);
    }
  }
}

ApiContext Loop::Context(Time now) const {
  ApiContext context;
  context.engine = parts_.engine;
  context.health = parts_.health;
  context.wait = &wait_;
  context.total = &total_;
  context.version = options_.version;
  context.now = now;
  context.started = started_;
  return context;
}

// ---- What came in --------------------------------------------------------------------------------------------------

void Loop::Take(Time now, Inbound message) {
  std::visit([&](auto&& m) { TakeOne(now, std::move(m)); }, std::move(message));
}

void Loop::TakeOne(Time now, StoredMessage message) {
  events_.emplace_back(task_decoder_.Decode(std::move(message), now));
}

void Loop::TakeOne(Time now, CoreMessage message) {
  if (subjects::Token(message.subject, 1) == "api") {
    if (auto event = api_.Take(Context(now), std::move(message))) events_.emplace_back(*std::move(event));
    return;
  }
  if (const auto refusal = worker_decoder_.Decode(message, &events_)) {
    performer_.Refuse(now, refusal->worker, refusal->incarnation, refusal->reason);
  }
}

void Loop::TakeOne(Time, PublishDone message) {
  events_.emplace_back(engine::StoredDone{message.token, message.ok, false, message.sequence});
}

void Loop::TakeOne(Time, QueueSeen message) {
  api_.OnQueueSeen(message.priority, message.queue);
  events_.emplace_back(engine::QueueDepth{message.priority, std::move(message.queue), message.stored, message.unacked});
}

void Loop::TakeOne(Time, DelayedFetched message) {
  if (const auto done = performer_.OnFetched(message)) events_.emplace_back(*done);
}

void Loop::TakeOne(Time, NoResponders message) {
  events_.emplace_back(engine::WorkerUnreachable{std::string(subjects::LastToken(message.subject))});
}

void Loop::TakeOne(Time, ConnectionChanged message) {
  parts_.health->Set("nats", message.connected, message.detail);
  events_.emplace_back(engine::Connected{message.connected});
}

void Loop::TakeOne(Time, Fenced message) {
  parts_.health->Set("nats", false, "a newer dispatcher has taken over");
  final_ = Status(ErrorCode::kUnavailable, "a newer dispatcher has taken over: " + message.detail, "epoch");
}

}  // namespace muster::runtime
