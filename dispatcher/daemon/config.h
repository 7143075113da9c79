// Config: everything one can set, from YAML, the environment and the command line, in this order, the last one winning.
//
// One table of keys gives the parser, the checks, the flags, --help, --print-config and docs/configuration.md (a test
// holds the page against it). Whatever is wrong is an error that names its place and the nearest valid name; nothing
// starts half-configured. Threads: values.
#ifndef MUSTER_DISPATCHER_DAEMON_CONFIG_H_
#define MUSTER_DISPATCHER_DAEMON_CONFIG_H_

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "dispatcher/engine/options.h"
#include "schemas/status.h"

namespace muster::daemon {

using engine::Duration;

struct NatsConfig {
  std::vector<std::string> servers = {"nats://127.0.0.1:4222"};
  std::string user, password, token, credentials_file, nkey_seed_file, nkey_public;
  std::string tls_ca_file, tls_certificate_file, tls_key_file, tls_host;
  bool allow_old_server = false;
  std::uint32_t replicas = 1;
};

struct StreamsConfig {  // bytes and counts: 0 = no bound
  std::int64_t tasks_bytes_max = 0;
  std::uint64_t tasks_count_max = 0;
  std::int64_t results_bytes_max = 0;
  std::int64_t dead_bytes_max = 0;
  std::int64_t delayed_bytes_max = 0;
  Duration results_age_max = std::chrono::hours(24);
  Duration dead_age_max = std::chrono::hours(24 * 30);
};

struct JournalConfig {
  std::string directory = "/var/lib/muster/journal";
  std::string durability = "profile";  // process, sync, or as the profile says
  std::int64_t memory_bytes = std::int64_t{32} << 20;
  std::string store = "rocksdb";
};

// Keys of the specification whose behaviour is not part of this version: checked, reported at start, without effect.
struct LaterConfig {
  bool tracking_enabled = true;
  std::uint32_t window_size = 100;
  Duration check_interval = std::chrono::seconds(30);
  std::uint32_t recovery_threshold = 2;
  Duration check_timeout = std::chrono::seconds(5);
  std::string failover_type = "active-passive";
  std::uint32_t failover_threshold = 3;
  Duration failover_cooldown = std::chrono::seconds(60);
  std::uint32_t breaker_failure_threshold = 5;
  Duration breaker_recovery_timeout = std::chrono::seconds(30);
  std::uint32_t breaker_half_open_max_calls = 3;
  struct Pool {
    std::uint32_t max_size = 10;
    std::uint32_t min_size = 1;
    Duration timeout = std::chrono::seconds(10);
  };
  std::map<std::string, Pool> pools;
  Duration export_interval = std::chrono::seconds(15);
  Duration retention_period = std::chrono::hours(24 * 7);
};

struct Config {
  std::string name = "musterd";
  std::string profile = "fast";
  NatsConfig nats;
  StreamsConfig streams;
  JournalConfig journal;
  std::string http_address = "127.0.0.1:8227";
  std::string log_level = "info";
  std::string log_format = "text";
  bool metrics_enabled = true;
  Duration beat = std::chrono::milliseconds(500);
  engine::EngineOptions engine;
  std::map<std::string, std::string> queue_strategies;  // by queue
  LaterConfig later;

  std::vector<std::string> not_in_force;  // paths that were set and have no effect in this version
  std::vector<std::string> warnings;      // for the log at start

  bool durable() const { return profile == "durable"; }
  bool journal_synced() const { return journal.durability == "sync" || (journal.durability == "profile" && durable()); }
};

// Where a setting is kept; its type decides how it is read and printed.
using Slot = std::variant<Duration*, std::int64_t*, std::uint32_t*, std::uint64_t*, double*, bool*, std::string*,
                          std::vector<std::string>*, engine::RetryStrategy*>;

enum class Form : std::uint8_t { kPlain, kSize, kDurationOrOff, kSecret, kPercent };

struct Key {
  std::string_view path;  // "*" stands for a name of the user's
  std::string_view env;   // empty: MUSTER_ and the path in capitals; keys with "*" have none
  std::string_view flag;  // without dashes; empty: --set path=value only
  std::string_view help;
  bool in_force = true;
  Form form = Form::kPlain;
  double least = 0;  // of numbers, and of durations in seconds
  double most = 0;   // 0 = no bound
  std::vector<std::string_view> (*choices)() = nullptr;
  Slot (*slot)(Config* config, const std::string& name);  // `name`: what stands for "*"
};

std::span<const Key> Keys();
std::string EnvName(const Key& key);        // empty for keys with "*"
std::string_view TypeName(const Key& key);  // "duration", "size", "whole number", …
// The value as one would write it, "***" for a secret that is set.
std::string PrintValue(const Key& key, const Config& config, const std::string& name);

// Sets one key. `where` becomes the error's place. kBadRequest: no such key, or a bad value.
Status SetKey(std::string_view path, std::string_view value, std::string_view where, Config* config);
Status SetKeyList(std::string_view path, std::span<const std::string> values, std::string_view where, Config* config);

Status ApplyYaml(std::string_view text, std::string_view file, Config* config);
// `environment` gives a variable's value; `names` are all there are, to warn of unknown MUSTER_ ones.
Status ApplyEnvironment(const std::function<std::optional<std::string>(const std::string&)>& environment,
                        std::span<const std::string> names, Config* config);
// What no single key can check: combinations.
Status CheckConfig(const Config& config);

struct Address {
  std::string host;
  int port = 0;
};
// "127.0.0.1:8227", "[::1]:0"; kBadRequest otherwise.
Result<Address> ParseAddress(std::string_view text);

// The whole configuration as YAML with the help as comments; reading it back gives the same.
std::string PrintConfig(const Config& config);

}  // namespace muster::daemon

#endif  // MUSTER_DISPATCHER_DAEMON_CONFIG_H_
