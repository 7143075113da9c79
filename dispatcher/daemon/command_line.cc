#include "dispatcher/daemon/command_line.h"

#include <unistd.h>

#include <CLI/CLI.hpp>
#include <cstdlib>
#include <fstream>
#include <sstream>

#include "dispatcher/daemon/exit_code.h"
#include "dispatcher/daemon/version.h"

namespace muster::daemon {
namespace {

constexpr const char* kFooter =
    "Settings come from the file, then the environment, then the flags; the last one wins.\n"
    "Every key of docs/configuration.md can be set with --set, as in --set retry.max_attempts=5.\n\n"
    "Examples:\n"
    "  musterd --dev                          everything on this machine, data in ./.muster\n"
    "  musterd --config /etc/muster/musterd.yaml\n"
    "  musterd --config musterd.yaml --check-config\n\n"
    "Exit codes: 0 ok, 1 failed, 2 usage or configuration, 4 unavailable (directory in use, or taken over).";

Result<std::string> ReadFile(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  std::ostringstream text;
  if (!file || !(text << file.rdbuf())) {
    // An empty file sets the fail bit of the output, too; it is a valid configuration.
    if (file.is_open() && file.peek() == std::ifstream::traits_type::eof() && text.str().empty() && !file.bad()) {
      return std::string();
    }
    return Status(ErrorCode::kBadRequest, "cannot be read", path);
  }
  return text.str();
}

std::vector<std::string> EnvironmentNames() {
  std::vector<std::string> names;
  for (char** entry = environ; entry != nullptr && *entry != nullptr; ++entry) {
    const std::string_view text(*entry);
    names.emplace_back(text.substr(0, text.find('=')));
  }
  return names;
}

std::optional<std::string> Environment(const std::string& name) {
  const char* value = std::getenv(name.c_str());
  return value == nullptr ? std::nullopt : std::optional<std::string>(value);
}

CommandLine Ended(int exit_code, std::string output, std::string error) {
  CommandLine line;
  line.ends = true;
  line.exit_code = exit_code;
  line.output = std::move(output);
  line.error = std::move(error);
  return line;
}

struct Arguments {
  std::string config_file;
  std::vector<std::string> sets;
  std::map<std::string, std::string> flags;  // by path of the key
  bool check = false;
  bool print = false;
};

Status Configure(const Arguments& arguments, CommandLine* line) {
  Config* config = &line->config;
  std::string file = arguments.config_file;
  if (file.empty()) file = Environment("MUSTER_CONFIG").value_or("");
  // A data directory is a default for the journal's place, below everything that names one.
  if (!line->data_directory.empty()) config->journal.directory = line->data_directory + "/journal";
  if (!file.empty()) {
    const Result<std::string> text = ReadFile(file);
    if (!text.ok()) return text.status();
    if (Status status = ApplyYaml(*text, file, config); !status.ok()) return status;
  }
  if (Status status = ApplyEnvironment(Environment, EnvironmentNames(), config); !status.ok()) return status;
  for (const Key& key : Keys()) {
    const auto flag = arguments.flags.find(std::string(key.path));
    if (flag == arguments.flags.end()) continue;
    if (Status status = SetKey(key.path, flag->second, "--" + std::string(key.flag), config); !status.ok())
      return status;
  }
  for (const std::string& set : arguments.sets) {
    const std::size_t equals = set.find('=');
    if (equals == std::string::npos) return Status(ErrorCode::kBadRequest, "write key=value", "--set " + set);
    if (Status status = SetKey(set.substr(0, equals), set.substr(equals + 1), "--set", config); !status.ok()) {
      return status;
    }
  }
  return CheckConfig(*config);
}

}  // namespace

CommandLine ReadCommandLine(int argc, const char* const* argv) {
  CommandLine line;
  Arguments arguments;
  bool version = false;
  CLI::App app("musterd puts every task on the right worker and never loses one.", "musterd");
  app.footer(kFooter);
  app.add_flag("--version", version, "Print the version");
  app.add_option("--config", arguments.config_file, "Configuration file (YAML); also $MUSTER_CONFIG");
  app.add_option("--set", arguments.sets, "Set any key: path=value; may be repeated")->allow_extra_args(false);
  app.add_flag("--check-config", arguments.check, "Check the configuration and end");
  app.add_flag("--print-config", arguments.print, "Print the whole configuration as YAML and end");
  app.add_flag("--dev", line.dev, "Start a NATS server of our own; data in ./.muster or --data");
  app.add_option("--data", line.data_directory, "Directory for everything that is kept");
  app.add_option("--port", line.nats_port, "With --dev: port of the NATS server, 0 = any free one")
      ->check(CLI::Range(0, 65535))
      ->capture_default_str();
  for (const Key& key : Keys()) {
    if (key.flag.empty()) continue;
    std::string help = std::string(key.help) + " [" + std::string(key.path) + "]";
    if (key.choices != nullptr) {
      help += " One of:";
      for (const std::string_view choice : key.choices()) help += " " + std::string(choice);
    }
    std::string* value = &arguments.flags[std::string(key.path)];
    if (TypeName(key) == "true or false") {
      app.add_flag_callback(
          "--" + std::string(key.flag), [value] { *value = "true"; }, help);
    } else {
      app.add_option("--" + std::string(key.flag), *value, help);
    }
  }
  try {
    app.parse(argc, argv);
  } catch (const CLI::CallForHelp&) {
    return Ended(kExitOk, app.help(), "");
  } catch (const CLI::ParseError& error) {
    return Ended(kExitUsage, "", std::string("musterd: ") + error.what() + "\nmusterd --help tells what there is.\n");
  }
  for (const Key& key : Keys()) {
    if (!key.flag.empty() && app.count("--" + std::string(key.flag)) == 0) arguments.flags.erase(std::string(key.path));
  }
  if (version) return Ended(kExitOk, "musterd " + std::string(kVersion) + "\n", "");
  if (line.dev && line.data_directory.empty()) line.data_directory = ".muster";
  if (Status status = Configure(arguments, &line); !status.ok()) {
    const std::string where = status.where().empty() ? "" : status.where() + ": ";
    return Ended(kExitUsage, "", "musterd: " + where + status.message() + "\n");
  }
  if (arguments.print) return Ended(kExitOk, PrintConfig(line.config), "");
  if (arguments.check) return Ended(kExitOk, "the configuration is good\n", "");
  return line;
}

}  // namespace muster::daemon
