// The whole program but main(): so that tests can run it. Threads: one.
#ifndef MUSTER_DISPATCHER_CLI_APP_H_
#define MUSTER_DISPATCHER_CLI_APP_H_

#include <ostream>
#include <string>
#include <vector>

#include "dispatcher/cli/exit.h"
#include "dispatcher/cli/output.h"

namespace muster::cli {

// `words` is argv without the program's name.
Exit RunApp(const std::vector<std::string>& words, std::ostream& out, std::ostream& err);

}  // namespace muster::cli

#endif  // MUSTER_DISPATCHER_CLI_APP_H_
