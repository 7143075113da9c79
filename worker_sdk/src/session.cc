#include "worker_sdk/src/session.h"

#include <algorithm>
#include <tuple>
#include <utility>

#include "schemas/invariant.h"
#include "schemas/limits.h"

namespace muster::session {
namespace {

bool Newer(const Ref& a, const Ref& b) {
  return std::tie(a.epoch, a.attempt) > std::tie(b.epoch, b.attempt);
}

Ending Release(std::string reason) {
  Ending ending;
  ending.kind = Ending::Kind::kReleased;
  ending.error = Status(ErrorCode::kReleased, std::move(reason));
  return ending;
}

Ending CancelledEnding() {
  Ending ending;
  ending.kind = Ending::Kind::kCancelled;
  return ending;
}

Ending FailedEnding(Status error, Duration retry_after) {
  Ending ending;
  ending.kind = Ending::Kind::kFailed;
  ending.error = std::move(error);
  ending.retry_after = retry_after;
  return ending;
}

Ending FromOutcome(Outcome& outcome) {
  if (outcome.kind() == Outcome::Kind::kCancelled) return CancelledEnding();
  if (outcome.kind() != Outcome::Kind::kSuccess) return FailedEnding(outcome.error(), outcome.retry_after());
  if (outcome.result().size() > limits::kResultBytesMax) {
    return FailedEnding(
        Status(ErrorCode::kPermanent, "the result has " + std::to_string(outcome.result().size()) +
                                          " bytes; the limit is " + std::to_string(limits::kResultBytesMax)),
        {});
  }
  Ending ending;
  ending.result = std::move(outcome.result());
  ending.content_type = outcome.content_type();
  return ending;
}

// A handler that was told to stop: what it achieved nevertheless counts, else the reason for stopping is the outcome.
Ending OfCancelled(Outcome& outcome, const Status& reason) {
  if (outcome.kind() == Outcome::Kind::kSuccess && reason.code() != ErrorCode::kWorkerLost) return FromOutcome(outcome);
  if (reason.code() == ErrorCode::kTimeout) return FailedEnding(reason, {});
  if (reason.code() == ErrorCode::kReleased) return Release(reason.message());
  return CancelledEnding();
}

}  // namespace

void Output::Clear() {
  cancels.clear();
  starts.clear();
  reports.clear();
  hellos.clear();
  inventories.clear();
  beat.reset();
  refused.reset();
  bye.reset();
  draining = false;
}

Session::Session(Config config) : config_(config), beat_(config.beat) {
  INVARIANT(config_.slots > 0);
}

void Session::Step(Time now, Event event, Output& out) {
  if (ended_) return;
  now_ = std::max(now_, now);
  out_ = &out;
  std::visit([this](auto& taken) { Take(taken); }, event);
  PassTime();
  out.draining = draining_;
  out_ = nullptr;
}

Time Session::deadline() const {
  if (ended_) return kNever;
  Time next = std::min({drain_at_, give_up_at_, bye_at_, runs_at_});
  if (connected_) next = std::min({next, outbox_at_, welcomed_ ? beat_at_ : hello_at_});
  return next;
}

// ---- Assignments
// ---------------------------------------------------------------------------------------------------------

bool Session::FreshEpoch(std::uint64_t epoch) {
  if (epoch < epoch_) {
    ++counters_.stale;
    return false;
  }
  epoch_ = epoch;
  return true;
}

void Session::Take(Assigned& event) {
  if (event.incarnation != config_.incarnation || !FreshEpoch(event.epoch)) return;
  lease_lost_ = false;
  for (auto& assignment : event.assignments) TakeOne(assignment);
}

void Session::TakeOne(Assignment& assignment) {
  const Ref& ref = assignment.ref;
  if (const auto run = runs_.find(ref.task); run != runs_.end()) {
    const Ref& ours = run->second.assignment.ref;
    if (ours == ref) {  // the dispatcher did not hear of it: tell it again, at once
      run->second.accepted = false;
      run->second.accept_at = now_;
      runs_at_ = now_;
      return;
    }
    if (!Newer(ref, ours)) return void(++counters_.stale);
    // A newer attempt of the same task: the older one must stop and its outcome interests nobody.
    if (run->second.running) {
      out_->cancels.push_back({ours, Status(ErrorCode::kWorkerLost, "replaced by a newer attempt")});
      replaced_.push_back(ours);
    } else {
      std::erase(held_, ours);
    }
    runs_.erase(run);
  }
  if (const auto sent = outbox_.find(ref.task); sent != outbox_.end()) {
    if (sent->second.ref == ref) return SendFinal(sent->second);
    if (!Newer(ref, sent->second.ref)) return void(++counters_.stale);
    outbox_.erase(sent);
  }
  if (const auto settled = settled_.find(ref.task); settled != settled_.end()) {
    if (!Newer(ref, settled->second)) return void(++counters_.stale);
  }
  if (draining_) return EndNow(ref, Release(stopping_ ? "the worker is stopping" : "the worker is draining"));
  if (running_ + held_.size() >= std::size_t{config_.slots} + config_.prefetch) {
    return EndNow(ref, Release("no slot is free"));
  }
  held_.push_back(ref);
  Run run;
  run.order = ++order_;
  run.accept_at = now_ + config_.accept_delay;
  runs_at_ = std::min(runs_at_, run.accept_at);
  std::string key = ref.task;
  run.assignment = std::move(assignment);
  runs_.emplace(std::move(key), std::move(run));
}

void Session::StartHeld() {
  if (draining_ || lease_lost_) return;
  while (!held_.empty() && running_ < config_.slots) {
    const auto it = runs_.find(held_.front().task);
    held_.pop_front();
    INVARIANT(it != runs_.end());
    Run& run = it->second;
    run.running = true;
    if (run.assignment.timeout > Duration::zero()) {
      run.timeout_at = now_ + run.assignment.timeout;
      runs_at_ = std::min(runs_at_, run.timeout_at);
    }
    ++running_;
    ++counters_.started;
    std::shared_ptr<const void> body = std::move(run.assignment.body);
    out_->starts.push_back(run.assignment);
    out_->starts.back().body = std::move(body);
  }
}

// ---- How tasks end
// -------------------------------------------------------------------------------------------------------

void Session::CountEnding(Ending::Kind kind) {
  switch (kind) {
    case Ending::Kind::kSucceeded: ++counters_.succeeded; break;
    case Ending::Kind::kFailed: ++counters_.failed; break;
    case Ending::Kind::kReleased: ++counters_.released; break;
    case Ending::Kind::kCancelled: ++counters_.cancelled; break;
  }
}

void Session::EndNow(const Ref& ref, Ending ending) {
  CountEnding(ending.kind);
  Sent& sent = outbox_[ref.task];
  sent.ref = ref;
  sent.ending = std::make_shared<const Ending>(std::move(ending));
  sent.order = ++order_;
  sent.backoff = config_.resend_first;
  SendFinal(sent);
}

void Session::SendFinal(Sent& sent) {
  sent.next = now_ + sent.backoff;
  outbox_at_ = std::min(outbox_at_, sent.next);
  if (!connected_) return;  // all of the outbox goes out when the connection is back
  Report report;
  report.ref = sent.ref;
  report.kind = Report::Kind::kFinal;
  report.ending = sent.ending;
  out_->reports.push_back(std::move(report));
}

void Session::End(Runs::iterator run, Ending ending) {
  if (run->second.running) {
    --running_;
  } else {
    std::erase(held_, run->second.assignment.ref);
  }
  const Ref ref = std::move(run->second.assignment.ref);
  runs_.erase(run);
  EndNow(ref, std::move(ending));
}

void Session::Take(Finished& event) {
  const auto run = runs_.find(event.ref.task);
  if (run == runs_.end() || run->second.assignment.ref != event.ref || !run->second.running) {
    // Replaced by a newer attempt, or left behind: only the thread is free again.
    if (std::erase(replaced_, event.ref) > 0) --running_;
    return;
  }
  Ending ending = run->second.cancelled ? OfCancelled(event.outcome, run->second.reason) : FromOutcome(event.outcome);
  ending.run = event.run;
  End(run, std::move(ending));
}

void Session::CancelOne(Runs::iterator run, Status reason) {
  if (!run->second.running) {
    Outcome none = Outcome::Cancelled();
    return End(run, OfCancelled(none, reason));
  }
  if (!run->second.cancelled) out_->cancels.push_back({run->second.assignment.ref, reason});
  run->second.cancelled = true;
  run->second.timeout_at = kNever;
  run->second.reason = std::move(reason);
}

void Session::ReleaseHeld(const std::string& reason) {
  while (!held_.empty()) {
    const auto run = runs_.find(held_.front().task);
    INVARIANT(run != runs_.end());
    End(run, Release(reason));
  }
}

void Session::HandBackRunning(const std::string& reason) {
  std::vector<std::pair<std::uint64_t, Runs::iterator>> running;
  for (auto it = runs_.begin(); it != runs_.end(); ++it) {
    if (it->second.running && !it->second.cancelled) running.emplace_back(it->second.order, it);
  }
  std::sort(running.begin(), running.end(), [](const auto& a, const auto& b) { return a.first < b.first; });
  for (auto& item : running) CancelOne(item.second, Status(ErrorCode::kReleased, reason));
}

// ---- Commands
// ------------------------------------------------------------------------------------------------------------

void Session::Take(Controlled& event) {
  if (event.incarnation != 0 && event.incarnation != config_.incarnation) return;
  if (!FreshEpoch(event.epoch)) return;
  for (auto& command : event.commands) {
    std::visit([this](auto& taken) { Do(taken); }, command);
  }
}

void Session::Do(Welcome& command) {
  if (command.beat > Duration::zero()) beat_ = command.beat;
  lease_lost_ = false;
  if (!welcomed_) beat_at_ = now_;
  welcomed_ = true;
}

void Session::Do(Settled& command) {
  for (auto& ref : command.refs) {
    const auto sent = outbox_.find(ref.task);
    if (sent == outbox_.end() || sent->second.ref != ref) continue;
    outbox_.erase(sent);
    settled_order_.push_back(ref.task);
    settled_.insert_or_assign(ref.task, std::move(ref));
    // A task settled twice is in the order twice; its first entry may forget it early, which costs no more than a stale
    // copy.
    if (settled_order_.size() > config_.settled_max) {
      settled_.erase(settled_order_.front());
      settled_order_.pop_front();
    }
  }
}

void Session::Do(Cancel& command) {
  if (const auto run = runs_.find(command.ref.task); run != runs_.end() && run->second.assignment.ref == command.ref) {
    return CancelOne(run, std::move(command.reason));
  }
  if (const auto sent = outbox_.find(command.ref.task); sent != outbox_.end() && sent->second.ref == command.ref) {
    return SendFinal(sent->second);
  }
  if (const auto settled = settled_.find(command.ref.task); settled != settled_.end() && settled->second == command.ref)
    return;
  // Never heard of: say so once, the dispatcher need not wait for it. Not kept: nothing of ours depends on it.
  Report report;
  report.ref = std::move(command.ref);
  report.kind = Report::Kind::kFinal;
  report.ending = std::make_shared<const Ending>(CancelledEnding());
  out_->reports.push_back(std::move(report));
}

void Session::Do(Drain& command) {
  draining_ = true;
  beat_at_ = welcomed_ ? now_ : kNever;
  if (command.timeout > Duration::zero()) drain_at_ = std::min(drain_at_, now_ + command.timeout);
  ReleaseHeld("the worker is draining");
}

void Session::Do(Undrain&) {
  if (stopping_) return;
  draining_ = false;
  drain_at_ = kNever;
  beat_at_ = welcomed_ ? now_ : kNever;
}

void Session::Do(TakeInventory& command) {
  Tell(command.token, out_->inventories);
}

void Session::Do(Refused& command) {
  // No room now may change, so hello is said again; anything else will not.
  welcomed_ = false;
  hello_at_ = now_ + config_.hello_every;
  if (command.error.code() == ErrorCode::kLimit || command.error.code() == ErrorCode::kUnavailable) return;
  out_->refused = std::move(command.error);
}

void Session::Take(ProgressMade& event) {
  const auto run = runs_.find(event.ref.task);
  if (run == runs_.end() || run->second.assignment.ref != event.ref || !run->second.running) return;
  run->second.percent = event.percent;
  run->second.message = std::move(event.message);
  run->second.progress_at = std::max(now_, run->second.progress_next);
  runs_at_ = std::min(runs_at_, run->second.progress_at);
}

void Session::Take(Unsendable& event) {
  const auto sent = outbox_.find(event.ref.task);
  if (sent == outbox_.end() || sent->second.ref != event.ref) return;
  sent->second.ending = std::make_shared<const Ending>(
      FailedEnding(Status(ErrorCode::kPermanent, "the result is larger than the NATS server's max_payload"), {}));
  SendFinal(sent->second);
}

void Session::Take(ConnectionChanged& event) {
  if (event.connected == connected_) return;
  connected_ = event.connected;
  if (!connected_) {
    disconnected_at_ = now_;
    return;
  }
  // Whoever leads now may be another one: say hello with all that is held. Beats go on meanwhile.
  if (now_ - disconnected_at_ > config_.lease) lease_lost_ = true;
  disconnected_at_ = kNever;
  SayHello();
  for (auto& item : outbox_) {
    item.second.backoff = config_.resend_first;
    item.second.next = now_;
  }
  outbox_at_ = now_;
}

void Session::Take(StopAsked& event) {
  if (!stopping_) {
    draining_ = stopping_ = true;
    drain_at_ = std::min(drain_at_, now_ + config_.drain_timeout);
    beat_at_ = welcomed_ ? now_ : kNever;
    ReleaseHeld("the worker is stopping");
  }
  if (event.at_once) drain_at_ = now_;
}

// ---- What is held
// --------------------------------------------------------------------------------------------------------

void Session::SayHello() {
  hello_at_ = now_ + config_.hello_every;
  if (connected_) Tell(0, out_->hellos);
}

void Session::Tell(std::uint64_t token, std::vector<Holding>& parts) const {
  std::vector<std::pair<std::uint64_t, const Ref*>> all;
  all.reserve(runs_.size() + outbox_.size());
  for (const auto& item : runs_) all.emplace_back(item.second.order, &item.second.assignment.ref);
  for (const auto& item : outbox_) all.emplace_back(item.second.order, &item.second.ref);
  std::sort(all.begin(), all.end());
  const std::size_t each = limits::kHoldingPerMessageMax;
  const auto count = static_cast<std::uint32_t>(std::max<std::size_t>(1, (all.size() + each - 1) / each));
  for (std::uint32_t part = 0; part < count; ++part) {
    Holding holding;
    holding.parts = count;
    holding.part = part;
    holding.token = token;
    for (std::size_t i = part * each; i < std::min(all.size(), (part + 1) * each); ++i)
      holding.refs.push_back(*all[i].second);
    parts.push_back(std::move(holding));
  }
}

// ---- Time
// ----------------------------------------------------------------------------------------------------------------

void Session::PassTime() {
  if (!connected_ && now_ - disconnected_at_ > config_.lease) lease_lost_ = true;
  if (runs_at_ <= now_) ScanRuns();
  if (drain_at_ <= now_) {
    drain_at_ = kNever;
    HandBackRunning(stopping_ ? "the worker is stopping" : "the worker is draining");
    if (stopping_) give_up_at_ = now_ + config_.stop_grace;
  }
  StartHeld();
  // A run of zero length, or a time-out that is due at once, waits for the next Step: the deadline says so.
  if (connected_ && outbox_at_ <= now_) ScanOutbox();
  if (connected_ && !welcomed_ && hello_at_ <= now_) SayHello();
  if (connected_ && welcomed_ && beat_at_ <= now_) {
    out_->beat = Beat{++beats_, running_, held(), epoch_, draining_};
    beat_at_ = now_ + beat_;
  }
  if (stopping_) MaybeEnd();
}

// Accepts, time-outs and progress that are due. There are few runs (slots + prefetch), and this happens once in 20 ms
// at most under load, so a walk over all is cheaper than keeping them in order.
void Session::ScanRuns() {
  std::vector<std::pair<std::uint64_t, Runs::iterator>> due;
  runs_at_ = kNever;
  for (auto it = runs_.begin(); it != runs_.end(); ++it) {
    const Run& run = it->second;
    const Time next = std::min({run.accept_at, run.timeout_at, run.progress_at});
    if (next <= now_) {
      due.emplace_back(run.order, it);
    } else {
      runs_at_ = std::min(runs_at_, next);
    }
  }
  std::sort(due.begin(), due.end(), [](const auto& a, const auto& b) { return a.first < b.first; });
  for (auto& item : due) {
    Run& run = item.second->second;
    if (run.accept_at <= now_) {
      run.accept_at = connected_ ? kNever : now_ + config_.accept_delay;
      if (connected_ && !std::exchange(run.accepted, true))
        out_->reports.push_back({run.assignment.ref, Report::Kind::kAccepted, nullptr, 0, {}});
    }
    if (run.progress_at <= now_) {
      run.progress_at = kNever;
      run.progress_next = now_ + config_.progress_every;
      if (connected_)
        out_->reports.push_back({run.assignment.ref, Report::Kind::kProgress, nullptr, run.percent, run.message});
    }
    if (run.timeout_at <= now_) {
      const auto ms = std::chrono::duration_cast<std::chrono::milliseconds>(run.assignment.timeout).count();
      CancelOne(item.second,
                Status(ErrorCode::kTimeout, "ran longer than its time-out of " + std::to_string(ms) + " ms"));
    }
    runs_at_ = std::min({runs_at_, run.accept_at, run.timeout_at, run.progress_at});
  }
}

void Session::ScanOutbox() {
  std::vector<Sent*> due;
  outbox_at_ = kNever;
  for (auto& item : outbox_) {
    if (item.second.next <= now_) {
      due.push_back(&item.second);
    } else {
      outbox_at_ = std::min(outbox_at_, item.second.next);
    }
  }
  std::sort(due.begin(), due.end(), [](const Sent* a, const Sent* b) { return a->order < b->order; });
  for (Sent* sent : due) {
    sent->backoff = std::min(sent->backoff * 2, config_.resend_max);
    SendFinal(*sent);
  }
}

void Session::MaybeEnd() {
  if (give_up_at_ <= now_) {
    give_up_at_ = kNever;
    // These handlers did not stop when told to; the tasks go back all the same, their late outcomes are dropped.
    std::vector<std::pair<std::uint64_t, std::string>> left;
    for (const auto& item : runs_) left.emplace_back(item.second.order, item.first);
    std::sort(left.begin(), left.end());
    for (const auto& item : left) {
      const auto run = runs_.find(item.second);
      ++running_;  // its thread is still busy
      replaced_.push_back(run->second.assignment.ref);
      End(run, Release("the worker is stopping"));
    }
  }
  if (!runs_.empty()) return;
  if (bye_at_ == kNever) bye_at_ = now_ + config_.settle_wait;
  if (!outbox_.empty() && bye_at_ > now_) return;
  out_->bye = "stopped";
  ended_ = true;
}

}  // namespace muster::session
