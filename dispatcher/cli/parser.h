// From argv to a verb and its checked arguments. The only user of CLI11 is parser.cc.
#ifndef MUSTER_DISPATCHER_CLI_PARSER_H_
#define MUSTER_DISPATCHER_CLI_PARSER_H_

#include <string>
#include <vector>

#include "dispatcher/cli/args.h"
#include "dispatcher/cli/verb.h"

namespace muster::cli {

struct Parsed {
  enum class What : std::uint8_t {
    kRun,       // `verb` with `args`
    kOverview,  // help for all of muster
    kNounHelp,  // help for all verbs of `noun`
    kVerbHelp,  // help for `verb`
    kWrong,     // `error`, kBadRequest; `verb` is set where it was known
  };
  What what = What::kWrong;
  const Verb* verb = nullptr;
  std::string noun;
  Args args;
  Status error;
  bool json = false;   // --json was seen, even where the rest is wrong
  std::string colour;  // of --color; empty when not given
};

// `words` is argv without the program's name. Common and connection options may stand before the verb too.
Parsed Parse(const std::vector<Verb>& verbs, std::vector<std::string> words);

}  // namespace muster::cli

#endif  // MUSTER_DISPATCHER_CLI_PARSER_H_
