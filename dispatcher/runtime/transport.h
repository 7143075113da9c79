// Transport: what the loop needs of a message system, and nothing else. NATS is behind it in the daemon
// (adapters/nats_transport), a fake JetStream in the simulator.
//
// Threads: every function of Transport is called by the loop's thread alone and returns without waiting for the
// network. What comes in is handed to the InboundSink from any thread. Bytes are copied or moved before a call returns.
#ifndef MUSTER_DISPATCHER_RUNTIME_TRANSPORT_H_
#define MUSTER_DISPATCHER_RUNTIME_TRANSPORT_H_

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>
#include <variant>

#include "schemas/headers.h"
#include "schemas/priority.h"

namespace muster::runtime {

// A message of a task stream, or one read back from MUSTER_DELAYED.
struct StoredMessage {
  std::string subject;
  Headers headers;
  std::string data;
  std::string ack;  // where to acknowledge it; opaque
  std::string stream;
  std::uint64_t sequence = 0;  // in its stream
  std::int64_t stored_ns = 0;  // unix ns, the stream's clock
  // It came with a header block that is none. Nobody knows what it said, so the message must not run without it.
  bool headers_damaged = false;
};

// A core message: worker chatter or a question. `reply` is empty where no answer is wanted.
struct CoreMessage {
  std::string subject;
  std::string reply;
  std::string data;
};

// The outcome of Transport::PublishStored. `ok` means: stored (or known already); otherwise unknown: publish again.
struct PublishDone {
  std::uint64_t token = 0;
  bool ok = false;
  std::uint64_t sequence = 0;  // in its stream, when ok
  std::string error;
};

// A (priority, queue) whose stream holds or held messages; its consumer exists. Sent when first seen and when its
// numbers changed (about once a second).
struct QueueSeen {
  Priority priority = Priority::kNormal;
  std::string queue;
  std::uint64_t stored = 0;   // not delivered to us yet
  std::uint64_t unacked = 0;  // delivered, not acknowledged
  std::uint64_t last_sequence = 0;
};

// A message of MUSTER_DELAYED asked for with FetchDelayed. Not found: it was gone (already released).
struct DelayedFetched {
  std::uint64_t sequence = 0;
  bool found = false;
  StoredMessage message;
};

// Published to a worker's subject, and nobody listened.
struct NoResponders {
  std::string subject;
};

struct ConnectionChanged {
  bool connected = false;
  std::string detail;  // the server's name and version, or the error
};

// A dispatcher with a newer epoch has taken the consumers: this one must stop.
struct Fenced {
  std::string detail;
};

using Inbound = std::variant<StoredMessage, CoreMessage, PublishDone, QueueSeen, DelayedFetched, NoResponders,
                             ConnectionChanged, Fenced>;

class InboundSink {
 public:
  virtual ~InboundSink() = default;
  // Any thread. Never blocks for long; what does not fit is counted and dropped, except stored messages, which are
  // bounded by the credit that was asked for.
  virtual void Post(Inbound message) = 0;
};

enum class Lane : std::uint8_t {
  kControl,  // sent at once: assignments, commands, answers
  kBulk,     // may wait a millisecond for company: pulls, acknowledgements, results, events
};

class Transport {
 public:
  virtual ~Transport() = default;

  virtual void Publish(Lane lane, std::string_view subject, std::string_view data) = 0;
  // To a worker: as Publish on kControl, but posts NoResponders when nobody listens.
  virtual void PublishToWorker(std::string_view subject, std::string_view data) = 0;

  // To a stream; posts PublishDone with `token`, within 5 s at the latest. `message_id` becomes Nats-Msg-Id.
  // `ttl` of zero: as long as the stream keeps it; servers before 2.11 ignore a ttl.
  virtual void PublishStored(std::string_view subject, const Headers& headers, std::string_view data,
                             std::string_view message_id, std::chrono::milliseconds ttl, std::uint64_t token) = 0;

  // Adds `count` to the messages that may be delivered for this queue. Credit lasts until used, over reconnects too.
  virtual void Pull(Priority priority, std::string_view queue, int count) = 0;

  virtual void Ack(std::string_view ack) = 0;
  virtual void Nak(std::string_view ack, std::chrono::milliseconds delay) = 0;

  // Makes sure that the stream's consumer for this queue exists; posts QueueSeen when it does. Repeating it is free.
  virtual void EnsureQueue(Priority priority, std::string_view queue) = 0;

  // Reads a message of MUSTER_DELAYED; posts DelayedFetched. Removing one that is gone is no error.
  virtual void FetchDelayed(std::uint64_t sequence) = 0;
  virtual void RemoveDelayed(std::uint64_t sequence) = 0;

  // The end of a turn: whatever was kept back for company goes out.
  virtual void Flush() = 0;
};

}  // namespace muster::runtime

#endif  // MUSTER_DISPATCHER_RUNTIME_TRANSPORT_H_
