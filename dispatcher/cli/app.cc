#include "dispatcher/cli/app.h"

#include <algorithm>

#include "dispatcher/cli/context.h"
#include "dispatcher/cli/help.h"
#include "dispatcher/cli/parser.h"
#include "dispatcher/cli/verb.h"

namespace muster::cli {
namespace {

// `muster help …` is `muster … --help`; `muster --version` is `muster version`.
std::vector<std::string> Rewrite(std::vector<std::string> words) {
  if (!words.empty() && words[0] == "help") {
    words.erase(words.begin());
    words.emplace_back("--help");
  } else if (words.size() == 1 && (words[0] == "--version" || words[0] == "-V")) {
    words = {"version"};
  }
  return words;
}

}  // namespace

Exit RunApp(const std::vector<std::string>& words, std::ostream& out, std::ostream& err) {
  if (words.size() == 2 && words[0] == "help" && words[1] == "--markdown") {
    out << MarkdownHelp(Verbs());
    return Exit::kOk;
  }
  const Parsed parsed = Parse(Verbs(), Rewrite(words));
  Output output(out, err, DetectTerminal(parsed.colour), parsed.json);
  switch (parsed.what) {
    case Parsed::What::kOverview: output.Write(OverviewHelp(Verbs(), output.colours())); return Exit::kOk;
    case Parsed::What::kNounHelp: output.Write(NounHelp(Verbs(), parsed.noun, output.colours())); return Exit::kOk;
    case Parsed::What::kVerbHelp: output.Write(VerbHelp(*parsed.verb, output.colours())); return Exit::kOk;
    case Parsed::What::kWrong:
      output.Error(parsed.error);
      if (parsed.verb != nullptr) {
        output.Note("usage: " + Usage(*parsed.verb) + "   (muster " + parsed.verb->Name() + " --help tells more)");
      }
      return Exit::kUsage;
    case Parsed::What::kRun: break;
  }
  Context context(parsed.args, output);
  const Exit code = parsed.verb->run(context);
  out.flush();
  // A full disk must not look like success.
  if (!out.good() && code == Exit::kOk) {
    output.Error(Status(ErrorCode::kInternal, "cannot write the answer to standard output"));
    return Exit::kFailed;
  }
  return code;
}

}  // namespace muster::cli
