// DevServer: the nats-server that `musterd --dev` runs as its child, with its data below the data directory.
//
// Found as $NATS_SERVER, next to musterd, or on PATH. Ends with this object. One that a killed musterd left behind is
// found by its pid file and ended at the next start. Threads: one.
#ifndef MUSTER_DISPATCHER_DAEMON_DEV_SERVER_H_
#define MUSTER_DISPATCHER_DAEMON_DEV_SERVER_H_

#include <sys/types.h>

#include <memory>
#include <string>

#include "schemas/status.h"

namespace muster::daemon {

class DevServer {
 public:
  // kUnavailable: no server found, the port is taken, or it does not start; says what to do. REQUIRES: no threads yet.
  static Result<std::unique_ptr<DevServer>> Start(const std::string& data_directory, int port);
  ~DevServer();
  DevServer(const DevServer&) = delete;
  DevServer& operator=(const DevServer&) = delete;

  const std::string& url() const { return url_; }

 private:
  DevServer() = default;
  pid_t pid_ = -1;
  std::string pid_file_;
  std::string url_;
};

}  // namespace muster::daemon

#endif  // MUSTER_DISPATCHER_DAEMON_DEV_SERVER_H_
