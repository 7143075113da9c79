#include "dispatcher/adapters/event_publisher.h"

#include <algorithm>

#include "dispatcher/adapters/event_json.h"
#include "schemas/subjects.h"

namespace muster::adapters {

void EventPublisher::OnTurn(engine::Time now, const engine::Turn& turn, const runtime::TurnFacts&) {
  bool sent = false;
  std::uint64_t dropped = 0;
  for (const engine::Transition& transition : turn.transitions) {
    if (const auto* worker = std::get_if<engine::WorkerTransition>(&transition)) {
      Send("worker", VerbOf(worker->what), ToJson(now, *worker));
      sent = true;
      continue;
    }
    const auto* task = std::get_if<engine::TaskTransition>(&transition);
    const auto* progress = std::get_if<engine::ProgressTold>(&transition);
    if (task == nullptr && progress == nullptr) continue;
    if (!HasRoom(now)) {
      ++dropped;
      continue;
    }
    if (task != nullptr) {
      Send("task", TaskStateName(task->to), ToJson(now, *task));
    } else {
      Send("task", "progress", ToJson(now, *progress));
    }
    sent = true;
  }
  if (dropped > 0) dropped_.fetch_add(dropped, std::memory_order_relaxed);
  // The turn's own flush is over by now.
  if (sent) transport_->Flush();
}

bool EventPublisher::HasRoom(engine::Time now) {
  if (now > filled_) {
    const double seconds = filled_ == engine::kUnset ? 0.0 : std::chrono::duration<double>(now - filled_).count();
    room_ = std::min(rate_, room_ + seconds * rate_);
    filled_ = now;
  }
  if (room_ < 1) return false;
  room_ -= 1;
  return true;
}

void EventPublisher::Send(std::string_view noun, std::string_view verb, std::string_view json) {
  if (json.empty()) {
    dropped_.fetch_add(1, std::memory_order_relaxed);
    return;
  }
  transport_->Publish(runtime::Lane::kBulk, subjects::Event(noun, verb), json);
}

}  // namespace muster::adapters
