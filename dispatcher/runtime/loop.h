// Loop: what drives the engine. One turn: take what came in, step the engine, commit the changes, perform the effects,
// answer questions, tell the observers. In that order, always: nothing leaves before the journal holds why.
//
// Threads: one calls Begin, RunOnce and Run. The transport fills the inbox from others. Given the same clock, store and
// transport it is deterministic: RunOnce with a zero wait is how the simulator drives it.
// Errors: kInternal when the journal failed, kUnavailable when a newer dispatcher has taken over. Both are final: the
// loop performs nothing from then on, and the process must end.
#ifndef MUSTER_DISPATCHER_RUNTIME_LOOP_H_
#define MUSTER_DISPATCHER_RUNTIME_LOOP_H_

#include <atomic>
#include <string>
#include <vector>

#include "dispatcher/engine/engine.h"
#include "dispatcher/engine/options.h"
#include "dispatcher/runtime/api/api.h"
#include "dispatcher/runtime/clock.h"
#include "dispatcher/runtime/codec.h"
#include "dispatcher/runtime/health.h"
#include "dispatcher/runtime/inbox.h"
#include "dispatcher/runtime/journal.h"
#include "dispatcher/runtime/observer.h"
#include "dispatcher/runtime/perform.h"
#include "dispatcher/runtime/transport.h"

namespace muster::runtime {

struct LoopOptions {
  std::string version;
  PerformerOptions performer;
  std::size_t events_per_turn_max = limits::kEventsPerTurnMax;
  engine::Duration sample_every = std::chrono::seconds(1);
};

// What the loop works with; all of it must outlive the loop.
struct LoopParts {
  engine::Engine* engine = nullptr;
  const engine::EngineOptions* engine_options = nullptr;
  Journal* journal = nullptr;
  Transport* transport = nullptr;
  Inbox* inbox = nullptr;
  Clock* clock = nullptr;
  Health* health = nullptr;
  std::vector<Observer*> observers;
};

class Loop {
 public:
  Loop(LoopParts parts, LoopOptions options);

  // Makes the epoch durable and lets the engine take over what the journal held. REQUIRES: called once, first.
  Status Begin(engine::Recovered recovered);

  // One turn. With nothing to do, waits for a message or the next deadline, `wait` at most.
  Status RunOnce(engine::Duration wait);

  // An event of the configuration's own, taken by the next turn.
  void Inject(engine::Event event) { injected_.push_back(std::move(event)); }

  // Turns until `*stop` (Inbox::Wake makes it look at once) or an error.
  Status Run(const std::atomic<bool>& stop);

  // When time alone would give a turn something to do.
  engine::Time NextDeadline() const;

 private:
  engine::Time Now();
  void Take(engine::Time now, Inbound message);
  void TakeOne(engine::Time now, StoredMessage message);
  void TakeOne(engine::Time now, CoreMessage message);
  void TakeOne(engine::Time now, PublishDone message);
  void TakeOne(engine::Time now, QueueSeen message);
  void TakeOne(engine::Time now, DelayedFetched message);
  void TakeOne(engine::Time now, NoResponders message);
  void TakeOne(engine::Time now, ConnectionChanged message);
  void TakeOne(engine::Time now, Fenced message);
  Status Finish(engine::Time now, TurnFacts facts);
  void Record(engine::Time now);
  ApiContext Context(engine::Time now) const;

  LoopParts parts_;
  LoopOptions options_;
  TaskDecoder task_decoder_;
  WorkerDecoder worker_decoder_;
  Performer performer_;
  Api api_;
  LatencyRing wait_, total_;

  engine::Turn turn_;
  std::vector<Inbound> batch_;
  std::vector<engine::Event> events_;
  std::vector<engine::Event> injected_;
  engine::Time last_ = engine::kUnset;  // the time of the last turn
  engine::Time started_ = engine::kUnset;
  engine::Time next_sample_ = engine::kUnset;
  bool recovering_ = true;
  Status final_;  // not ok: the loop has ended
};

}  // namespace muster::runtime

#endif  // MUSTER_DISPATCHER_RUNTIME_LOOP_H_
