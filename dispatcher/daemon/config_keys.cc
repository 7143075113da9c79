#include "dispatcher/daemon/config.h"
#include "dispatcher/engine/strategies/strategy.h"
#include "storage/store.h"

namespace muster::daemon {
namespace {

using Names = std::vector<std::string_view>;

Names StrategyNames() {
  Names names;
  for (const engine::StrategyInfo& info : engine::Strategies()) names.push_back(info.name);
  return names;
}
Names StoreNames() {
  Names names;
  for (const storage::StoreInfo& info : storage::Stores()) names.push_back(info.name);
  return names;
}
Names ProfileNames() {
  return {"fast", "durable"};
}
Names DurabilityNames() {
  return {"profile", "process", "sync"};
}
Names LevelNames() {
  return {"debug", "info", "warn", "error", "off"};
}
Names FormatNames() {
  return {"text", "json"};
}
Names FailoverNames() {
  return {"active-passive", "active-active"};
}

// The place of a setting. A macro, since a lambda per key is all that a line needs.
#define AT(expression) [](Config* c, const std::string&) -> Slot { return &c->expression; }
#define AT_NAME(expression) [](Config* c, const std::string& name) -> Slot { return &c->expression; }

constexpr bool kLater = false;  // accepted, not in force in this version
constexpr Form kPlain = Form::kPlain;
constexpr double kMost32 = 1e9;
constexpr double kTenYears = 10.0 * 365 * 24 * 3600;

const std::vector<Key>& Table() {
  static const std::vector<Key>& keys = *new std::vector<Key>{
      {"name", "", "name", "Name of this dispatcher, told to the workers.", true, kPlain, 0, 0, nullptr, AT(name)},
      {"profile", "", "profile", "fast: survives the kill of any process; durable: a power cut as well.", true, kPlain,
       0, 0, ProfileNames, AT(profile)},

      {"nats.servers", "MUSTER_NATS_URL", "nats", "URLs of the NATS servers, tried in turn.", true, kPlain, 0, 0,
       nullptr, AT(nats.servers)},
      {"nats.user", "", "", "User name.", true, kPlain, 0, 0, nullptr, AT(nats.user)},
      {"nats.password", "", "", "Password of the user.", true, Form::kSecret, 0, 0, nullptr, AT(nats.password)},
      {"nats.token", "", "", "Token, instead of user and password.", true, Form::kSecret, 0, 0, nullptr,
       AT(nats.token)},
      {"nats.credentials_file", "", "", "Credentials file (JWT and key).", true, kPlain, 0, 0, nullptr,
       AT(nats.credentials_file)},
      {"nats.nkey_seed_file", "", "", "File with an nkey seed.", true, kPlain, 0, 0, nullptr, AT(nats.nkey_seed_file)},
      {"nats.nkey_public", "", "", "Public nkey of the seed file.", true, kPlain, 0, 0, nullptr, AT(nats.nkey_public)},
      {"nats.tls.ca_file", "", "", "Certificates of the authorities to trust.", true, kPlain, 0, 0, nullptr,
       AT(nats.tls_ca_file)},
      {"nats.tls.certificate_file", "", "", "Our own certificate.", true, kPlain, 0, 0, nullptr,
       AT(nats.tls_certificate_file)},
      {"nats.tls.key_file", "", "", "Key of our own certificate.", true, kPlain, 0, 0, nullptr, AT(nats.tls_key_file)},
      {"nats.tls.host", "", "", "Name expected in the server's certificate, where it is not the URL's.", true, kPlain,
       0, 0, nullptr, AT(nats.tls_host)},
      {"nats.allow_old_server", "", "allow-old-server",
       "Accept nats-server before 2.10, which can lose acknowledgements.", true, kPlain, 0, 0, nullptr,
       AT(nats.allow_old_server)},
      {"nats.replicas", "", "", "Replicas of the streams that are created.", true, kPlain, 1, 5, nullptr,
       AT(nats.replicas)},

      {"streams.tasks_bytes_max", "", "", "Bytes of each task stream; then publishers are refused. 0 = no bound.", true,
       Form::kSize, 0, 0, nullptr, AT(streams.tasks_bytes_max)},
      {"streams.tasks_count_max", "", "", "Tasks of each task stream; then publishers are refused. 0 = no bound.", true,
       kPlain, 0, 0, nullptr, AT(streams.tasks_count_max)},
      {"streams.results_bytes_max", "", "", "Bytes of the results; then the oldest go. 0 = no bound.", true,
       Form::kSize, 0, 0, nullptr, AT(streams.results_bytes_max)},
      {"streams.dead_bytes_max", "", "", "Bytes of the dead letters; then the oldest go. 0 = no bound.", true,
       Form::kSize, 0, 0, nullptr, AT(streams.dead_bytes_max)},
      {"streams.delayed_bytes_max", "", "", "Bytes of tasks that wait long. 0 = no bound.", true, Form::kSize, 0, 0,
       nullptr, AT(streams.delayed_bytes_max)},
      {"streams.results_age_max", "", "", "How long results are kept.", true, kPlain, 1, kTenYears, nullptr,
       AT(streams.results_age_max)},
      {"streams.dead_age_max", "", "", "How long dead letters are kept.", true, kPlain, 1, kTenYears, nullptr,
       AT(streams.dead_age_max)},

      {"journal.directory", "", "journal", "Directory of the journal; one dispatcher each.", true, kPlain, 0, 0,
       nullptr, AT(journal.directory)},
      {"journal.durability", "", "", "process: survives a kill; sync: a power cut; profile: as the profile says.", true,
       kPlain, 0, 0, DurabilityNames, AT(journal.durability)},
      {"journal.memory", "", "", "Memory for write buffers and cache.", true, Form::kSize, 1 << 20, 0, nullptr,
       AT(journal.memory_bytes)},
      {"journal.store", "", "", "The kind of store; memory loses everything at the end.", true, kPlain, 0, 0,
       StoreNames, AT(journal.store)},

      {"http.address", "", "http", "Address and port of metrics and health, or off. Port 0: any free one.", true,
       kPlain, 0, 0, nullptr, AT(http_address)},
      {"log.level", "", "log-level", "What is logged.", true, kPlain, 0, 0, LevelNames, AT(log_level)},
      {"log.format", "", "log-format", "Form of the log lines.", true, kPlain, 0, 0, FormatNames, AT(log_format)},

      {"workers.beat", "", "", "How often workers are asked to beat.", true, kPlain, 0.01, 600, nullptr, AT(beat)},
      {"workers.missed_beats", "", "", "Beats missed before a worker counts as lost.", true, kPlain, 1, 1000, nullptr,
       AT(engine.missed_beats)},
      {"workers.lost_after_min", "", "", "A worker is never lost sooner than this.", true, kPlain, 0.05, 3600, nullptr,
       AT(engine.lost_after_min)},
      {"workers.accept_timeout", "", "", "An assignment not confirmed by then is sent again.", true, kPlain, 0.01, 3600,
       nullptr, AT(engine.accept_timeout)},
      {"workers.accept_resends", "", "", "So often; then the task goes elsewhere.", true, kPlain, 0, 1000, nullptr,
       AT(engine.accept_resends)},
      {"workers.inventory_every", "", "", "How often what a worker holds is compared with what we think.", true, kPlain,
       0.1, kTenYears, nullptr, AT(engine.inventory_every)},
      {"workers.reconcile_window", "", "", "After a start, the workers' time to say what they run.", true, kPlain, 0,
       3600, nullptr, AT(engine.reconcile_window)},
      {"workers.drain_timeout", "", "", "What runs longer on a draining worker is handed back.", true, kPlain, 0,
       kTenYears, nullptr, AT(engine.drain_timeout)},
      {"workers.cancel_grace", "", "", "A cancel not confirmed by then frees the slot.", true, kPlain, 0.01, kTenYears,
       nullptr, AT(engine.cancel_grace)},

      {"tasks.timeout", "", "", "Run time-out of tasks that do not say; 0 = none.", true, kPlain, 0, kTenYears, nullptr,
       AT(engine.timeout)},
      {"tasks.ageing", "", "", "After so long a wait a task is served one priority higher; off = strict for ever.",
       true, Form::kDurationOrOff, 0.001, kTenYears, nullptr, AT(engine.ageing)},
      {"tasks.remember_done", "", "", "How long ids of ended tasks are remembered.", true, kPlain, 60, kTenYears,
       nullptr, AT(engine.remember_done)},
      {"tasks.delay_in_stream_after", "", "", "What waits longer than this rests in its own stream.", true, kPlain, 1,
       kTenYears, nullptr, AT(engine.delay_in_stream_after)},
      {"tasks.give_back_delay", "", "", "How long a surplus of tasks that nobody can run goes back to the stream.",
       true, kPlain, 0.1, 3600, nullptr, AT(engine.give_back_delay)},

      {"retry.max_attempts", "", "", "Attempts of a task that does not say.", true, kPlain, 1, limits::kAttemptsMax,
       nullptr, AT(engine.retry.max_attempts)},
      {"retry.base_delay", "", "", "Delay before the first retry.", true, kPlain, 0, kTenYears, nullptr,
       AT(engine.retry.base_delay)},
      {"retry.max_delay", "", "", "Longest delay before a retry.", true, kPlain, 0, kTenYears, nullptr,
       AT(engine.retry.max_delay)},
      {"retry.strategy", "", "", "How the delay grows.", true, kPlain, 0, 0, nullptr, AT(engine.retry.strategy)},

      {"limits.look_ahead", "", "", "Tasks per queue and priority pulled beyond the free slots.", true, kPlain, 0,
       100000, nullptr, AT(engine.look_ahead)},
      {"limits.tasks_max", "", "", "Tasks in memory; beyond it nothing is pulled.", true, kPlain, 1, limits::kTasksMax,
       nullptr, AT(engine.tasks_max)},
      {"limits.parked_per_queue_max", "", "", "Tasks of one queue held though nobody can run them now.", true, kPlain,
       1, limits::kTasksMax, nullptr, AT(engine.parked_per_queue_max)},
      {"limits.finished_ids_max", "", "", "Ids of ended tasks remembered.", true, kPlain, 1, 1e8, nullptr,
       AT(engine.finished_ids_max)},
      {"limits.finished_views_max", "", "", "Ended tasks kept whole, for people who ask.", true, kPlain, 0, 1e7,
       nullptr, AT(engine.finished_views_max)},

      {"queues.*.strategy", "", "", "Strategy of this queue, instead of the default one.", true, kPlain, 0, 0,
       StrategyNames, AT_NAME(queue_strategies[name])},

      {"load_balancing.strategy", "LOAD_BALANCER_STRATEGY", "strategy",
       "Which of the workers that may take a task gets it.", true, kPlain, 0, 0, StrategyNames, AT(engine.strategy)},
      {"load_balancing.tracking_enabled", "LOAD_BALANCER_TRACKING_ENABLED", "", "Learn from results.", kLater, kPlain,
       0, 0, nullptr, AT(later.tracking_enabled)},
      {"load_balancing.window_size", "LOAD_BALANCER_WINDOW_SIZE", "", "Results a strategy looks back on.", kLater,
       kPlain, 1, kMost32, nullptr, AT(later.window_size)},
      {"load_balancing.health_monitoring.check_interval", "", "", "How often a worker is checked.", kLater, kPlain,
       0.001, kTenYears, nullptr, AT(later.check_interval)},
      {"load_balancing.health_monitoring.failure_threshold", "", "", "The same as workers.missed_beats.", true, kPlain,
       1, 1000, nullptr, AT(engine.missed_beats)},
      {"load_balancing.health_monitoring.recovery_threshold", "", "", "Good checks before a worker is trusted again.",
       kLater, kPlain, 1, 1000, nullptr, AT(later.recovery_threshold)},
      {"load_balancing.health_monitoring.timeout", "", "", "How long one check may take.", kLater, kPlain, 0.001,
       kTenYears, nullptr, AT(later.check_timeout)},
      {"load_balancing.failover.type", "", "", "How a spare worker stands by.", kLater, kPlain, 0, 0, FailoverNames,
       AT(later.failover_type)},
      {"load_balancing.failover.threshold", "", "", "Failures before it takes over.", kLater, kPlain, 1, 1000, nullptr,
       AT(later.failover_threshold)},
      {"load_balancing.failover.cooldown", "", "", "Time before it goes back.", kLater, kPlain, 0, kTenYears, nullptr,
       AT(later.failover_cooldown)},
      {"load_balancing.circuit_breaker.failure_threshold", "", "", "Failures that open the breaker of a worker.",
       kLater, kPlain, 1, 100000, nullptr, AT(later.breaker_failure_threshold)},
      {"load_balancing.circuit_breaker.recovery_timeout", "", "", "How long it stays open.", kLater, kPlain, 0.001,
       kTenYears, nullptr, AT(later.breaker_recovery_timeout)},
      {"load_balancing.circuit_breaker.half_open_max_calls", "", "", "Trial tasks before it closes.", kLater, kPlain, 1,
       100000, nullptr, AT(later.breaker_half_open_max_calls)},
      {"load_balancing.auto_scaling.enabled", "", "", "Publish scaling signals.", true, kPlain, 0, 0, nullptr,
       AT(engine.scaling.enabled)},
      {"load_balancing.auto_scaling.scale_up_threshold", "", "", "Busy part of the slots that asks for more workers.",
       true, Form::kPercent, 0, 1, nullptr, AT(engine.scaling.utilisation_up)},
      {"load_balancing.auto_scaling.scale_down_threshold", "", "", "Busy part of the slots that asks for fewer.", true,
       Form::kPercent, 0, 1, nullptr, AT(engine.scaling.utilisation_down)},
      {"load_balancing.auto_scaling.min_agents", "", "", "Never ask for fewer workers.", true, kPlain, 0,
       limits::kWorkersMax, nullptr, AT(engine.scaling.workers_min)},
      {"load_balancing.auto_scaling.max_agents", "", "", "Never ask for more workers.", true, kPlain, 1,
       limits::kWorkersMax, nullptr, AT(engine.scaling.workers_max)},
      {"load_balancing.auto_scaling.cooldown_period", "", "", "Silence after a signal to go up.", true, kPlain, 0,
       kTenYears, nullptr, AT(engine.scaling.cooldown_up)},
      {"load_balancing.auto_scaling.cooldown_down", "", "", "Silence after a signal to go down.", true, kPlain, 0,
       kTenYears, nullptr, AT(engine.scaling.cooldown_down)},
      {"load_balancing.auto_scaling.depth_up", "", "", "Waiting tasks of a queue that ask for more workers.", true,
       kPlain, 1, 0, nullptr, AT(engine.scaling.depth_up)},
      {"load_balancing.auto_scaling.depth_down", "", "", "Below so many a worker can go.", true, kPlain, 0, 0, nullptr,
       AT(engine.scaling.depth_down)},
      {"load_balancing.auto_scaling.step_up", "", "", "How much more to ask for at once.", true, Form::kPercent, 0, 10,
       nullptr, AT(engine.scaling.step_up)},
      {"load_balancing.auto_scaling.step_down", "", "", "How much less to ask for at once.", true, Form::kPercent, 0, 1,
       nullptr, AT(engine.scaling.step_down)},
      {"load_balancing.bulkhead.pools.*.max_size", "", "", "Most tasks of the pool at once.", kLater, kPlain, 1,
       kMost32, nullptr, AT_NAME(later.pools[name].max_size)},
      {"load_balancing.bulkhead.pools.*.min_size", "", "", "Slots kept for the pool.", kLater, kPlain, 0, kMost32,
       nullptr, AT_NAME(later.pools[name].min_size)},
      {"load_balancing.bulkhead.pools.*.timeout", "", "", "How long a task waits for the pool.", kLater, kPlain, 0,
       kTenYears, nullptr, AT_NAME(later.pools[name].timeout)},
      {"load_balancing.metrics.collection_enabled", "", "", "Collect metrics and serve them.", true, kPlain, 0, 0,
       nullptr, AT(metrics_enabled)},
      {"load_balancing.metrics.export_interval", "", "", "How often metrics are exported; scraping decides here.",
       kLater, kPlain, 0.001, kTenYears, nullptr, AT(later.export_interval)},
      {"load_balancing.metrics.retention_period", "", "", "How long metrics are kept; the scraper decides here.",
       kLater, kPlain, 1, kTenYears, nullptr, AT(later.retention_period)},
  };
  return keys;
}

#undef AT
#undef AT_NAME

}  // namespace

std::span<const Key> Keys() {
  return Table();
}

std::string EnvName(const Key& key) {
  if (!key.env.empty()) return std::string(key.env);
  if (key.path.find('*') != std::string_view::npos) return "";
  std::string name = "MUSTER_";
  for (const char c : key.path) {
    name.push_back(c == '.' ? '_' : (c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c));
  }
  return name;
}

}  // namespace muster::daemon
