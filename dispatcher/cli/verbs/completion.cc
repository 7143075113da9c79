#include "dispatcher/cli/context.h"
#include "dispatcher/cli/help.h"

namespace muster::cli {
namespace {

Exit Run(Context& context) {
  context.out().Write(CompletionScript(Verbs(), context.args().Text("shell")));
  return Exit::kOk;
}

}  // namespace

Verb CompletionVerb() {
  return {.noun = "completion",
          .verb = "",
          .summary = "print a script that completes commands and options in your shell",
          .options = {{.flags = "shell",
                       .value = "SHELL",
                       .help = "bash, zsh or fish",
                       .required = true,
                       .choices = "bash|zsh|fish"}},
          .examples = {{"bash, for this session", "source <(muster completion bash)"},
                       {"zsh, in ~/.zshrc", "source <(muster completion zsh)"},
                       {"fish, for good", "muster completion fish > ~/.config/fish/completions/muster.fish"}},
          .reach = Reach::kOffline,
          .run = Run};
}

}  // namespace muster::cli
