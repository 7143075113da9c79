#include "dispatcher/cli/help.h"

#include <algorithm>
#include <utility>

#include "dispatcher/cli/printable.h"
#include "dispatcher/cli/table.h"

namespace muster::cli {
namespace {

constexpr std::size_t kLineWidth = 100;

// Breaks `text` at blanks; every line but the first begins with `indent` blanks.
std::string Wrap(std::string_view text, std::size_t indent) {
  std::string out;
  std::size_t column = indent;
  while (!text.empty()) {
    const std::size_t at = text.find(' ');
    const std::string_view word = text.substr(0, at);
    const std::size_t width = DisplayWidth(word);
    if (column > indent && column + 1 + width > kLineWidth) {
      out += "\n" + std::string(indent, ' ');
      column = indent;
    } else if (column > indent) {
      out += " ";
      ++column;
    }
    out += word;
    column += width;
    if (at == std::string_view::npos) break;
    text.remove_prefix(at + 1);
  }
  return out;
}

// "--queue, -q NAME"
std::string FlagsText(const Option& option) {
  if (IsPositional(option)) return std::string(option.value);
  std::string text;
  for (char c : option.flags) text += c == ',' ? std::string(", ") : std::string(1, c);
  if (option.kind != Kind::kFlag) text += " " + std::string(option.value);
  return text;
}

std::string HelpText(const Option& option) {
  std::string text(option.help);
  if (option.repeated && !IsPositional(option)) text += " (may be repeated)";
  if (option.required) text += " (required)";
  if (!option.environment.empty()) {
    std::string variables;
    for (char c : option.environment) variables += c == ' ' ? std::string(", $") : std::string(1, c);
    text += " [$" + variables + "]";
  }
  return text;
}

using Lines = std::vector<std::pair<std::string, std::string>>;

std::string Columns(const Lines& lines, bool colours) {
  std::size_t widest = 0;
  for (const auto& line : lines) widest = std::max(widest, std::min<std::size_t>(30, DisplayWidth(line.first)));
  std::string out;
  for (const auto& line : lines) {
    const std::size_t used = DisplayWidth(line.first);
    out += "  " + Paint(line.first, Colour::kCyan, colours);
    out += used > widest ? "\n" + std::string(widest + 4, ' ') : std::string(widest - used + 2, ' ');
    out += Wrap(line.second, widest + 4) + "\n";
  }
  return out;
}

Lines OptionLines(const std::vector<Option>& options, bool positionals) {
  Lines lines;
  for (const Option& option : options) {
    if (IsPositional(option) == positionals) lines.emplace_back(FlagsText(option), HelpText(option));
  }
  return lines;
}

std::string Heading(std::string_view text, bool colours) {
  return "\n" + Paint(text, Colour::kBold, colours) + "\n";
}

std::string ExitLines() {
  std::string out;
  for (const ExitInfo& info : kExits) {
    out += "  " + std::to_string(static_cast<int>(info.code)) + "  " + std::string(info.meaning) + "\n";
  }
  return out;
}

// The options that belong to the verb alone, and those it shares.
struct Groups {
  std::vector<Option> own;
  std::vector<Option> shared;
};
Groups Group(const Verb& verb) {
  Groups groups;
  groups.own = verb.options;
  const std::vector<Option> all = AllOptions(verb);
  groups.shared.assign(all.begin() + static_cast<std::ptrdiff_t>(verb.options.size()), all.end());
  return groups;
}

std::string Anchor(const Verb& verb) {
  std::string anchor = "muster-" + verb.Name();
  std::replace(anchor.begin(), anchor.end(), ' ', '-');
  return anchor;
}

std::string MarkdownOptions(const std::vector<Option>& options) {
  if (options.empty()) return {};
  std::string out = "| option | meaning |\n|---|---|\n";
  for (const Option& option : options) {
    std::string help = HelpText(option);
    for (std::size_t at = help.find('|'); at != std::string::npos; at = help.find('|', at + 2)) help.insert(at, "\\");
    out += "| `" + FlagsText(option) + "` | " + help + " |\n";
  }
  return out + "\n";
}

}  // namespace

std::string Usage(const Verb& verb) {
  std::string usage = "muster " + verb.Name() + " [options]";
  for (const Option& option : verb.options) {
    if (!IsPositional(option)) continue;
    std::string word(option.value);
    if (option.repeated) word += "…";
    if (option.rest) word = "-- " + word;
    usage += option.required ? " " + word : " [" + word + "]";
  }
  return usage;
}

std::string OverviewHelp(const std::vector<Verb>& verbs, bool colours) {
  std::string out = "muster puts every task on the right worker and never loses one.\n";
  out += Heading("Usage", colours) + "  muster <noun> <verb> [options]\n";
  Lines lines;
  for (const Verb& verb : verbs) lines.emplace_back(verb.Name(), verb.summary);
  lines.emplace_back("help [COMMAND]", "help for a command; --markdown prints all of it");
  out += Heading("Commands", colours) + Columns(lines, colours);
  out += Heading("Options of every command", colours) + Columns(OptionLines(CommonOptions(), false), colours);
  out += Heading("Exit codes", colours) + ExitLines();
  out += Heading("Start", colours) +
         "  musterd --dev                                    a dispatcher with its own nats-server\n"
         "  muster worker run --queue hello --exec cat       a worker\n"
         "  muster task submit --queue hello --data hi --wait\n";
  return out;
}

std::string NounHelp(const std::vector<Verb>& verbs, std::string_view noun, bool colours) {
  Lines lines;
  for (const Verb& verb : verbs) {
    if (verb.noun == noun) lines.emplace_back(verb.Name(), verb.summary);
  }
  return "Usage: muster " + std::string(noun) + " <verb> [options]\n" + Heading("Verbs", colours) +
         Columns(lines, colours) + "\nmuster " + std::string(noun) + " <verb> --help tells more.\n";
}

std::string VerbHelp(const Verb& verb, bool colours) {
  const Groups groups = Group(verb);
  std::string out = "muster " + verb.Name() + ": " + std::string(verb.summary) + "\n";
  if (!verb.details.empty()) out += "\n" + Wrap(verb.details, 0) + "\n";
  out += Heading("Usage", colours) + "  " + Usage(verb) + "\n";
  const Lines positionals = OptionLines(groups.own, true);
  if (!positionals.empty()) out += Heading("Arguments", colours) + Columns(positionals, colours);
  const Lines own = OptionLines(groups.own, false);
  if (!own.empty()) out += Heading("Options", colours) + Columns(own, colours);
  out += Heading(verb.reach == Reach::kNats ? "Connection and output" : "Output", colours) +
         Columns(OptionLines(groups.shared, false), colours);
  out += Heading("Examples", colours);
  for (const Example& example : verb.examples) {
    out +=
        Paint("  # " + std::string(example.says), Colour::kDim, colours) + "\n  " + std::string(example.command) + "\n";
  }
  return out;
}

std::string MarkdownHelp(const std::vector<Verb>& verbs) {
  std::string out =
      "# The command line\n\n"
      "`muster <noun> <verb> [options]`. This page is printed by `muster help --markdown`; a test holds the two "
      "equal.\n\n"
      "Every command answers in tables on a terminal and, with `--json`, in protobuf's JSON form with the field names "
      "of "
      "`schemas/muster/v1/*.proto` (64-bit numbers are strings there). Lists of things that end one by one are one "
      "JSON "
      "object per line. Errors go to standard error, with `--json` as `{\"error\": {\"code\", \"message\", "
      "\"where\"}}`. "
      "Control characters in texts that come from others are written as escapes.\n\n"
      "## Exit codes\n\n| code | meaning |\n|---|---|\n";
  for (const ExitInfo& info : kExits) {
    out += "| " + std::to_string(static_cast<int>(info.code)) + " | " + std::string(info.meaning) + " |\n";
  }
  out += "\n## Commands\n\n| command | what it does |\n|---|---|\n";
  for (const Verb& verb : verbs) {
    out += "| [`muster " + verb.Name() + "`](#" + Anchor(verb) + ") | " + std::string(verb.summary) + " |\n";
  }
  out += "\n## Options of every command\n\n" + MarkdownOptions(CommonOptions());
  out += "## Options of every command that talks to NATS\n\n" + MarkdownOptions(NatsOptions());
  out += "Where a command has a `--timeout` of its own, the time for an answer is `--answer-timeout` alone.\n";
  for (const Verb& verb : verbs) {
    out += "\n## muster " + verb.Name() + "\n\n" + std::string(verb.summary) + ".";
    if (!verb.details.empty()) out += " " + std::string(verb.details);
    out += "\n\n`" + Usage(verb) + "`\n\n" + MarkdownOptions(verb.options) + "```sh\n";
    for (const Example& example : verb.examples) {
      out += "# " + std::string(example.says) + "\n" + std::string(example.command) + "\n";
    }
    out += "```\n";
  }
  return out;
}

}  // namespace muster::cli
