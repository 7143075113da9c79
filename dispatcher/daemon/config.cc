#include "dispatcher/daemon/config.h"

#include <algorithm>
#include <charconv>

#include "dispatcher/daemon/config_yaml.h"
#include "dispatcher/runtime/codec.h"
#include "schemas/text.h"

namespace muster::daemon {
namespace {

// "journal:" with nothing below it says nothing, and is no error; "journl:" is one.
bool IsSection(std::string_view path) {
  for (const Key& key : Keys()) {
    if (key.path.size() > path.size() && key.path.substr(0, path.size()) == path && key.path[path.size()] == '.') {
      return true;
    }
  }
  return path.empty();
}

}  // namespace

Status ApplyYaml(std::string_view text, std::string_view file, Config* config) {
  const Result<std::vector<YamlSetting>> settings = FlattenYaml(text, file);
  if (!settings.ok()) return settings.status();
  for (const YamlSetting& setting : *settings) {
    const std::string where = std::string(file) + ":" + std::to_string(setting.line);
    if (setting.is_empty) {
      if (IsSection(setting.path)) continue;
      // Unknown keys are named as such, known ones want a value.
      Config scratch;
      const Status unknown = SetKeyList(setting.path, {}, where, &scratch);
      if (!unknown.ok() && unknown.message().find("there is no key") == 0) return unknown;
      return Status(ErrorCode::kBadRequest, setting.path + " has no value", where);
    }
    const bool section = IsSection(setting.path) && !setting.path.empty();
    if (section) return Status(ErrorCode::kBadRequest, setting.path + " is a section: its keys are missing", where);
    const Status status = setting.is_list ? SetKeyList(setting.path, setting.values, where, config)
                                          : SetKey(setting.path, setting.values.front(), where, config);
    if (!status.ok()) return status;
  }
  return Status();
}

Status ApplyEnvironment(const std::function<std::optional<std::string>(const std::string&)>& environment,
                        std::span<const std::string> names, Config* config) {
  std::vector<std::string> known;
  for (const Key& key : Keys()) {
    const std::string name = EnvName(key);
    if (name.empty()) continue;
    known.push_back(name);
    const auto value = environment(name);
    if (!value) continue;
    if (Status status = SetKey(key.path, *value, "$" + name, config); !status.ok()) return status;
  }
  const std::vector<std::string_view> views(known.begin(), known.end());
  for (const std::string& name : names) {
    if (name.rfind("MUSTER_", 0) != 0 || std::find(known.begin(), known.end(), name) != known.end()) continue;
    // Other programs of ours have variables too, so this is a warning, and only where it looks like a slip.
    const std::string_view nearest = NearestName(name, views);
    if (nearest.empty()) continue;
    config->warnings.push_back("$" + runtime::CleanText(name, limits::kNameBytesMax) +
                               " is no setting; did you mean $" + std::string(nearest) + "?");
  }
  return Status();
}

Result<Address> ParseAddress(std::string_view text) {
  const std::size_t colon = text.rfind(':');
  Address address;
  if (colon != std::string_view::npos && colon > 0) {
    std::string_view host = text.substr(0, colon);
    if (host.size() > 2 && host.front() == '[' && host.back() == ']') host = host.substr(1, host.size() - 2);
    const std::string_view port = text.substr(colon + 1);
    const auto [end, error] = std::from_chars(port.data(), port.data() + port.size(), address.port);
    if (!port.empty() && error == std::errc() && end == port.data() + port.size() && address.port >= 0 &&
        address.port <= 65535) {
      address.host = std::string(host);
      return address;
    }
  }
  return Status(ErrorCode::kBadRequest, "'" + runtime::CleanText(text, limits::kNameBytesMax) +
                                            "' is no address: write host:port, as 127.0.0.1:8227");
}

Status CheckConfig(const Config& config) {
  const auto bad = [](std::string where, std::string message) {
    return Status(ErrorCode::kBadRequest, std::move(message), std::move(where));
  };
  const NatsConfig& nats = config.nats;
  const int ways = int{!nats.user.empty()} + int{!nats.token.empty()} + int{!nats.credentials_file.empty()} +
                   int{!nats.nkey_seed_file.empty()};
  if (ways > 1) return bad("nats", "user, token, credentials_file and nkey_seed_file exclude each other");
  if (!nats.password.empty() && nats.user.empty()) return bad("nats.password", "needs nats.user");
  if (nats.nkey_seed_file.empty() != nats.nkey_public.empty()) {
    return bad("nats.nkey_public", "nkey_seed_file and nkey_public go together");
  }
  if (nats.tls_certificate_file.empty() != nats.tls_key_file.empty()) {
    return bad("nats.tls.key_file", "certificate_file and key_file go together");
  }
  if (config.engine.retry.max_delay < config.engine.retry.base_delay) {
    return bad("retry.max_delay", "must not be less than retry.base_delay");
  }
  const engine::ScalingOptions& scaling = config.engine.scaling;
  if (scaling.workers_min > scaling.workers_max) {
    return bad("load_balancing.auto_scaling.min_agents", "must not be more than max_agents");
  }
  if (scaling.utilisation_down >= scaling.utilisation_up) {
    return bad("load_balancing.auto_scaling.scale_down_threshold", "must be less than scale_up_threshold");
  }
  if (scaling.depth_down >= scaling.depth_up) {
    return bad("load_balancing.auto_scaling.depth_down", "must be less than depth_up");
  }
  for (const auto& [name, pool] : config.later.pools) {
    if (pool.min_size > pool.max_size) {
      return bad("load_balancing.bulkhead.pools." + name + ".min_size", "must not be more than max_size");
    }
  }
  if (config.journal.directory.empty()) return bad("journal.directory", "must not be empty");
  if (config.http_address != "off") {
    if (const auto address = ParseAddress(config.http_address); !address.ok()) {
      return bad("http.address", address.status().message() + ", or off");
    }
  }
  if (config.name.empty()) return bad("name", "must not be empty");
  return Status();
}

}  // namespace muster::daemon
