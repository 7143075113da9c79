// NatsTransport: runtime/transport.h over a NATS server with JetStream.
//
// Two connections: `control` sends each message at once, `bulk` gathers up to a millisecond. Messages come in on one
// delivery thread of the client library; one manager thread of our own does every blocking question to JetStream
// (discovery of queues, consumers, the lease, time-outs). Messages are pulled by credit, never pushed.
//
// Life: Connect, TakeEpoch, (the caller makes the epoch durable), Start, the Transport calls, Stop. The first three
// block and are called by one thread; after Start the loop's thread alone calls the functions of Transport. Own pull
// loop, own asynchronous publish: the client library's are unsafe in the packaged versions.
#ifndef MUSTER_DISPATCHER_ADAPTERS_NATS_TRANSPORT_H_
#define MUSTER_DISPATCHER_ADAPTERS_NATS_TRANSPORT_H_

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "dispatcher/runtime/transport.h"
#include "schemas/status.h"

namespace muster::adapters {

struct NatsOptions {
  std::vector<std::string> servers = {"nats://127.0.0.1:4222"};
  std::string name = "musterd";  // shown by the server next to the connection

  // Credentials; at most one of them. `user` with `password`.
  std::string user;
  std::string password;
  std::string token;
  std::string credentials_file;  // JWT and key, as made by nsc
  std::string nkey_seed_file;
  std::string nkey_public;  // with nkey_seed_file

  // TLS. Used when any is set, or a server's URL begins with tls://.
  std::string tls_ca_file;
  std::string tls_certificate_file;  // with tls_key_file: the client's own
  std::string tls_key_file;
  std::string tls_host;  // expected in the server's certificate, where it differs from the URL

  bool allow_old_server = false;  // below 2.10: loses confirmed acknowledgements when killed
  // The `durable` profile needs `sync_interval: always` in the server's own configuration; Connect reminds of it.
  bool durable = false;

  // Bounds of the streams; -1 = none. A full task stream refuses new tasks (error 10077), it never drops old ones.
  std::int64_t tasks_bytes_max = -1;  // of each of the five task streams
  std::int64_t tasks_count_max = -1;
  std::int64_t results_bytes_max = -1;
  std::int64_t dead_bytes_max = -1;
  std::int64_t delayed_bytes_max = -1;
  std::chrono::seconds results_age_max = std::chrono::hours(24);
  std::chrono::seconds dead_age_max = std::chrono::hours(24 * 30);
  int replicas = 1;  // of streams that are created; existing ones are left as they are

  std::chrono::milliseconds discover_every{500};
  std::chrono::milliseconds guard_every{30000};   // consumers that are ahead of their stream (see docs/operating.md)
  std::chrono::milliseconds lease_every{1000};    // looking for a newer epoch
  std::chrono::milliseconds store_timeout{5000};  // of PublishStored
  std::chrono::milliseconds pull_expires{30000};  // of one pull request; more than twice the heartbeat
  std::chrono::milliseconds pull_heartbeat{5000};
};

struct NatsConnected {
  std::string url;
  std::string server_name;
  std::string version;                // "unknown" where the server did not tell
  std::vector<std::string> warnings;  // for the operator, one sentence each
};

// What an earlier epoch's consumer had been given and did not acknowledge. It is offered again at once.
struct QueueLeft {
  Priority priority = Priority::kNormal;
  std::string queue;
  std::uint64_t unacked = 0;
};

// Counted since Start; any thread may ask.
struct NatsCounters {
  std::uint64_t received = 0;  // stored messages handed to the sink
  std::uint64_t acknowledged = 0;
  std::uint64_t pull_requests = 0;
  std::uint64_t reconnects = 0;
  std::uint64_t send_errors = 0;  // messages the client library refused; repaired by leases and redelivery
  std::uint64_t store_timeouts = 0;
  std::uint64_t consumers_repaired = 0;
};

class NatsTransport final : public runtime::Transport {
 public:
  // `sink` must outlive Stop(). REQUIRES: pull_expires more than twice pull_heartbeat.
  NatsTransport(NatsOptions options, runtime::InboundSink* sink);
  ~NatsTransport() override;  // Stop()
  NatsTransport(const NatsTransport&) = delete;
  NatsTransport& operator=(const NatsTransport&) = delete;

  // Connects (trying again until `timeout`), checks the server's version, makes or updates the streams. kUnavailable:
  // nobody answers, JetStream is off, or the server is too old; kBadRequest: the options are wrong or refused;
  // kConflict: a stream of that name exists which cannot be made ours. May be repeated after a failure.
  Result<NatsConnected> Connect(std::chrono::milliseconds timeout);

  // Takes the next epoch from the lease: larger than every epoch taken before and than `at_least`. From then on an
  // older dispatcher is fenced. REQUIRES: connected.
  Result<std::uint64_t> TakeEpoch(std::uint64_t at_least);

  // Replaces the consumers of older epochs by ours, listens to the workers and starts the manager thread.
  // kConflict: a newer epoch exists. REQUIRES: `epoch` came from TakeEpoch; called once.
  Result<std::vector<QueueLeft>> Start(std::uint64_t epoch);

  // Sends what is held, closes, ends the threads; the sink is not called afterwards. Idempotent.
  void Stop();

  NatsCounters counters() const;

  // Transport.
  void Publish(runtime::Lane lane, std::string_view subject, std::string_view data) override;
  void PublishToWorker(std::string_view subject, std::string_view data) override;
  void PublishStored(std::string_view subject, const Headers& headers, std::string_view data,
                     std::string_view message_id, std::chrono::milliseconds ttl, std::uint64_t token) override;
  void Pull(Priority priority, std::string_view queue, int count) override;
  void Ack(std::string_view ack) override;
  void Nak(std::string_view ack, std::chrono::milliseconds delay) override;
  void EnsureQueue(Priority priority, std::string_view queue) override;
  void FetchDelayed(std::uint64_t sequence) override;
  void RemoveDelayed(std::uint64_t sequence) override;
  void Flush() override;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace muster::adapters

#endif  // MUSTER_DISPATCHER_ADAPTERS_NATS_TRANSPORT_H_
