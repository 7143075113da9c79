#include "dispatcher/cli/parser.h"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <deque>
#include <iterator>

#include "schemas/text.h"

namespace muster::cli {
namespace {

using Words = std::vector<std::string>;

Status Wrong(std::string message) {
  return Status(ErrorCode::kBadRequest, std::move(message));
}

std::string Suggest(std::string_view word, const std::vector<std::string_view>& names) {
  const std::string_view near = NearestName(word, names);
  return near.empty() ? std::string() : "; did you mean \"" + std::string(near) + "\"?";
}

// "--queue,-q" -> {"--queue", "-q"}
std::vector<std::string_view> Flags(const Option& option) {
  std::vector<std::string_view> flags;
  std::string_view rest = option.flags;
  while (!rest.empty()) {
    const std::size_t at = rest.find(',');
    flags.push_back(rest.substr(0, at));
    if (at == std::string_view::npos) break;
    rest.remove_prefix(at + 1);
  }
  return flags;
}

const Option* FindOption(const std::vector<Option>& options, std::string_view flag) {
  flag = flag.substr(0, flag.find('='));
  for (const Option& option : options) {
    if (IsPositional(option)) continue;
    const std::vector<std::string_view> flags = Flags(option);
    if (std::find(flags.begin(), flags.end(), flag) != flags.end()) return &option;
  }
  return nullptr;
}

bool IsFlag(std::string_view word) {
  return word.size() > 1 && word.front() == '-';
}

// `muster --server X task list` means `muster task list --server X`: options in front go to the back.
Words OptionsBehind(const Words& words, std::size_t& front) {
  std::vector<Option> general = CommonOptions();
  general.insert(general.end(), NatsOptions().begin(), NatsOptions().end());
  front = 0;
  while (front < words.size() && IsFlag(words[front]) && words[front] != "--") {
    const Option* option = FindOption(general, words[front]);
    const bool two = option != nullptr && option->kind != Kind::kFlag && words[front].find('=') == std::string::npos;
    front = std::min(words.size(), front + (two ? 2 : 1));
  }
  return Words(words.begin(), words.begin() + static_cast<std::ptrdiff_t>(front));
}

const Verb* FindVerb(const std::vector<Verb>& verbs, std::string_view noun, std::string_view verb) {
  for (const Verb& candidate : verbs) {
    if (candidate.noun == noun && candidate.verb == verb) return &candidate;
  }
  return nullptr;
}

Status UnknownNoun(const std::vector<Verb>& verbs, std::string_view word) {
  std::vector<std::string_view> nouns = {"help"};
  for (const Verb& verb : verbs) {
    nouns.push_back(verb.noun);
    // `muster submit`: the verb without its noun.
    if (verb.verb == word) {
      return Wrong("unknown command \"" + std::string(word) + "\"; did you mean \"" + verb.Name() + "\"?");
    }
  }
  return Wrong("unknown command \"" + std::string(word) + "\"" + Suggest(word, nouns) + " (see muster help)");
}

Status UnknownVerb(const std::vector<Verb>& verbs, std::string_view noun, std::string_view word) {
  std::vector<std::string_view> names;
  std::string all;
  for (const Verb& verb : verbs) {
    if (verb.noun != noun) continue;
    names.push_back(verb.verb);
    all += (all.empty() ? "" : ", ") + std::string(verb.verb);
  }
  return Wrong("unknown verb \"" + std::string(noun) + " " + std::string(word) + "\"" + Suggest(word, names) +
               " (there is " + all + ")");
}

Status UnknownWords(const std::vector<Option>& options, const Words& words) {
  std::vector<std::string_view> names;
  for (const Option& option : options) {
    for (std::string_view flag : Flags(option)) {
      if (flag.substr(0, 2) == "--") names.push_back(flag);
    }
  }
  for (const std::string& word : words) {
    if (!IsFlag(word)) continue;
    return Wrong("unknown option \"" + word + "\"" + Suggest(word.substr(0, word.find('=')), names));
  }
  return Wrong("\"" + (words.empty() ? std::string() : words.front()) + "\" is one argument too many");
}

// The words of one verb through CLI11.
Result<Args> ParseOptions(const Verb& verb, const Words& words) {
  const std::vector<Option> options = AllOptions(verb);
  CLI::App app;
  app.set_help_flag();
  std::deque<Words> texts;
  std::deque<bool> flags;
  std::map<std::string, std::vector<std::string>> values;
  Words parsed = words;

  const auto rest = std::find_if(options.begin(), options.end(), [](const Option& option) { return option.rest; });
  const auto dashes = std::find(parsed.begin(), parsed.end(), "--");
  if (rest != options.end() && dashes != parsed.end()) {
    values[std::string(LongName(*rest))] = Words(std::next(dashes), parsed.end());
    parsed.erase(dashes, parsed.end());
  }

  std::vector<const Words*> places;
  std::vector<const bool*> flag_places;
  for (const Option& option : options) {
    places.push_back(nullptr);
    flag_places.push_back(nullptr);
    if (option.rest) continue;
    if (option.kind == Kind::kFlag) {
      flags.push_back(false);
      flag_places.back() = &flags.back();
      app.add_flag(std::string(option.flags), flags.back());
      continue;
    }
    texts.emplace_back();
    places.back() = &texts.back();
    CLI::Option* added = app.add_option(std::string(option.flags), texts.back());
    // One value per flag: `--queue a b` is not two queues.
    if (!IsPositional(option)) added->allow_extra_args(false)->take_all();
    if (IsPositional(option) && !option.repeated) added->expected(0, 1);
  }
  std::reverse(parsed.begin(), parsed.end());  // the order CLI11 wants of a vector
  try {
    app.parse(parsed);
  } catch (const CLI::ExtrasError&) {
    return UnknownWords(options, app.remaining());
  } catch (const CLI::ParseError& error) {
    return Wrong(error.what());
  }
  for (std::size_t i = 0; i < options.size(); ++i) {
    const std::string name(LongName(options[i]));
    if (places[i] != nullptr) values[name] = *places[i];
    if (flag_places[i] != nullptr && *flag_places[i]) values[name] = {"true"};
  }
  return Args::Check(options, std::move(values));
}

void NoteJsonAndColour(const Words& words, Parsed& parsed) {
  for (std::size_t i = 0; i < words.size() && words[i] != "--"; ++i) {
    if (words[i] == "--json") parsed.json = true;
    if (words[i].rfind("--color=", 0) == 0) parsed.colour = words[i].substr(8);
    if (words[i] == "--color" && i + 1 < words.size()) parsed.colour = words[i + 1];
  }
}

bool AsksForHelp(const Words& words) {
  const auto end = std::find(words.begin(), words.end(), "--");
  return std::any_of(words.begin(), end, [](const std::string& word) { return word == "--help" || word == "-h"; });
}

// Fills verb and noun from the first words; returns how many it used. On an error, `parsed.what` stays kWrong.
std::size_t Choose(const std::vector<Verb>& verbs, const Words& words, Parsed& parsed) {
  parsed.noun = words[0];
  const bool known = std::any_of(verbs.begin(), verbs.end(), [&](const Verb& verb) { return verb.noun == words[0]; });
  if (!known) {
    parsed.error = UnknownNoun(verbs, words[0]);
    return 0;
  }
  parsed.verb = FindVerb(verbs, words[0], "");
  if (parsed.verb != nullptr) return 1;
  if (words.size() < 2 || IsFlag(words[1])) {
    if (AsksForHelp(words)) {
      parsed.what = Parsed::What::kNounHelp;
    } else {
      parsed.error = Wrong("\"" + words[0] + "\" needs a verb (see muster " + words[0] + " --help)");
    }
    return 0;
  }
  parsed.verb = FindVerb(verbs, words[0], words[1]);
  if (parsed.verb == nullptr) parsed.error = UnknownVerb(verbs, words[0], words[1]);
  return parsed.verb == nullptr ? 0 : 2;
}

}  // namespace

Parsed Parse(const std::vector<Verb>& verbs, std::vector<std::string> words) {
  Parsed parsed;
  NoteJsonAndColour(words, parsed);
  std::size_t front = 0;
  const Words moved = OptionsBehind(words, front);
  words.erase(words.begin(), words.begin() + static_cast<std::ptrdiff_t>(front));
  if (words.empty()) {
    parsed.what = moved.empty() || AsksForHelp(moved) ? Parsed::What::kOverview : Parsed::What::kWrong;
    parsed.error = Wrong("a command is missing (see muster help)");
    return parsed;
  }
  const std::size_t used = Choose(verbs, words, parsed);
  if (parsed.verb == nullptr) return parsed;
  words.erase(words.begin(), words.begin() + static_cast<std::ptrdiff_t>(used));
  words.insert(words.begin(), moved.begin(), moved.end());
  if (AsksForHelp(words)) {
    parsed.what = Parsed::What::kVerbHelp;
    return parsed;
  }
  Result<Args> args = ParseOptions(*parsed.verb, words);
  if (!args.ok()) {
    parsed.error = args.status();
    return parsed;
  }
  parsed.args = std::move(args).value();
  parsed.what = Parsed::What::kRun;
  return parsed;
}

}  // namespace muster::cli
