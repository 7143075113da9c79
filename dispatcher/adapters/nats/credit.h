// Credit: how many messages of one queue may still come, and how many of them the server has been asked for. Pure.
//
// `owed` = asked by the loop - delivered. It may be negative for a while: when a request thought dead was served after
// all, the surplus is paid back out of later credit, so that credit neither leaks nor grows.
// `requested` = what live pull requests still ask for. A message cannot say which request it answers, and one that was
// served in full ends silently, so only the sum is kept; a request that ends early names what it left unserved.
#ifndef MUSTER_DISPATCHER_ADAPTERS_NATS_CREDIT_H_
#define MUSTER_DISPATCHER_ADAPTERS_NATS_CREDIT_H_

#include <chrono>
#include <cstdint>

namespace muster::adapters::nats {

class Credit {
 public:
  using Time = std::chrono::steady_clock::time_point;

  void Ask(std::int64_t count) { owed_ += count; }
  void Delivered(Time now);
  // Any sign of life of a request: a heartbeat.
  void Heard(Time now) { heard_ = now; }

  // What a new pull request should ask for; 0: none. Small amounts wait until they are a quarter of what is owed,
  // unless nothing is requested: a request per task would cost as much as the task.
  std::int64_t Wanted() const;
  // The id of a request for `count` that is being sent and that the server drops at `expires`.
  std::uint32_t Requested(std::int64_t count, Time now, Time expires);

  // The server ended request `id` and left `unserved` of it. False: it was forgotten before; nothing changed.
  bool Ended(std::uint32_t id, std::int64_t unserved);
  // All requests are dead: a lost connection, a deleted consumer.
  void Forget();
  // Forgets what the server must have forgotten: when all are past their time by `grace`, or after `silence`.
  void Expire(Time now, std::chrono::milliseconds grace, std::chrono::milliseconds silence);

  std::int64_t owed() const { return owed_; }
  std::int64_t requested() const { return requested_; }

 private:
  std::int64_t owed_ = 0;
  std::int64_t requested_ = 0;
  std::uint32_t next_id_ = 1;
  std::uint32_t first_live_id_ = 1;
  Time heard_{};
  Time expires_{};  // of the newest request
};

}  // namespace muster::adapters::nats

#endif  // MUSTER_DISPATCHER_ADAPTERS_NATS_CREDIT_H_
