#include "tests/model/engine/random_walk.h"

#include <algorithm>
#include <cstdio>
#include <utility>

#include "schemas/invariant.h"

namespace muster::engine {
namespace {

constexpr int kWorkers = 5;
constexpr int kTasks = 40;

}  // namespace

RandomWalk::RandomWalk(std::span<const std::uint8_t> bytes) : bytes_(bytes) {
  options_.seed = 7;
  options_.parked_per_queue_max = 6;
  options_.finished_views_max = 8;
  options_.scaling.depth_up = 3;
  options_.scaling.cooldown_up = std::chrono::seconds(2);
  options_.inventory_every = std::chrono::seconds(3);
  options_.cancel_grace = std::chrono::seconds(2);
  Restart();
}

std::uint8_t RandomWalk::Byte() {
  return at_ < bytes_.size() ? bytes_[at_++] : 0;
}

std::string RandomWalk::Pick(const char* prefix, int count) {
  return prefix + std::to_string(Byte() % count);
}

void RandomWalk::Run() {
  while (at_ < bytes_.size()) One();
}

void RandomWalk::One() {
  switch (Byte() % 24) {
    case 0:
    case 1:
    case 2:
    case 3: Submit(); break;
    case 4:
    case 5: Hello(Pick("w", kWorkers), Byte() % 8 == 0); break;
    case 6:
    case 7:
    case 8:
    case 9:
    case 10: Report(); break;
    case 11:
    case 12: Advance(std::chrono::milliseconds(Byte() * 4)); break;
    case 13: Advance(std::chrono::milliseconds(Byte() * 100)); break;
    case 14: {
      const std::string name = Pick("w", kWorkers);
      if (workers_.contains(name)) Feed(WorkerBeat{name, workers_[name].incarnation, WorkerLoad{}});
      break;
    }
    case 15: {
      const std::string name = Pick("w", kWorkers);
      if (workers_.contains(name)) Feed(WorkerBye{name, workers_[name].incarnation, "bye"});
      break;
    }
    case 16: Feed(WorkerUnreachable{Pick("w", kWorkers)}); break;
    case 17: Feed(CancelTask{Pick("t", kTasks), "", 1}); break;
    case 18: Feed(DrainCommand{Pick("w", kWorkers), Duration{}, Byte() % 2 == 0, 2}); break;
    case 19: Feed(PauseCommand{Pick("q", 2), Byte() % 2 == 0, Priority::kHigh, Byte() % 3 == 0, 3}); break;
    case 20: {  // publishes are confirmed, fail, or find nothing
      const std::vector<StoredDone> confirmations = std::move(confirmations_);
      confirmations_.clear();
      for (StoredDone done : confirmations) {
        const std::uint8_t how = Byte() % 4;
        done.ok = how != 0;
        Feed(done);
      }
      break;
    }
    case 21: {  // the stream delivers something again
      if (messages_.empty()) break;
      auto it = messages_.begin();
      std::advance(it, Byte() % messages_.size());
      const TaskArrived again = it->second;
      Feed(again);
      break;
    }
    case 22: Feed(StrategyCommand{Byte() % 2 ? "round_robin" : "random", Byte() % 2 ? "q0" : "", 4}); break;
    case 23:
      if (Byte() % 6 == 0) Restart();
      Feed(Connected{Byte() % 4 != 0});
      break;
  }
  Finish();
}

void RandomWalk::Submit() {
  auto spec = std::make_shared<TaskSpec>();
  spec->name = Pick("t", kTasks);
  spec->id = TaskIdOf(spec->name);
  spec->queue = Pick("q", 2);
  spec->type = spec->queue;
  spec->priority = kAllPriorities[Byte() % kPriorities];
  const std::uint8_t flags = Byte();
  if (flags & 1) spec->require = *Requirement::Parse(flags & 2 ? "gpu" : "gpu,zone=a");
  if (flags & 4) spec->resources["vram"] = 1 + Byte() % 4;
  if (flags & 8) spec->depends_on.push_back(Pick("t", kTasks));
  spec->run_after_failed_dependency = (flags & 16) != 0;
  if (flags & 32) spec->deadline = now_ + std::chrono::milliseconds(Byte() * 50);
  if (flags & 64) spec->not_before = now_ + std::chrono::seconds(Byte());
  if (flags & 128) spec->timeout = std::chrono::milliseconds(1 + Byte() * 10);
  spec->retry.max_attempts = 1 + Byte() % 3;
  spec->store_result = Byte() % 2 == 0;
  names_[spec->id] = spec->name;
  const TaskArrived arrived = Store(std::move(spec));
  Feed(arrived);
}

TaskArrived RandomWalk::Store(TaskSpecPtr spec) {
  ++sequence_;
  const TaskArrived stored{std::move(spec), Source{"a" + std::to_string(sequence_), "S", sequence_, now_}};
  by_ack_[stored.source.ack] = sequence_;
  messages_[sequence_] = stored;
  return stored;
}

bool RandomWalk::Stored(const TaskId& id) const {
  return std::any_of(messages_.begin(), messages_.end(), [&id](const auto& m) { return m.second.spec->id == id; });
}

void RandomWalk::Hello(const std::string& name, bool restarted) {
  const bool known = workers_.contains(name);
  WorkerInfo& info = workers_[name];
  info.name = name;
  if (!known || restarted) info.incarnation = ++sequence_;
  info.slots = 1 + Byte() % 3;
  info.prefetch = Byte() % 2;
  info.resources["vram"] = Byte() % 8;
  info.capabilities.clear();
  if (Byte() % 2) info.capabilities.insert("gpu");
  info.labels["zone"] = Byte() % 2 ? "a" : "b";
  WorkerHello hello{info, {}, true};
  // Sometimes it says what it holds; sometimes it lies.
  const bool tells = Byte() % 2 == 0;
  for (const auto& [id, all] : leases_) {
    if (tells && all.back().worker == name && all.back().incarnation == info.incarnation) {
      hello.holding.push_back(Attempt{id, names_[id], all.back().attempt, all.back().epoch});
    }
  }
  if (Byte() % 16 == 0) hello.holding.push_back(Attempt{TaskIdOf("t1"), "t1", Byte(), Byte()});
  Feed(hello);
}

void RandomWalk::Report() {
  if (leases_.empty()) return;
  auto it = leases_.begin();
  std::advance(it, Byte() % leases_.size());
  const Lease& lease = Byte() % 8 == 0 ? it->second.front() : it->second.back();
  WorkerReport report;
  report.worker = lease.worker;
  report.incarnation = lease.incarnation;
  report.attempt = Attempt{it->first, names_[it->first], lease.attempt, lease.epoch};
  report.what = static_cast<WorkerReport::What>(Byte() % 6);
  report.error = Status(Byte() % 4 ? ErrorCode::kRetryable : ErrorCode::kPermanent, "x");
  report.result = "r";
  Feed(report);
}

void RandomWalk::Advance(Duration by) {
  const Time until = now_ + by;
  while (now_ < until) {
    now_ = std::max(now_, std::min(until, engine_->NextDeadline()));
    Feed(Tick{});
    Finish();
  }
}

void RandomWalk::Feed(const Event& event) {
  turn_.Clear();
  engine_->Step(now_, event, &turn_);
  Note();
}

void RandomWalk::Finish() {
  turn_.Clear();
  engine_->FinishTurn(now_, &turn_);
  Note();
  engine_->CheckInvariants();
  const std::vector<std::uint64_t> again = std::move(redeliver_);
  redeliver_.clear();
  for (std::uint64_t sequence : again) {
    const auto found = messages_.find(sequence);
    if (found == messages_.end()) continue;
    const TaskArrived arrived = found->second;
    Feed(arrived);
  }
  if (!again.empty()) Finish();
}

void RandomWalk::Mix(const std::string& text) {
  for (char c : text) history_ = (history_ ^ static_cast<std::uint8_t>(c)) * 1099511628211ULL;
}

void RandomWalk::Note() {
  for (const Change& change : turn_.changes) {
    if (const auto* put = std::get_if<PutInFlight>(&change)) journal_[put->id] = *put;
    if (const auto* erase = std::get_if<EraseInFlight>(&change)) journal_.erase(erase->id);
    if (const auto* done = std::get_if<PutDone>(&change)) {
      INVARIANT(!journal_.contains(done->outcome->id));
      done_[done->outcome->id] = *done;
    }
    if (const auto* rest = std::get_if<PutDelayed>(&change)) delayed_[rest->id] = *rest;
    if (const auto* released = std::get_if<EraseDelayed>(&change)) delayed_.erase(released->id);
    if (const auto* queue = std::get_if<PutQueue>(&change)) {
      queues_[queue->name + std::string(PriorityName(queue->priority))] = *queue;
    }
  }
  for (const Effect& effect : turn_.effects) {
    Mix(std::to_string(effect.index()));
    if (const auto* assign = std::get_if<Assign>(&effect)) {
      Mix(assign->worker + assign->spec->name + std::to_string(assign->attempt));
      const TaskId id = assign->spec->id;
      std::vector<Lease>& all = leases_[id];
      const Lease lease{assign->worker, assign->incarnation, assign->attempt, assign->epoch};
      // Attempts strictly grow, but for the same one sent again; and the journal knew before the worker.
      INVARIANT(all.empty() || lease == all.back() || lease.attempt > all.back().attempt);
      if (!all.empty() && lease == all.back()) continue;  // sent again
      INVARIANT(journal_.contains(id) && journal_[id].attempt == lease.attempt && journal_[id].worker == lease.worker);
      INVARIANT(!ended_.contains(id));
      INVARIANT(
          assign->spec->require.Holds(workers_.at(assign->worker).capabilities, workers_.at(assign->worker).labels));
      all.push_back(lease);
    } else if (const auto* ack = std::get_if<Ack>(&effect)) {
      Mix(ack->ack);
      const std::uint64_t sequence = by_ack_.at(ack->ack);
      const auto message = messages_.find(sequence);
      if (message == messages_.end()) continue;
      const TaskId id = message->second.spec->id;
      messages_.erase(message);
      // Acknowledged: its end or its rest is in the journal, or it was one of several copies.
      INVARIANT(done_.contains(id) || delayed_.contains(id) || Stored(id));
    } else if (const auto* nak = std::get_if<Nak>(&effect)) {
      redeliver_.push_back(by_ack_[nak->ack]);
      if (redeliver_.size() > 4) redeliver_.clear();  // comes later, by "delivers again"
    } else if (const auto* result = std::get_if<StoreResult>(&effect)) {
      confirmations_.push_back(StoredDone{result->token, true, false, ++sequence_});
    } else if (const auto* dead = std::get_if<StoreDeadLetter>(&effect)) {
      confirmations_.push_back(StoredDone{dead->token, true, false, ++sequence_});
    } else if (const auto* rest = std::get_if<StoreDelayed>(&effect)) {
      rested_[++sequence_] = rest->spec;
      confirmations_.push_back(StoredDone{rest->token, true, false, sequence_});
    } else if (const auto* release = std::get_if<ReleaseDelayed>(&effect)) {
      const auto found = rested_.find(release->sequence);
      if (found == rested_.end()) {
        confirmations_.push_back(StoredDone{release->token, false, true, 0});
        continue;
      }
      Store(found->second);
      confirmations_.push_back(StoredDone{release->token, true, false, sequence_});
    } else if (const auto* removed = std::get_if<RemoveDelayed>(&effect)) {
      rested_.erase(removed->sequence);
    }
  }
  for (const Transition& transition : turn_.transitions) {
    const auto* moved = std::get_if<TaskTransition>(&transition);
    if (moved == nullptr || !moved->outcome) continue;
    Mix(moved->outcome->name + std::string(TaskStateName(moved->to)));
    INVARIANT(ended_.insert(moved->outcome->id).second);  // ends once
  }
}

void RandomWalk::Restart() {
  Recovered recovered;
  recovered.epoch = ++epoch_;
  for (const auto& [id, record] : journal_) recovered.in_flight.push_back(record);
  for (const auto& [id, record] : done_) recovered.done.push_back(record);
  for (const auto& [id, record] : delayed_) recovered.delayed.push_back(record);
  for (const auto& [name, record] : queues_) recovered.queues.push_back(record);
  confirmations_.clear();
  turn_.Clear();
  engine_ = std::make_unique<Engine>(options_);
  engine_->Begin(now_, std::move(recovered), &turn_);
  Note();
  // New consumers: everything that was not acknowledged is offered again, in order.
  std::vector<TaskArrived> again;
  for (auto& [sequence, message] : messages_) {
    message.source.ack += "'";
    by_ack_[message.source.ack] = sequence;
    again.push_back(message);
  }
  for (const TaskArrived& message : again) Feed(message);
  Finish();
}

void RandomWalk::Heal() {
  for (int i = 0; i < 2; ++i) Feed(PauseCommand{"q" + std::to_string(i), true, Priority::kNormal, false, 0});
  Feed(Connected{true});
  WorkerInfo info;  // the others fall silent
  info.name = "healer";
  info.incarnation = ++sequence_;
  info.slots = 4;
  info.capabilities = {"gpu"};
  info.labels["zone"] = "a";
  info.resources["vram"] = 100;
  workers_[info.name] = info;
  Feed(WorkerHello{info, {}, true});
  Finish();
  for (int round = 0; round < 4000; ++round) {
    // Dependencies on tasks that were never submitted would wait for ever: submit them.
    for (int i = 0; round == 0 && i < kTasks; ++i) {
      auto spec = std::make_shared<TaskSpec>();
      spec->name = "t" + std::to_string(i);
      spec->id = TaskIdOf(spec->name);
      spec->queue = spec->type = "q0";
      names_[spec->id] = spec->name;
      if (Stored(spec->id) || ended_.contains(spec->id) || delayed_.contains(spec->id)) continue;
      const TaskArrived arrived = Store(std::move(spec));
      Feed(arrived);
    }
    Feed(WorkerBeat{info.name, info.incarnation, WorkerLoad{}});
    const std::vector<StoredDone> confirmations = std::move(confirmations_);
    confirmations_.clear();
    for (const StoredDone& done : confirmations) Feed(done);
    std::vector<std::pair<TaskId, Lease>> running;
    for (const auto& [id, all] : leases_) {
      if (!ended_.contains(id) && all.back().worker == info.name) running.emplace_back(id, all.back());
    }
    for (const auto& [id, lease] : running) {
      WorkerReport report;
      report.worker = lease.worker;
      report.incarnation = lease.incarnation;
      report.attempt = Attempt{id, names_[id], lease.attempt, lease.epoch};
      report.what = WorkerReport::What::kSucceeded;
      Feed(report);
    }
    std::vector<TaskArrived> again;
    for (const auto& [sequence, message] : messages_) again.push_back(message);
    for (const TaskArrived& message : again) Feed(message);
    Finish();
    if (messages_.empty() && delayed_.empty() && confirmations_.empty()) return;
    Advance(std::chrono::milliseconds(400));
  }
  for (const auto& [sequence, message] : messages_) {
    std::fprintf(stderr, "left: %s: %s\n", message.spec->name.c_str(),
                 engine_->Explain(now_, message.spec->name)->summary.c_str());
  }
  INVARIANT(messages_.empty() && delayed_.empty());  // liveness: everything ends
}

}  // namespace muster::engine
