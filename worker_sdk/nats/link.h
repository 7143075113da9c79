// Link: the SDK's and the command line's way to NATS. The only file pair of the SDK that knows the NATS library.
//
// Two connections are inside: `control` writes at once (requests, reports, commands: 0.2 ms a round trip), `bulk`
// gathers what is written within a millisecond (batches of stored messages); it is opened at its first use. Both
// reconnect for ever, 200 ms and jitter apart; neither replays old control messages. No exception, no NATS type leaves
// this header.
//
// Threads: every function may be called from any thread, unless said otherwise. Callbacks come on the library's
// threads, one at a time for each subscription; they must not wait, nor destroy the Subscription or Link that calls
// them. Errors: kUnavailable (disconnected, or nobody listens), kTimeout, kTooLarge, kQueueFull, kNotFound,
// kBadRequest, kInternal.
#ifndef MUSTER_WORKER_SDK_NATS_LINK_H_
#define MUSTER_WORKER_SDK_NATS_LINK_H_

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "muster/options.h"
#include "schemas/headers.h"
#include "schemas/status.h"

namespace muster {

// What came on a subscription; valid during the callback.
struct LinkMessage {
  std::string_view subject;
  std::string_view reply;  // empty where no answer is wanted
  std::string_view data;
};

// What was asked to be stored.
struct LinkPublish {
  std::string subject;
  Headers headers;
  std::string data;
};

// The server's word that a message is stored.
struct StoreReceipt {
  std::string stream;
  std::uint64_t sequence = 0;
  bool duplicate = false;  // the same Nats-Msg-Id was stored before; `sequence` is that one's
};

// A message read back from a stream.
struct StreamMessage {
  std::string subject;
  std::uint64_t sequence = 0;
  Headers headers;
  std::string data;
  std::int64_t stored_ms = 0;  // unix ms, the server's clock
};

struct StreamStatus {
  std::string name;
  std::uint64_t messages = 0;
  std::uint64_t bytes = 0;
  std::uint64_t first_sequence = 0;
  std::uint64_t last_sequence = 0;
  std::uint32_t consumers = 0;
  std::string json;  // the server's whole answer
};

struct ServerInfo {
  std::string version;  // "2.10.27"
  std::string name;
  std::int64_t max_payload = 0;  // bytes
  bool jetstream = false;
};

class Link {
 public:
  using MessageCallback = std::function<void(const LinkMessage&)>;
  // The connection was lost (with the reason) or is back. On a thread of the library.
  using StateCallback = std::function<void(bool connected, const std::string& detail)>;
  using StoreCallback = std::function<void(Result<StoreReceipt>)>;

  // Ends the subscription when destroyed; returns only when no callback runs any more. Must not outlive its Link.
  class Subscription {
   public:
    virtual ~Subscription() = default;
  };

  // Tries for options.retry_for; `cancelled`, asked every 200 ms at least, ends the trying early.
  // kUnavailable names the servers and the reason; kBadRequest for options that contradict each other.
  static Result<std::unique_ptr<Link>> Connect(const ConnectionOptions& options, StateCallback on_state = nullptr,
                                               const std::function<bool()>& cancelled = nullptr);
  ~Link();
  Link(const Link&) = delete;
  Link& operator=(const Link&) = delete;

  bool connected() const;
  // The library has given up for good (the server refuses who we are, twice): connect anew or end.
  bool closed() const;

  // ---- Core NATS: at most once. -----------------------------------------------------------------------------------
  // Hands the message to the socket. kUnavailable while disconnected: nothing is kept back for later.
  Status Publish(std::string_view subject, std::string_view data);
  // The first answer. kUnavailable at once when nobody listens on `subject`.
  Result<std::string> Request(std::string_view subject, std::string_view data, std::chrono::milliseconds timeout);
  // In force on the server when this returns.
  Result<std::unique_ptr<Subscription>> Subscribe(std::string_view subject, MessageCallback callback);

  // ---- JetStream. -------------------------------------------------------------------------------------------------
  // Stores one message and waits for the receipt. After kTimeout or kUnavailable the outcome is unknown: publish the
  // same Nats-Msg-Id again. kQueueFull: the stream's limit is reached, nothing was stored.
  Result<StoreReceipt> PublishStored(const LinkPublish& message, std::chrono::milliseconds timeout);
  // The same without waiting; `done` is called exactly once for each call that returned ok, in any order, from a thread
  // of this Link, at the latest when the time is up or the Link is destroyed. Not ok: `done` is never called.
  Status PublishStoredAsync(const LinkPublish& message, std::chrono::milliseconds timeout, StoreCallback done);

  // The newest message on `subject` (no wildcard). kNotFound where there is none.
  Result<StreamMessage> GetLast(std::string_view stream, std::string_view subject, std::chrono::milliseconds timeout);
  // Up to `limit` messages on `filter` (wildcards allowed; empty = all) from sequence `from` on, in order.
  // One round trip each. An empty answer: there are none.
  Result<std::vector<StreamMessage>> ReadStream(std::string_view stream, std::string_view filter, std::uint64_t from,
                                                std::size_t limit, std::chrono::milliseconds timeout);
  // kNotFound where it was gone.
  Status DeleteStored(std::string_view stream, std::uint64_t sequence, std::chrono::milliseconds timeout);
  // kNotFound where the stream does not exist; kUnavailable where JetStream is off.
  Result<StreamStatus> StreamInfo(std::string_view stream, std::chrono::milliseconds timeout);

  // ---- The connection. --------------------------------------------------------------------------------------------
  // Returns when the server has read everything published so far.
  Status Flush(std::chrono::milliseconds timeout);
  // Of the server we are connected to: read from the greeting it sends on a fresh socket.
  Result<ServerInfo> Server(std::chrono::milliseconds timeout) const;
  // "nats://127.0.0.1:4222", of the server we are connected to; empty while disconnected.
  std::string connected_url() const;

 private:
  class Impl;
  explicit Link(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace muster

#endif  // MUSTER_WORKER_SDK_NATS_LINK_H_
