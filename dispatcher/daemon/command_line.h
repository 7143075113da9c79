// CommandLine: the arguments of musterd, and the configuration that follows from them, the environment and the file.
#ifndef MUSTER_DISPATCHER_DAEMON_COMMAND_LINE_H_
#define MUSTER_DISPATCHER_DAEMON_COMMAND_LINE_H_

#include <string>

#include "dispatcher/daemon/config.h"

namespace muster::daemon {

struct CommandLine {
  bool ends = false;  // nothing to run: help, a check, an error; `exit_code` says which
  int exit_code = 0;
  std::string output;  // for standard output
  std::string error;   // for standard error

  Config config;
  bool dev = false;            // with a NATS server of our own
  int nats_port = 4222;        // of that one; 0 = any free port
  std::string data_directory;  // where everything is kept and the ports are told; empty: only the journal's own
};

// Reads the environment and the configuration file. Never throws.
CommandLine ReadCommandLine(int argc, const char* const* argv);

}  // namespace muster::daemon

#endif  // MUSTER_DISPATCHER_DAEMON_COMMAND_LINE_H_
