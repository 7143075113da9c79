// Manager: the thread that asks JetStream what has to be waited for: which queues there are and how full, their
// consumers, whether a newer dispatcher exists; and a second, small thread for everything that is due by time, which
// must not wait for an answer.
#ifndef MUSTER_DISPATCHER_ADAPTERS_NATS_MANAGER_H_
#define MUSTER_DISPATCHER_ADAPTERS_NATS_MANAGER_H_

#include <atomic>
#include <condition_variable>
#include <functional>
#include <mutex>
#include <string>
#include <thread>

#include "dispatcher/adapters/nats/consumers.h"
#include "dispatcher/adapters/nats/js_api.h"
#include "dispatcher/adapters/nats/puller.h"
#include "dispatcher/adapters/nats/queue_table.h"
#include "dispatcher/adapters/nats/server_info.h"
#include "dispatcher/runtime/transport.h"

namespace muster::adapters::nats {

class Manager {
 public:
  struct Parts {
    const NatsOptions* options = nullptr;
    ServerInfo server;
    std::uint64_t epoch = 0;
    Connection* control = nullptr;
    QueueTable* queues = nullptr;
    Puller* puller = nullptr;
    runtime::InboundSink* sink = nullptr;
    std::function<void()> tick;      // ten times a second, on the time thread
    std::function<void()> announce;  // on the manager thread: after connections came back, and at the start
  };
  explicit Manager(Parts parts);
  ~Manager();  // Stop()

  void Start();
  void Stop();
  // Any thread. Wake: a queue is wanted or doubtful. Reconnected: look at everything again.
  void Wake();
  void Reconnected();

  std::uint64_t repaired() const { return repaired_.load(std::memory_order_relaxed); }

 private:
  using Time = std::chrono::steady_clock::time_point;

  void Run();
  void RunTimes();
  void Round(Time now);
  // False: do not go on (no answer, or fenced).
  bool CheckLease();
  void Fence(const std::string& detail);
  // False when the server did not answer: to be tried again.
  bool OfferAgain();
  void Repair(Time now);
  void RepairOne(Queue* queue, Time now);
  void Discover(Time now);
  void DiscoverStream(Priority priority, Time now);
  // Reads the consumer's numbers and posts them when they are new.
  void ReadNumbers(Queue* queue, Time now);
  void Tell(Queue* queue, std::uint64_t stored, std::uint64_t unacked);
  void Guard();

  const Parts parts_;
  JsApi api_;
  std::mutex mutex_;
  std::condition_variable changed_;
  bool stopping_ = false;
  bool woken_ = false;
  bool fresh_ = true;         // connections are new: announce, guard and discover at once
  bool offer_again_ = false;  // the connection was lost and is back
  bool offer_due_ = false;    // the thread's own: OfferAgain has not succeeded yet
  std::atomic<bool> fenced_{false};
  std::atomic<std::uint64_t> repaired_{0};
  Time next_lease_{};
  Time next_discover_{};
  Time next_guard_{};
  std::size_t budget_ = 0;   // questions about numbers left in this round
  bool complained_ = false;  // of too many queues
  std::thread thread_;
  std::thread times_;
};

}  // namespace muster::adapters::nats

#endif  // MUSTER_DISPATCHER_ADAPTERS_NATS_MANAGER_H_
