// Help pages and docs/cli.md, written from the table of verbs. Threads: pure functions.
#ifndef MUSTER_DISPATCHER_CLI_HELP_H_
#define MUSTER_DISPATCHER_CLI_HELP_H_

#include <string>
#include <string_view>
#include <vector>

#include "dispatcher/cli/verb.h"

namespace muster::cli {

std::string OverviewHelp(const std::vector<Verb>& verbs, bool colours);
std::string NounHelp(const std::vector<Verb>& verbs, std::string_view noun, bool colours);
std::string VerbHelp(const Verb& verb, bool colours);
// "muster task submit [options] [FILE…]"
std::string Usage(const Verb& verb);
// The whole of docs/cli.md; a test holds the file equal to it.
std::string MarkdownHelp(const std::vector<Verb>& verbs);

// A script for `shell` ("bash", "zsh", "fish"); empty for another.
std::string CompletionScript(const std::vector<Verb>& verbs, std::string_view shell);

}  // namespace muster::cli

#endif  // MUSTER_DISPATCHER_CLI_HELP_H_
