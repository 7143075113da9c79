// Puller: the pull loop. Sends pull requests for credit, takes the server's words about them, hands messages on.
//
// Threads: Pull and Flush by the loop, OnMessage and OnStatus by the delivery thread, the others by the manager or the
// library's thread for connection changes.
#ifndef MUSTER_DISPATCHER_ADAPTERS_NATS_PULLER_H_
#define MUSTER_DISPATCHER_ADAPTERS_NATS_PULLER_H_

#include <atomic>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "dispatcher/adapters/nats/connection.h"
#include "dispatcher/adapters/nats/queue_table.h"
#include "dispatcher/runtime/transport.h"

namespace muster::adapters::nats {

class Puller {
 public:
  // `inbox`: a subject of ours without its last tokens; answers go to <inbox>.<queue>.<request>.<count>.
  // `on_doubt` is called, without a lock, when a consumer may be gone: the manager should look.
  Puller(const NatsOptions& options, QueueTable* queues, Connection* bulk, std::string inbox,
         runtime::InboundSink* sink, std::function<void()> on_doubt);

  // Adds credit; the request goes out with Flush. False: the queue is not known yet (and was added, wanted).
  bool Pull(Priority priority, std::string_view queue, int count);
  void Flush();

  // A task message.
  void OnMessage(natsMsg* message);
  // A message of the server about a pull request; `token` is its subject behind the inbox.
  void OnStatus(std::string_view token, natsMsg* message);

  // The bulk connection is back: every request is asked again.
  void OnReconnect();
  // About ten times a second.
  void Tick();
  // The consumer exists (again). REQUIRES: the table's mutex is held.
  void Ready(Queue* queue);
  // Sends what is wanted, if anything. REQUIRES: the table's mutex is held.
  void Request(Queue* queue);
  // No request goes out any more: fenced or stopping.
  void Halt() { halted_ = true; }

  std::uint64_t received() const { return received_.load(std::memory_order_relaxed); }
  std::uint64_t requests() const { return requests_.load(std::memory_order_relaxed); }

 private:
  const std::chrono::milliseconds expires_;
  const std::chrono::milliseconds heartbeat_;
  QueueTable* const queues_;
  Connection* const bulk_;
  const std::string inbox_;
  runtime::InboundSink* const sink_;
  const std::function<void()> on_doubt_;
  std::vector<Queue*> touched_;  // guarded by the table's mutex
  std::atomic<bool> halted_{false};
  std::atomic<std::uint64_t> received_{0};
  std::atomic<std::uint64_t> requests_{0};
};

}  // namespace muster::adapters::nats

#endif  // MUSTER_DISPATCHER_ADAPTERS_NATS_PULLER_H_
