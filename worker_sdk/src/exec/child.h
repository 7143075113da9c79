// RunChild: runs one program to its end, with its input, output and errors, in a process group of its own.
//
// Threads: any, several at once. Waits for the program. REQUIRES: SIGPIPE is ignored in this process.
#ifndef MUSTER_WORKER_SDK_EXEC_CHILD_H_
#define MUSTER_WORKER_SDK_EXEC_CHILD_H_

#include <chrono>
#include <cstddef>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace muster {

struct ChildSpec {
  std::vector<std::string> command;      // a program without '/' is looked for on PATH
  std::vector<std::string> environment;  // "NAME=value", besides that of this process
  std::string_view input;
  std::size_t output_bytes_max = 0;
  std::size_t error_bytes_max = 0;  // the end of standard error that is kept
  std::chrono::milliseconds kill_grace{0};
  std::function<bool()> stop;  // asked every 20 ms: true sends SIGTERM to the group, SIGKILL after kill_grace
};

struct ChildEnd {
  int spawn_error = 0;  // errno where it could not be started; nothing else is set then
  int exit_code = -1;   // -1 where a signal ended it
  int signal = 0;
  bool stopped = false;           // because `stop` said so
  bool output_too_large = false;  // killed for it
  std::string output;
  std::string errors;
};

// Returns as soon as the program itself has ended: what it left running in its group is killed, and does not keep the
// output open. Leaves no zombie and no descriptor behind. The program inherits no descriptor but its three.
ChildEnd RunChild(const ChildSpec& spec);

}  // namespace muster

#endif  // MUSTER_WORKER_SDK_EXEC_CHILD_H_
