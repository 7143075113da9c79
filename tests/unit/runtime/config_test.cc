#include "dispatcher/daemon/config.h"

#include <cstdlib>
#include <fstream>
#include <iterator>
#include <set>

#include "dispatcher/daemon/command_line.h"
#include "tests/support/catch.h"
#include "tests/support/scratch.h"

namespace muster::daemon {
namespace {

Status Read(const std::string& yaml, Config* config) {
  return ApplyYaml(yaml, "m.yaml", config);
}

Status ReadBad(const std::string& yaml) {
  Config config;
  const Status status = Read(yaml, &config);
  CHECK_FALSE(status.ok());
  CHECK(status.code() == ErrorCode::kBadRequest);
  return status;
}

bool Says(const Status& status, const std::string& text) {
  return status.ToString().find(text) != std::string::npos;
}

constexpr const char* kSpecification = R"(
load_balancing:
  strategy: least-loaded
  health_monitoring: {check_interval: 30s, failure_threshold: 3, recovery_threshold: 2, timeout: 5s}
  failover: {type: active-passive, threshold: 3, cooldown: 60s}
  circuit_breaker: {failure_threshold: 5, recovery_timeout: 30s, half_open_max_calls: 3}
  auto_scaling: {enabled: true, scale_up_threshold: 0.7, scale_down_threshold: 0.3,
                 min_agents: 2, max_agents: 20, cooldown_period: 300s}
  bulkhead:
    pools:
      high_priority: {max_size: 10, min_size: 2, timeout: 5s}
      low_priority: {max_size: 30, min_size: 3, timeout: 30s}
  metrics: {collection_enabled: true, export_interval: 15s, retention_period: 7d}
)";

TEST_CASE("config: the shape of the specification is accepted, and what has no effect yet is told") {
  Config config;
  REQUIRE(Read(kSpecification, &config).ok());
  CHECK(CheckConfig(config).ok());
  CHECK(config.engine.strategy == "least_loaded");
  CHECK(config.engine.scaling.utilisation_up == 0.7);
  CHECK(config.engine.scaling.workers_max == 20);
  CHECK(config.later.pools.at("high_priority").max_size == 10);
  const std::set<std::string> told(config.not_in_force.begin(), config.not_in_force.end());
  CHECK(told.count("load_balancing.circuit_breaker.failure_threshold") == 1);
  CHECK(told.count("load_balancing.bulkhead.pools.high_priority.max_size") == 1);
  CHECK(told.count("load_balancing.failover.type") == 1);
  CHECK(told.count("load_balancing.strategy") == 0);
}

TEST_CASE("config: every mistake names its line and the nearest right form") {
  Status status = ReadBad("load_balancing:\n  strategi: random\n");
  CHECK(status.where() == "m.yaml:2");
  CHECK(Says(status, "did you mean 'load_balancing.strategy'"));
  status = ReadBad("log:\n  level: inof\n");
  CHECK(status.where() == "m.yaml:2");
  CHECK(Says(status, "did you mean info"));
  status = ReadBad("\n\ntasks:\n  timeout: 30\n");
  CHECK(status.where() == "m.yaml:4");
  CHECK(Says(status, "no duration"));
  CHECK(Says(ReadBad("retry: {max_attempts: many}\n"), "no whole number"));
  CHECK(Says(ReadBad("retry: {max_attempts: 0}\n"), "at least 1"));
  CHECK(Says(ReadBad("retry: {max_attempts: 99999}\n"), "at most 1000"));
  CHECK(Says(ReadBad("retry: {strategy: exponental}\n"), "did you mean exponential"));
  CHECK(Says(ReadBad("journal: {memory: lots}\n"), "no size"));
  CHECK(Says(ReadBad("load_balancing: {strategy: least_loded}\n"), "did you mean least_loaded"));
  CHECK(Says(ReadBad("load_balancing: {auto_scaling: {enabled: maybe}}\n"), "neither true nor false"));
  CHECK(Says(ReadBad("load_balancing: {auto_scaling: {scale_up_threshold: 8}}\n"), "at most 1"));
  CHECK(Says(ReadBad("name: a\nname: b\n"), "there twice"));
  CHECK(Says(ReadBad("name:\n"), "has no value"));
  CHECK(Says(ReadBad("name: [a, b]\n"), "not a list"));
  CHECK(Says(ReadBad("journal: fast\n"), "is a section"));
  CHECK(Says(ReadBad("journl:\n"), "there is no key"));
  CHECK(Says(ReadBad("- a\n- b\n"), "a map of keys"));
  CHECK(ReadBad("a: [\n").where().rfind("m.yaml:", 0) == 0);
  CHECK(Says(ReadBad("queues: {\"a b\": {strategy: random}}\n"), "queues.a b.strategy"));
}

TEST_CASE("config: a refused value leaves nothing behind") {
  Config config;
  CHECK_FALSE(SetKey("queues.mail.strategy", "nonsense", "t", &config).ok());
  CHECK(config.queue_strategies.empty());
}

TEST_CASE("config: an empty text and empty sections are fine") {
  Config config;
  CHECK(Read("", &config).ok());
  CHECK(Read("# nothing\n", &config).ok());
  CHECK(Read("journal:\nnats: {}\n", &config).ok());
  CHECK(CheckConfig(config).ok());
}

TEST_CASE("config: combinations that contradict each other are refused") {
  const auto refused = [](const std::string& yaml) {
    Config config;
    REQUIRE(Read(yaml, &config).ok());
    return CheckConfig(config);
  };
  CHECK(refused("retry: {base_delay: 10s, max_delay: 1s}\n").where() == "retry.max_delay");
  CHECK_FALSE(refused("nats: {user: a, token: b}\n").ok());
  CHECK_FALSE(refused("nats: {password: b}\n").ok());
  CHECK_FALSE(refused("nats: {tls: {key_file: b}}\n").ok());
  CHECK_FALSE(refused("load_balancing: {auto_scaling: {min_agents: 30}}\n").ok());
  CHECK_FALSE(refused("load_balancing: {auto_scaling: {scale_down_threshold: 0.9}}\n").ok());
  CHECK_FALSE(refused("http: {address: nowhere}\n").ok());
  CHECK(refused("http: {address: \"off\"}\n").ok());
  CHECK_FALSE(refused("load_balancing: {bulkhead: {pools: {p: {max_size: 1, min_size: 2}}}}\n").ok());
}

TEST_CASE("config: the environment wins over the file, under the specification's names too") {
  Config config;
  REQUIRE(Read("load_balancing: {strategy: random}\nretry: {max_attempts: 4}\n", &config).ok());
  const std::map<std::string, std::string> variables = {{"LOAD_BALANCER_STRATEGY", "round-robin"},
                                                        {"LOAD_BALANCER_WINDOW_SIZE", "50"},
                                                        {"MUSTER_RETRY_MAX_ATTEMPTS", "6"},
                                                        {"MUSTER_NATS_URL", "nats://a:1,nats://b:2"}};
  const auto environment = [&](const std::string& name) -> std::optional<std::string> {
    const auto found = variables.find(name);
    return found == variables.end() ? std::nullopt : std::optional<std::string>(found->second);
  };
  const std::vector<std::string> names = {"MUSTER_RETRY_MAX_ATTEMPT", "PATH"};
  REQUIRE(ApplyEnvironment(environment, names, &config).ok());
  CHECK(config.engine.strategy == "round_robin");
  CHECK(config.later.window_size == 50);
  CHECK(config.engine.retry.max_attempts == 6);
  CHECK(config.nats.servers == std::vector<std::string>{"nats://a:1", "nats://b:2"});
  REQUIRE(config.warnings.size() == 1);
  CHECK(config.warnings[0].find("MUSTER_RETRY_MAX_ATTEMPTS") != std::string::npos);

  const auto bad = [](const std::string& name) -> std::optional<std::string> {
    return name == "MUSTER_TASKS_AGEING" ? std::optional<std::string>("5") : std::nullopt;
  };
  CHECK(ApplyEnvironment(bad, {}, &config).where() == "$MUSTER_TASKS_AGEING");
}

CommandLine Parse(std::vector<const char*> arguments) {
  arguments.insert(arguments.begin(), "musterd");
  return ReadCommandLine(static_cast<int>(arguments.size()), arguments.data());
}

TEST_CASE("command line: flags win over the environment, and that over the file") {
  const tests::Scratch scratch;
  const std::string file = (scratch.path() / "m.yaml").string();
  std::ofstream(file) << "load_balancing: {strategy: random}\nlog: {level: warn}\nname: from-file\n";
  ::setenv("LOAD_BALANCER_STRATEGY", "round_robin", 1);
  ::setenv("MUSTER_LOG_LEVEL", "error", 1);
  const CommandLine line =
      Parse({"--config", file.c_str(), "--strategy", "least_loaded", "--set", "retry.max_attempts=9"});
  ::unsetenv("LOAD_BALANCER_STRATEGY");
  ::unsetenv("MUSTER_LOG_LEVEL");
  INFO(line.error);
  REQUIRE_FALSE(line.ends);
  CHECK(line.config.engine.strategy == "least_loaded");
  CHECK(line.config.log_level == "error");
  CHECK(line.config.name == "from-file");
  CHECK(line.config.engine.retry.max_attempts == 9);
}

TEST_CASE("command line: mistakes end with 2 and say where") {
  for (const auto& arguments : std::vector<std::vector<const char*>>{{"--nonsense"},
                                                                     {"--strategy", "nonsense"},
                                                                     {"--set", "nonsense=1"},
                                                                     {"--set", "retry.max_attempts"},
                                                                     {"--config", "/nonexistent/m.yaml"},
                                                                     {"--port", "99999"},
                                                                     {"stray"}}) {
    const CommandLine line = Parse(arguments);
    INFO(arguments[0]);
    CHECK(line.ends);
    CHECK(line.exit_code == 2);
    CHECK_FALSE(line.error.empty());
  }
  CHECK(Parse({"--strategy", "randon"}).error.find("--strategy: ") != std::string::npos);
}

TEST_CASE("command line: a data directory holds the journal unless a place is given") {
  CHECK(Parse({"--data", "/x"}).config.journal.directory == "/x/journal");
  CHECK(Parse({"--data", "/x", "--journal", "/y"}).config.journal.directory == "/y");
  CHECK(Parse({"--dev"}).data_directory == ".muster");
}

TEST_CASE("config: what is printed reads back to the same") {
  Config config;
  REQUIRE(Read(kSpecification, &config).ok());
  REQUIRE(Read("nats: {servers: [\"nats://a:1\", \"nats://b:2\"]}\ntasks: {ageing: \"off\"}\nqueues: {mail: {strategy: "
               "random}}\n",
               &config)
              .ok());
  const std::string printed = PrintConfig(config);
  INFO(printed);
  Config again;
  REQUIRE(Read(printed, &again).ok());
  CHECK(PrintConfig(again) == printed);
  CHECK(again.nats.servers == config.nats.servers);
  CHECK(again.engine.ageing == engine::EngineOptions::kAgeingOff);
  CHECK(again.later.pools.at("low_priority").min_size == 3);
}

TEST_CASE("config: no secret is printed") {
  Config config;
  REQUIRE(SetKey("nats.user", "me", "t", &config).ok());
  REQUIRE(SetKey("nats.password", "hunter2", "t", &config).ok());
  CHECK(PrintConfig(config).find("hunter2") == std::string::npos);
}

TEST_CASE("config: docs/configuration.md has a row for every key, with its default and variable, and no other") {
  const char* source = std::getenv("MUSTER_SOURCE");
  REQUIRE(source != nullptr);
  std::ifstream file(std::string(source) + "/docs/configuration.md");
  const std::string page{std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
  const Config defaults;
  std::size_t rows = 0;
  for (const Key& key : Keys()) {
    const bool star = key.path.find('*') != std::string_view::npos;
    const std::string value = star ? "" : PrintValue(key, defaults, "");
    const std::string row = "| `" + std::string(key.path) + "` | " + std::string(TypeName(key)) + " | " +
                            (value.empty() ? "" : "`" + value + "`") + " |";
    INFO(row);
    CHECK(page.find(row) != std::string::npos);
    if (!EnvName(key).empty()) CHECK(page.find("`" + EnvName(key) + "`") != std::string::npos);
  }
  for (std::size_t at = page.find("\n| `"); at != std::string::npos; at = page.find("\n| `", at + 1)) ++rows;
  CHECK(rows == Keys().size());
}

}  // namespace
}  // namespace muster::daemon
