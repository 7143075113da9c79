// StoredPublisher: asynchronous publishing to streams. Each message carries a reply subject with a number of its own;
// the server's acknowledgement, a "nobody listens" or the deadline settles it. Threads: any; the sink is called without
// a lock.
#ifndef MUSTER_DISPATCHER_ADAPTERS_NATS_STORED_H_
#define MUSTER_DISPATCHER_ADAPTERS_NATS_STORED_H_

#include <atomic>
#include <chrono>
#include <cstdint>
#include <deque>
#include <mutex>
#include <string>
#include <string_view>
#include <unordered_map>

#include "dispatcher/adapters/nats/connection.h"
#include "dispatcher/runtime/transport.h"

namespace muster::adapters::nats {

// The server's acknowledgement of a stored message. `error` is empty when it was stored.
struct PubAck {
  std::uint64_t sequence = 0;
  std::string error;
};
PubAck ParsePubAck(std::string_view json);

class StoredPublisher {
 public:
  StoredPublisher(std::chrono::milliseconds timeout, runtime::InboundSink* sink) : timeout_(timeout), sink_(sink) {}

  // Answers come to <inbox>.<number>, which the same connection must listen to: the server tells only the publisher
  // that nobody listens. `ttl` zero: no header.
  void Publish(Connection* connection, const std::string& inbox, const std::string& subject, const Headers& headers,
               std::string_view data, std::string_view message_id, std::chrono::milliseconds ttl, std::uint64_t token);
  // `number` is the last token of the answer's subject.
  void OnAnswer(std::string_view number, natsMsg* message);
  // Gives up on what is over its time. About ten times a second.
  void Tick();

  std::uint64_t timeouts() const { return timeouts_.load(std::memory_order_relaxed); }

 private:
  using Time = std::chrono::steady_clock::time_point;
  bool Take(std::uint64_t number, std::uint64_t* token);

  const std::chrono::milliseconds timeout_;
  runtime::InboundSink* const sink_;
  std::mutex mutex_;
  std::uint64_t next_ = 1;
  std::unordered_map<std::uint64_t, std::uint64_t> waiting_;  // number → token
  std::deque<std::pair<Time, std::uint64_t>> deadlines_;      // in order; settled ones are skipped
  std::atomic<std::uint64_t> timeouts_{0};
};

}  // namespace muster::adapters::nats

#endif  // MUSTER_DISPATCHER_ADAPTERS_NATS_STORED_H_
