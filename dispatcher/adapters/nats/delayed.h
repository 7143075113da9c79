// DelayedReader: reads and removes messages of MUSTER_DELAYED, asynchronously. Both are repeated until the server has
// answered: a lost answer must neither lose a task nor leave it behind. Threads: any.
#ifndef MUSTER_DISPATCHER_ADAPTERS_NATS_DELAYED_H_
#define MUSTER_DISPATCHER_ADAPTERS_NATS_DELAYED_H_

#include <chrono>
#include <cstdint>
#include <map>
#include <mutex>
#include <string>
#include <string_view>

#include "dispatcher/adapters/nats/connection.h"
#include "dispatcher/runtime/transport.h"

namespace muster::adapters::nats {

class DelayedReader {
 public:
  // Answers come to <inbox>.<number>.
  DelayedReader(Connection* bulk, std::string inbox, runtime::InboundSink* sink)
      : bulk_(bulk), inbox_(std::move(inbox)), sink_(sink) {}

  void Fetch(std::uint64_t sequence) { Begin(sequence, false); }
  void Remove(std::uint64_t sequence) { Begin(sequence, true); }
  void OnAnswer(std::string_view number, natsMsg* message);
  void Tick();

 private:
  struct Pending {
    std::uint64_t sequence = 0;
    bool remove = false;
    std::chrono::steady_clock::time_point sent;
  };
  void Begin(std::uint64_t sequence, bool remove);
  void Send(std::uint64_t number, const Pending& pending);

  Connection* const bulk_;
  const std::string inbox_;
  runtime::InboundSink* const sink_;
  std::mutex mutex_;
  std::uint64_t next_ = 1;
  std::map<std::uint64_t, Pending> pending_;
};

}  // namespace muster::adapters::nats

#endif  // MUSTER_DISPATCHER_ADAPTERS_NATS_DELAYED_H_
