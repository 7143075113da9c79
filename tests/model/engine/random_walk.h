// RandomWalk: drives the engine with arbitrary events taken from bytes, plays the stream, the journal and honest or
// dishonest workers, and checks after every turn: the engine's own invariants, that attempts strictly grow, that there
// is one live lease a task, that what is acknowledged stands in the journal, and that nothing ends twice.
// The model test feeds it seeded random bytes, the fuzzer what it finds.
#ifndef MUSTER_TESTS_MODEL_ENGINE_RANDOM_WALK_H_
#define MUSTER_TESTS_MODEL_ENGINE_RANDOM_WALK_H_

#include <cstdint>
#include <map>
#include <memory>
#include <set>
#include <span>
#include <string>
#include <vector>

#include "dispatcher/engine/engine.h"

namespace muster::engine {

class RandomWalk {
 public:
  explicit RandomWalk(std::span<const std::uint8_t> bytes);
  // Consumes every byte. Aborts (INVARIANT) when something does not hold.
  void Run();
  // Then lets honest workers finish everything. REQUIRES: Run() has returned. Every task must end.
  void Heal();
  // Of everything that the engine asked for, in order: equal runs have equal hashes.
  std::uint64_t history() const { return history_; }
  std::size_t ended() const { return ended_.size(); }

 private:
  struct Lease {
    std::string worker;
    std::uint64_t incarnation = 0;
    std::uint32_t attempt = 0;
    std::uint64_t epoch = 0;
    bool operator==(const Lease&) const = default;
  };
  std::uint8_t Byte();
  std::string Pick(const char* prefix, int count);
  void One();
  void Submit();
  void Hello(const std::string& name, bool restarted);
  void Report();
  void Feed(const Event& event);
  void Finish();
  void Note();
  void Restart();
  void Advance(Duration by);
  TaskArrived Store(TaskSpecPtr spec);
  bool Stored(const TaskId& id) const;
  void Mix(const std::string& text);

  std::span<const std::uint8_t> bytes_;
  std::size_t at_ = 0;
  EngineOptions options_;
  std::unique_ptr<Engine> engine_;
  Time now_ = FromUnixMicros(1'700'000'000'000'000);
  Turn turn_;
  std::map<std::string, WorkerInfo> workers_;
  std::map<TaskId, std::vector<Lease>> leases_;  // all ever given, oldest first
  std::map<TaskId, std::string> names_;
  std::map<std::uint64_t, TaskArrived> messages_;  // stored, not acknowledged, by sequence
  std::map<std::string, std::uint64_t> by_ack_;
  std::map<TaskId, PutInFlight> journal_;
  std::map<TaskId, PutDone> done_;
  std::map<TaskId, PutDelayed> delayed_;
  std::map<std::uint64_t, TaskSpecPtr> rested_;  // in MUSTER_DELAYED, by sequence
  std::map<std::string, PutQueue> queues_;
  std::vector<StoredDone> confirmations_;
  std::vector<std::uint64_t> redeliver_;
  std::set<TaskId> ended_;
  std::uint64_t epoch_ = 0;
  std::uint64_t sequence_ = 0;
  std::uint64_t history_ = 1469598103934665603ULL;
};

}  // namespace muster::engine

#endif  // MUSTER_TESTS_MODEL_ENGINE_RANDOM_WALK_H_
