// Options of the SDK: how to reach NATS, and what a worker offers. Plain values; a default-made one is valid.
#ifndef MUSTER_OPTIONS_H_
#define MUSTER_OPTIONS_H_

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <vector>

namespace muster {

// How to reach NATS. At most one way of proving who we are: user and password, token, credentials file, or nkey.
struct ConnectionOptions {
  std::vector<std::string> servers = {"nats://127.0.0.1:4222"};  // "tls://host:4222" asks for TLS
  std::string name;                                              // shown in the server's list of connections
  std::string user;
  std::string password;
  std::string token;
  std::string credentials_file;  // .creds: JWT and key in one file
  std::string nkey;              // public key ("U…"); needs nkey_seed_file
  std::string nkey_seed_file;
  // Where answers are expected, for users that may not listen under the default, "_INBOX"; without a dot at the end.
  std::string inbox_prefix;
  std::string tls_ca_file;  // PEM; any of these three asks for TLS
  std::string tls_cert_file;
  std::string tls_key_file;
  std::chrono::milliseconds connect_timeout{2000};  // of one try
  // How long the first connection is tried again before it counts as failed: zero = one try; kForever = until it
  // succeeds. Once connected, a lost connection is tried again for ever.
  std::chrono::milliseconds retry_for{0};
  static constexpr std::chrono::milliseconds kForever = std::chrono::milliseconds::max();
};

// What a worker says through Log. The function may be called from any thread, one call at a time.
enum class LogLevel : std::uint8_t { kDebug, kInfo, kWarning, kError };
using LogFunction = std::function<void(LogLevel, const std::string& line)>;

// What a worker offers and how it behaves. Bounds are those of docs/protocol.md; Worker::Run refuses what breaks them.
struct WorkerOptions {
  // Tried for ever by default: a worker may be started before its server.
  ConnectionOptions connection = ConnectionOptions{.retry_for = ConnectionOptions::kForever};
  std::string name;                 // one subject token; empty = <host>-<pid>
  std::vector<std::string> queues;  // empty = every queue
  std::vector<std::string> capabilities;
  std::map<std::string, std::string> labels;
  // Offered to tasks that ask: cpu in thousandths of a core, memory and vram in bytes, other names in units.
  std::map<std::string, std::int64_t> resources;
  std::uint32_t slots = 0;              // tasks at once; 0 = one for each processor
  std::uint32_t prefetch = 0;           // tasks held beyond the slots: more throughput, later binding
  std::uint32_t threads = 0;            // threads that run handlers; 0 = one for each slot
  double speed = 1.0;                   // of one slot, relative to the fleet's reference
  std::chrono::milliseconds beat{500};  // heartbeat; the dispatcher may ask for another
  std::chrono::milliseconds drain_timeout{
      30000};  // at a stop: how long running tasks may take before they are handed back
  // Disconnected for longer than this, no held task is started: the dispatcher has given it to somebody else by then.
  std::chrono::milliseconds lease{1500};
  std::string region;
  std::string group;
  bool stop_on_signals = true;  // SIGTERM and SIGINT stop Run: drain, then hand back
  LogFunction log;              // empty = warnings and errors to standard error
};

}  // namespace muster

#endif  // MUSTER_OPTIONS_H_
