// Shell completion: the words of the table as static scripts, so that a shell needs no call of ours to complete.
#include <set>
#include <string>

#include "dispatcher/cli/help.h"

namespace muster::cli {
namespace {

std::vector<std::string> FlagsOf(const Verb& verb) {
  std::vector<std::string> flags;
  for (const Option& option : AllOptions(verb)) {
    if (!IsPositional(option)) flags.push_back("--" + std::string(LongName(option)));
  }
  return flags;
}

std::string Joined(const std::vector<std::string>& words) {
  std::string out;
  for (const std::string& word : words) out += (out.empty() ? "" : " ") + word;
  return out;
}

std::vector<std::string> Nouns(const std::vector<Verb>& verbs) {
  std::vector<std::string> nouns;
  for (const Verb& verb : verbs) {
    if (nouns.empty() || nouns.back() != verb.noun) nouns.emplace_back(verb.noun);
  }
  nouns.emplace_back("help");
  return nouns;
}

std::vector<std::string> VerbsOf(const std::vector<Verb>& verbs, std::string_view noun) {
  std::vector<std::string> words;
  for (const Verb& verb : verbs) {
    if (verb.noun == noun && !verb.verb.empty()) words.emplace_back(verb.verb);
  }
  return words;
}

// Choices of options ("--color auto always never") as cases of the word before the cursor.
std::string ChoiceCases(const std::vector<Verb>& verbs) {
  std::set<std::string> cases;
  for (const Verb& verb : verbs) {
    for (const Option& option : AllOptions(verb)) {
      if (option.choices.empty() || IsPositional(option)) continue;
      std::string words(option.choices);
      for (char& c : words) c = c == '|' ? ' ' : c;
      cases.insert("    --" + std::string(LongName(option)) + ") words=\"" + words + "\" ;;\n");
    }
  }
  cases.insert("    --priority) words=\"critical high normal low background\" ;;\n");
  std::string out;
  for (const std::string& line : cases) out += line;
  return out;
}

// bash and, through its bashcompinit, zsh.
std::string Bash(const std::vector<Verb>& verbs) {
  std::string out =
      "_muster() {\n"
      "  local current=\"${COMP_WORDS[COMP_CWORD]}\" before=\"${COMP_WORDS[COMP_CWORD-1]}\" words=\"\"\n"
      "  local noun=\"${COMP_WORDS[1]}\" verb=\"${COMP_WORDS[2]}\"\n"
      "  case \"$before\" in\n" +
      ChoiceCases(verbs) +
      "  esac\n"
      "  if [ -n \"$words\" ]; then\n"
      "    COMPREPLY=($(compgen -W \"$words\" -- \"$current\"))\n"
      "    return\n"
      "  fi\n"
      "  if [ \"$COMP_CWORD\" -eq 1 ]; then\n"
      "    words=\"" +
      Joined(Nouns(verbs)) +
      "\"\n"
      "  else\n"
      "    case \"$noun\" in\n";
  for (const std::string& noun : Nouns(verbs)) {
    const std::vector<std::string> words = VerbsOf(verbs, noun);
    if (words.empty()) continue;
    out += "      " + noun + ") [ \"$COMP_CWORD\" -eq 2 ] && words=\"" + Joined(words) + "\" ;;\n";
  }
  out += "    esac\n    case \"$noun $verb\" in\n";
  for (const Verb& verb : verbs) {
    const std::string pattern =
        verb.verb.empty() ? std::string(verb.noun) + "\\ *" : std::string(verb.noun) + "\\ " + std::string(verb.verb);
    out += "      " + pattern + ") words=\"$words " + Joined(FlagsOf(verb)) + "\" ;;\n";
  }
  out +=
      "    esac\n"
      "  fi\n"
      "  COMPREPLY=($(compgen -W \"$words\" -- \"$current\"))\n"
      "  [[ \"$current\" == -* || ${#COMPREPLY[@]} -gt 0 ]] || COMPREPLY=($(compgen -f -- \"$current\"))\n"
      "}\n"
      "complete -o filenames -F _muster muster\n";
  return out;
}

std::string Quoted(std::string_view text) {
  std::string out = "'";
  for (char c : text) out += c == '\'' ? std::string("\\'") : std::string(1, c);
  return out + "'";
}

std::string Fish(const std::vector<Verb>& verbs) {
  std::string out = "complete -c muster -e\n";
  for (const std::string& noun : Nouns(verbs)) {
    out += "complete -c muster -n __fish_use_subcommand -f -a " + noun + "\n";
  }
  for (const Verb& verb : verbs) {
    const std::string noun(verb.noun);
    std::string condition = "__fish_seen_subcommand_from " + noun;
    if (!verb.verb.empty()) {
      const std::string all = Joined(VerbsOf(verbs, noun));
      out += "complete -c muster -n '" + condition + "; and not __fish_seen_subcommand_from " + all + "' -f -a " +
             std::string(verb.verb) + " -d " + Quoted(verb.summary) + "\n";
      condition += "; and __fish_seen_subcommand_from " + std::string(verb.verb);
    }
    for (const Option& option : AllOptions(verb)) {
      if (IsPositional(option)) continue;
      out += "complete -c muster -n '" + condition + "' -l " + std::string(LongName(option));
      if (option.kind != Kind::kFlag) out += " -r";
      if (!option.choices.empty()) {
        std::string words(option.choices);
        for (char& c : words) c = c == '|' ? ' ' : c;
        out += " -f -a '" + words + "'";
      }
      out += " -d " + Quoted(option.help) + "\n";
    }
  }
  return out;
}

}  // namespace

std::string CompletionScript(const std::vector<Verb>& verbs, std::string_view shell) {
  if (shell == "bash") return "# muster completion for bash: source <(muster completion bash)\n" + Bash(verbs);
  if (shell == "zsh") {
    return "#compdef muster\n# muster completion for zsh: source <(muster completion zsh)\n"
           "autoload -U +X compinit && compinit\nautoload -U +X bashcompinit && bashcompinit\n" +
           Bash(verbs);
  }
  if (shell == "fish") return "# muster completion for fish: muster completion fish | source\n" + Fish(verbs);
  return {};
}

}  // namespace muster::cli
