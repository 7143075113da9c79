// Plays a transcript against the real engine: each line is an event, lines with '>' are what the engine must have asked
// for since. docs/lifecycle.md quotes these files. The grammar is in README.md beside them.
#ifndef MUSTER_TESTS_TRANSCRIPT_ENGINE_SCRIPT_H_
#define MUSTER_TESTS_TRANSCRIPT_ENGINE_SCRIPT_H_

#include <functional>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "dispatcher/engine/engine.h"

namespace muster::engine {

class Script {
 public:
  Script();
  // The transcript as it really went: the same lines, with the engine's own '>' lines.
  std::string Play(const std::string& text);

 private:
  using Words = std::vector<std::string>;
  void Line(const std::string& line);
  void Feed(const Event& event);
  void Finish();
  void Note(const Turn& turn);
  void Journal(const Turn& turn);
  void Pass(Duration duration, const std::vector<std::string>& beating);
  void Restart(bool lose_journal);
  void Submit(const Words& words);
  void AddWorker(const Words& words);
  void Report(const Words& words);
  void Deliver(const std::string& id);
  void Out(const std::string& kind, const std::string& line);
  void NoteEffect(const Effect& effect);
  void NoteTransition(const Transition& transition);

  EngineOptions options_;
  std::unique_ptr<Engine> engine_;
  Time now_ = FromUnixMicros(1'700'000'000'000'000);
  Turn turn_;
  std::vector<std::string> out_;
  std::set<std::string> shown_;
  std::map<std::string, WorkerInfo> workers_;
  std::map<std::string, TaskArrived> messages_;  // un-acknowledged, by task
  std::map<std::string, std::string> name_of_ack_;
  std::map<TaskId, PutInFlight> journal_;
  std::map<TaskId, PutDone> done_;
  std::map<TaskId, PutDelayed> delayed_;
  std::map<std::string, PutQueue> queues_;
  std::vector<std::uint64_t> tokens_;  // publishes not confirmed yet
  bool confirm_ = true;
  std::uint64_t sequence_ = 0;
  std::uint64_t epoch_ = 0;
};

}  // namespace muster::engine

#endif  // MUSTER_TESTS_TRANSCRIPT_ENGINE_SCRIPT_H_
