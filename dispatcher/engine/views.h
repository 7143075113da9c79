// Views: answers to questions about the engine's state. Copies; made only when somebody asks.
#ifndef MUSTER_DISPATCHER_ENGINE_VIEWS_H_
#define MUSTER_DISPATCHER_ENGINE_VIEWS_H_

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "dispatcher/engine/turn.h"
#include "dispatcher/engine/types.h"

namespace muster::engine {

struct TaskView {
  std::string name;
  TaskState state = TaskState::kNone;
  TaskSpecPtr spec;  // null where only the journal knows the task, or it has ended
  std::string queue;
  Priority priority = Priority::kNormal;
  std::string type;
  std::uint32_t attempt = 0;
  std::uint32_t failures = 0;
  std::string worker;
  Time stored = kUnset;
  Time assigned = kUnset;
  Time finished = kUnset;
  Time due = kUnset;
  std::string reason;
  Status error;
  std::uint32_t progress_percent = 0;
  std::string progress_message;
};

struct TaskFilter {
  std::vector<TaskState> states;  // empty = every state that is not terminal
  std::string queue;
  std::string worker;
  std::size_t limit = 100;
};

struct WorkerView {
  WorkerInfo info;
  WorkerLoad load;
  std::string state;         // live, draining, silent
  std::uint32_t active = 0;  // by our own count
  Resources free;
  Time last_beat = kUnset;
  Time since = kUnset;
  std::uint64_t succeeded = 0;
  std::uint64_t failed = 0;
  std::uint64_t lost = 0;  // attempts it did not confirm, or did not hold any more
  double response_ms = 0;  // moving average over the last 100 tasks; 0 = unknown
};

struct QueueView {
  std::string name;
  Priority priority = Priority::kNormal;
  bool paused = false;
  std::uint64_t stored = 0;
  std::array<std::uint64_t, kTaskStates> by_state{};
  Duration oldest{};
  std::string strategy;
  std::uint64_t ended = 0;
  std::uint64_t dead = 0;
  std::string parked_reason;
};

struct Candidate {
  std::string worker;
  bool chosen = false;
  std::string ruled_out_by;
  double score = 0;
  std::uint32_t active = 0;
  std::uint32_t slots = 0;
};

struct Explanation {
  std::string name;
  TaskState state = TaskState::kNone;
  std::string summary;
  std::string worker;
  std::string strategy;
  std::vector<Candidate> candidates;
  std::size_t candidates_total = 0;
  std::uint64_t ahead = 0;
  std::vector<std::string> unblocked_by;
  bool never = false;
  std::vector<std::string> waits_for;
};

struct Counters {
  std::uint64_t accepted = 0;                      // since this engine began, plus what the journal held
  std::array<std::uint64_t, kTaskStates> ended{};  // by terminal state, since this engine began
  std::array<std::uint64_t, kTaskStates> now{};    // by state that is not terminal
  std::uint64_t retried = 0;
  std::uint64_t reassigned = 0;
  std::array<std::uint64_t, kIncidents> incidents{};
  std::uint64_t stored = 0;  // in JetStream, not pulled
  std::uint32_t workers = 0;
  std::uint64_t slots = 0;
  std::uint64_t slots_busy = 0;
  std::uint64_t epoch = 0;
};

struct StrategyStatistics {
  std::string name;
  std::uint64_t selections = 0;
  std::uint64_t nothing_fitted = 0;
};

}  // namespace muster::engine

#endif  // MUSTER_DISPATCHER_ENGINE_VIEWS_H_
