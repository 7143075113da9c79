#include "dispatcher/daemon/nats_options.h"

namespace muster::daemon {
namespace {

// 0 is "no bound" with us, -1 with JetStream.
std::int64_t Bound(std::int64_t value) {
  return value == 0 ? -1 : value;
}

std::chrono::seconds Seconds(Duration duration) {
  return std::chrono::ceil<std::chrono::seconds>(duration);
}

}  // namespace

adapters::NatsOptions MakeNatsOptions(const Config& config) {
  adapters::NatsOptions options;
  options.servers = config.nats.servers;
  options.name = config.name;
  options.user = config.nats.user;
  options.password = config.nats.password;
  options.token = config.nats.token;
  options.credentials_file = config.nats.credentials_file;
  options.nkey_seed_file = config.nats.nkey_seed_file;
  options.nkey_public = config.nats.nkey_public;
  options.tls_ca_file = config.nats.tls_ca_file;
  options.tls_certificate_file = config.nats.tls_certificate_file;
  options.tls_key_file = config.nats.tls_key_file;
  options.tls_host = config.nats.tls_host;
  options.allow_old_server = config.nats.allow_old_server;
  options.durable = config.durable();
  options.replicas = static_cast<int>(config.nats.replicas);
  options.tasks_bytes_max = Bound(config.streams.tasks_bytes_max);
  options.tasks_count_max = Bound(static_cast<std::int64_t>(config.streams.tasks_count_max));
  options.results_bytes_max = Bound(config.streams.results_bytes_max);
  options.dead_bytes_max = Bound(config.streams.dead_bytes_max);
  options.delayed_bytes_max = Bound(config.streams.delayed_bytes_max);
  options.results_age_max = Seconds(config.streams.results_age_max);
  options.dead_age_max = Seconds(config.streams.dead_age_max);
  return options;
}

}  // namespace muster::daemon
