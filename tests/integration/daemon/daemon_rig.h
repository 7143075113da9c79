// Daemon: a real musterd of a test's own, and the little that a test asks of it over HTTP.
#ifndef MUSTER_TESTS_INTEGRATION_DAEMON_DAEMON_RIG_H_
#define MUSTER_TESTS_INTEGRATION_DAEMON_DAEMON_RIG_H_

#include <sys/types.h>

#include <string>
#include <vector>

namespace muster::tests {

struct HttpAnswer {
  int status = 0;  // 0: nobody answers
  std::string body;
};
HttpAnswer HttpGet(int port, const std::string& path);

class Daemon {
 public:
  // Starts $MUSTER_BIN/musterd with its data in `data`; its output goes to <data>.log.
  Daemon(std::string data, std::vector<std::string> arguments);
  ~Daemon();  // SIGKILL where it still runs
  Daemon(const Daemon&) = delete;
  Daemon& operator=(const Daemon&) = delete;

  void Kill();  // SIGKILL, and waits
  void Signal(int number);
  // The exit code, -1 where it did not end in time, -2 where a signal ended it.
  int WaitForEnd();
  bool running();

  // Until /readyz says 200; false after half a minute.
  bool BecomesReady();
  int http_port() const;  // 0 where it is not known yet
  std::string Log() const;

 private:
  std::string data_;
  pid_t pid_ = -1;
};

}  // namespace muster::tests

#endif  // MUSTER_TESTS_INTEGRATION_DAEMON_DAEMON_RIG_H_
