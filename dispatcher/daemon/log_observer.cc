#include "dispatcher/daemon/log_observer.h"

#include "dispatcher/adapters/logging.h"

namespace muster::daemon {
namespace {

using adapters::Log;
using adapters::LogLevel;

// Lines between two samples, about a second apart.
constexpr std::uint32_t kLinesMax = 50;

}  // namespace

bool LogObserver::MayTell() {
  if (lines_ >= kLinesMax) {
    ++cut_;
    return false;
  }
  ++lines_;
  return true;
}

void LogObserver::OnTurn(engine::Time, const engine::Turn& turn, const runtime::TurnFacts&) {
  for (const engine::Transition& transition : turn.transitions) {
    std::visit([this](const auto& t) { Tell(t); }, transition);
  }
}

void LogObserver::OnSample(engine::Time, const engine::Engine&) {
  if (cut_ != 0) Log(LogLevel::kWarn, "log.cut", {{"lines", cut_}});
  lines_ = 0;
  cut_ = 0;
}

void LogObserver::Tell(const engine::TaskTransition& transition) {
  using engine::TaskState;
  if (transition.to != TaskState::kDead && transition.to != TaskState::kFailed &&
      transition.to != TaskState::kExpired) {
    return;
  }
  if (transition.outcome == nullptr || !MayTell()) return;
  const engine::Outcome& outcome = *transition.outcome;
  Log(LogLevel::kWarn,
      transition.to == TaskState::kDead      ? "task.dead"
      : transition.to == TaskState::kExpired ? "task.expired"
                                             : "task.failed",
      {{"task", outcome.name},
       {"queue", outcome.queue},
       {"attempt", outcome.attempt},
       {"worker", outcome.worker},
       {"reason", outcome.error.ToString()}});
}

void LogObserver::Tell(const engine::WorkerTransition& transition) {
  using What = engine::WorkerTransition::What;
  if (!MayTell()) return;
  LogLevel level = LogLevel::kInfo;
  std::string_view event;
  switch (transition.what) {
    case What::kJoined: event = "worker.joined"; break;
    case What::kLeft: event = "worker.left"; break;
    case What::kLost:
      event = "worker.lost";
      level = LogLevel::kWarn;
      break;
    case What::kDraining: event = "worker.draining"; break;
    case What::kUndrained: event = "worker.undrained"; break;
    case What::kRefused:
      event = "worker.refused";
      level = LogLevel::kWarn;
      break;
  }
  Log(level, event,
      {{"worker", transition.worker},
       {"incarnation", transition.incarnation},
       {"tasks", transition.tasks},
       {"reason", transition.reason}});
}

void LogObserver::Tell(const engine::IncidentTold& incident) {
  using engine::Incident;
  const bool rare = incident.incident == Incident::kUndecodable || incident.incident == Incident::kBadWorkerMessage ||
                    incident.incident == Incident::kLimitReached;
  if (!rare || !MayTell()) return;
  Log(LogLevel::kWarn, "incident", {{"kind", engine::IncidentName(incident.incident)}, {"detail", incident.detail}});
}

}  // namespace muster::daemon
