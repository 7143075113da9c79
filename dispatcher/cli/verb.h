// A verb of the command line, as data: its words, its options, its examples, and the function that runs it.
//
// Parsing, help, shell completion, docs/cli.md and the tests all iterate over one table of these (verbs.cc); a new verb
// is one file in verbs/ and one line there. Threads: the tables are constant.
#ifndef MUSTER_DISPATCHER_CLI_VERB_H_
#define MUSTER_DISPATCHER_CLI_VERB_H_

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "dispatcher/cli/exit.h"

namespace muster::cli {

class Context;

// What a value must look like. Checked before the verb runs, so that a verb never sees a wrong one.
enum class Kind : std::uint8_t {
  kFlag,
  kText,
  kName,  // queue, worker, region, …: one subject token
  kWord,  // type, tenant, pool: . : / @ + too
  kTaskId,
  kCount,      // 0, 1, 2, …
  kDuration,   // 250ms, 30s, 1h30m
  kTimestamp,  // RFC 3339, unix seconds, +30s
  kPriority,
  kResources,  // cpu=0.5,memory=4GiB
  kRequire,    // constraint expression
  kLabel,      // key=value
};

struct Option {
  std::string_view flags;  // "--queue,-q", the long one first; without dashes: a positional
  Kind kind = Kind::kText;
  std::string_view value = {};  // "NAME" in the help; empty for a flag
  std::string_view help = {};
  bool repeated = false;
  bool required = false;
  std::string_view environment = {};  // variables that stand in for it, separated by blanks, the first one set wins
  std::string_view choices = {};      // "a|b|c" where only these are right
  bool rest = false;                  // a positional that takes everything after "--"
};

// "queue" for "--queue,-q", "id" for "id".
std::string_view LongName(const Option& option);
bool IsPositional(const Option& option);

struct Example {
  std::string_view says;
  std::string_view command;
};

enum class Reach : std::uint8_t { kOffline, kNats };

struct Verb {
  std::string_view noun;
  std::string_view verb;     // empty for `muster stats` and the like
  std::string_view summary;  // one line, no full stop
  std::string_view details = {};
  std::vector<Option> options;
  std::vector<Example> examples;
  Reach reach = Reach::kNats;  // kNats: takes the connection options
  Exit (*run)(Context&) = nullptr;

  std::string Name() const { return verb.empty() ? std::string(noun) : std::string(noun) + " " + std::string(verb); }
};

// Options of every verb (--json, --color, --help), and of every verb that talks to NATS.
const std::vector<Option>& CommonOptions();
const std::vector<Option>& NatsOptions();
// All that `verb` takes: its own, the connection's where it connects, the common ones. Where the verb has a --timeout
// of its own, the time for an answer is --answer-timeout alone.
std::vector<Option> AllOptions(const Verb& verb);

// The table, in the order of the help.
const std::vector<Verb>& Verbs();

}  // namespace muster::cli

#endif  // MUSTER_DISPATCHER_CLI_VERB_H_
