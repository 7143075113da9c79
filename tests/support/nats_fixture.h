// NatsServer: a real nats-server with JetStream of a test's own, on a free port, in a scratch folder; killed at the
// end.
//
// The binary is $NATS_SERVER, else nats-server on PATH. Tests that need one carry the label `integration`.
#ifndef MUSTER_TESTS_SUPPORT_NATS_FIXTURE_H_
#define MUSTER_TESTS_SUPPORT_NATS_FIXTURE_H_

#include <sys/types.h>

#include <memory>
#include <string>
#include <vector>

#include "tests/support/scratch.h"

namespace muster::tests {

class NatsServer {
 public:
  // Returns when the server answers. Throws std::runtime_error with the server's last words otherwise.
  // `arguments`: more of them for its command line.
  explicit NatsServer(std::vector<std::string> arguments = {}, bool jetstream = true);
  ~NatsServer();
  NatsServer(const NatsServer&) = delete;
  NatsServer& operator=(const NatsServer&) = delete;

  int port() const { return port_; }
  // "nats://127.0.0.1:<port>"
  std::string url() const;

  // SIGKILL, as a crash; the store stays. Nothing happens where it does not run.
  void Kill();
  // SIGTERM, as an operator stops it: everything is written. Waits for its end.
  void Terminate();
  // Again on the same port with the same store. REQUIRES: not running.
  void Start();
  // SIGSTOP and SIGCONT.
  void Freeze();
  void Thaw();

  // A stream in file storage on `subjects`, as JSON fields may say more: ",\"retention\":\"workqueue\"".
  void AddStream(const std::string& name, const std::vector<std::string>& subjects, const std::string& more = {});

 private:
  void End(int signal);

  Scratch scratch_;
  std::vector<std::string> arguments_;
  bool jetstream_ = true;
  int port_ = 0;
  pid_t pid_ = -1;
};

// A TCP port nobody listens on at the moment.
int FreePort();

// The nats-server binary that NatsServer starts; empty when there is none.
std::string NatsServerPath();

}  // namespace muster::tests

#endif  // MUSTER_TESTS_SUPPORT_NATS_FIXTURE_H_
