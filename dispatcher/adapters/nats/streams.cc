#include "dispatcher/adapters/nats/streams.h"

#include <string>
#include <utility>
#include <vector>

#include "schemas/subjects.h"

namespace muster::adapters::nats {
namespace {

using nlohmann::json;

std::int64_t Nanoseconds(std::chrono::seconds duration) {
  return std::chrono::duration_cast<std::chrono::nanoseconds>(duration).count();
}

struct Wanted {
  std::string name;
  json config;  // only the fields that must hold
};

Wanted Stream(std::string_view name, std::string_view subject, const char* retention) {
  Wanted wanted{std::string(name), {}};
  wanted.config = {{"name", name},
                   {"subjects", json::array({std::string(subject)})},
                   {"retention", retention},
                   {"storage", "file"},
                   {"duplicate_window", Nanoseconds(std::chrono::minutes(2))}};
  return wanted;
}

void Bound(json* config, const char* key, std::int64_t value) {
  if (value > 0) (*config)[key] = value;
}

std::vector<Wanted> AllStreams(const NatsOptions& options, const ServerInfo& server) {
  std::vector<Wanted> all;
  for (Priority priority : kAllPriorities) {
    Wanted tasks = Stream(subjects::TaskStream(priority), subjects::TaskStreamSubjects(priority), "workqueue");
    // Never `old`, never an age: both delete tasks that were not done.
    tasks.config["discard"] = "new";
    tasks.config["max_age"] = 0;
    Bound(&tasks.config, "max_bytes", options.tasks_bytes_max);
    Bound(&tasks.config, "max_msgs", options.tasks_count_max);
    all.push_back(std::move(tasks));
  }
  Wanted results = Stream(subjects::kResultStream, subjects::kResultStreamSubjects, "limits");
  results.config["discard"] = "old";
  results.config["allow_direct"] = true;
  results.config["max_age"] = Nanoseconds(options.results_age_max);
  Bound(&results.config, "max_bytes", options.results_bytes_max);
  if (TakesTtl(server)) results.config["allow_msg_ttl"] = true;
  all.push_back(std::move(results));

  Wanted dead = Stream(subjects::kDeadStream, subjects::kDeadStreamSubjects, "limits");
  dead.config["discard"] = "old";
  dead.config["allow_direct"] = true;
  dead.config["max_age"] = Nanoseconds(options.dead_age_max);
  Bound(&dead.config, "max_bytes", options.dead_bytes_max);
  all.push_back(std::move(dead));

  Wanted delayed = Stream(subjects::kDelayedStream, subjects::kDelayedStreamSubjects, "limits");
  delayed.config["discard"] = "new";
  delayed.config["max_age"] = 0;
  delayed.config["allow_direct"] = true;
  Bound(&delayed.config, "max_bytes", options.delayed_bytes_max);
  all.push_back(std::move(delayed));
  return all;
}

// A field that the server leaves out has its zero value.
bool Same(const json& have, const std::string& key, const json& want) {
  const auto found = have.find(key);
  if (found != have.end()) return *found == want;
  return want.is_number() ? want == 0 : want.is_boolean() ? want == false : want.empty();
}

Status Create(JsApi& api, const Wanted& wanted, int replicas) {
  json config = wanted.config;
  config["num_replicas"] = replicas;
  for (const char* bound : {"max_bytes", "max_msgs", "max_consumers", "max_msg_size"}) {
    if (!config.contains(bound)) config[bound] = -1;
  }
  return api.Do("STREAM.CREATE." + wanted.name, config).status();
}

Status Reconcile(JsApi& api, const Wanted& wanted, const json& have) {
  json merged = have;
  std::string changed;
  for (const auto& [key, value] : wanted.config.items()) {
    if (Same(have, key, value)) continue;
    if (key == "retention" || key == "storage") {
      return {ErrorCode::kConflict,
              "the stream exists with " + key + " " + Text(have, key.c_str()) + ", but it must be " + value.dump() +
                  "; JetStream cannot change that: move its messages away and delete it",
              wanted.name};
    }
    merged[key] = value;
    changed += (changed.empty() ? "" : ", ") + key;
  }
  if (changed.empty()) return {};
  Status status = api.Do("STREAM.UPDATE." + wanted.name, merged).status();
  if (status.ok()) return {};
  return {ErrorCode::kConflict, "the stream exists and its " + changed + " cannot be changed: " + status.message(),
          wanted.name};
}

}  // namespace

bool TakesTtl(const ServerInfo& server) {
  return server.known() && server.AtLeast(2, 11);
}

Status EnsureStreams(JsApi& api, const NatsOptions& options, const ServerInfo& server) {
  for (const Wanted& wanted : AllStreams(options, server)) {
    Result<JsAnswer> info = api.Ask("STREAM.INFO." + wanted.name);
    if (!info.ok()) return info.status();
    Status status;
    if (info->ok()) {
      status = Reconcile(api, wanted, Part(info->body, "config"));
    } else if (info->error.code == kStreamNotFound) {
      status = Create(api, wanted, options.replicas);
    } else {
      status = Refused(info->error, wanted.name);
    }
    if (!status.ok()) return status;
  }
  return {};
}

}  // namespace muster::adapters::nats
