// Connection: one connection of the NATS library, set up as nothing else in the SDK may, and closed in the right order.
//
// Internal to Link; includes the library's header. Threads: as Link.
#ifndef MUSTER_WORKER_SDK_NATS_CONNECTION_H_
#define MUSTER_WORKER_SDK_NATS_CONNECTION_H_

#include <nats/nats.h>

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <string>

#include "muster/options.h"
#include "schemas/status.h"

namespace muster::link {

inline constexpr std::int64_t kReconnectWaitMs = 200;

// The library's unit; never zero, which it takes for "for ever".
inline std::int64_t Ms(std::chrono::milliseconds duration) {
  return std::max<std::int64_t>(1, duration.count());
}

// What one connection tells, on threads of the library. Its last words may come after natsConnection_Destroy, so the
// library gets a pointer to this, which lives until they have come, and never one to the Link.
struct Ear {
  std::mutex mutex;
  std::condition_variable changed;
  std::function<void(bool connected, const std::string&)> tell;  // empty once the Link is gone
  std::string last_error;
  bool closed = false;
};

// A connection and its ear. Closes both in order.
class Connection {
 public:
  // `at_once`: every write goes to the socket; else writes wait a millisecond for company. `tell` as
  // Link::StateCallback.
  static Result<std::unique_ptr<Connection>> Open(const ConnectionOptions& options, bool at_once,
                                                  std::function<void(bool, const std::string&)> tell);
  ~Connection();

  natsConnection* raw() const { return raw_; }
  bool connected() const { return natsConnection_Status(raw_) == NATS_CONN_STATUS_CONNECTED; }
  bool closed() const { return natsConnection_IsClosed(raw_); }
  // What the server complained of since the last call, as " (the server says: …)".
  std::string TakeComplaint();

 private:
  natsConnection* raw_ = nullptr;
  std::shared_ptr<Ear> ear_;
};

}  // namespace muster::link

#endif  // MUSTER_WORKER_SDK_NATS_CONNECTION_H_
