// A nats-server, a musterd and workers as real processes, and `muster` as a function. One per test.
#ifndef MUSTER_TESTS_INTEGRATION_CLI_RIG_H_
#define MUSTER_TESTS_INTEGRATION_CLI_RIG_H_

#include <sys/types.h>

#include <string>
#include <vector>

#include "dispatcher/cli/exit.h"
#include "tests/support/nats_fixture.h"
#include "tests/support/scratch.h"

namespace muster::cli {

// A child process; killed at the end.
class Process {
 public:
  // `program` from $MUSTER_BIN. Its output goes to `log`. Throws std::runtime_error when it cannot start.
  Process(const std::string& program, std::vector<std::string> arguments, const std::string& log);
  ~Process();
  Process(Process&& other) noexcept : pid_(other.pid_) { other.pid_ = -1; }
  Process(const Process&) = delete;
  Process& operator=(const Process&) = delete;

  // SIGTERM, then its exit code; -1 after a signal.
  int Stop();

 private:
  pid_t pid_ = -1;
};

struct Ran {
  Exit code;
  std::string out;
  std::string err;
};

class Rig {
 public:
  // Returns when musterd is ready. Throws std::runtime_error with its log otherwise.
  Rig();

  Ran Muster(std::vector<std::string> words);
  // `muster worker run` with these; returns when musterd knows it.
  Process Worker(const std::string& name, std::vector<std::string> words);
  // Until the task has this state, for 10 s at most.
  bool Becomes(const std::string& id, const std::string& state);

  tests::Scratch scratch;
  tests::NatsServer nats;

 private:
  Process daemon_;
};

// The words of `text`, one per line.
std::vector<std::string> Lines(const std::string& text);

}  // namespace muster::cli

#endif  // MUSTER_TESTS_INTEGRATION_CLI_RIG_H_
