#include "dispatcher/cli/doctor.h"

#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <cstring>

#include "dispatcher/cli/context.h"
#include "dispatcher/cli/human.h"
#include "schemas/subjects.h"

namespace muster::cli {
namespace {

using Findings = std::vector<Finding>;

constexpr std::uint64_t kFreeBytesLow = std::uint64_t{1} << 30;

void Append(Findings& all, Findings more) {
  for (Finding& finding : more) all.push_back(std::move(finding));
}

Finding Of(const std::string& what, const Status& status, const std::string& advice) {
  return {Verdict::kBad, what, status.message(), advice};
}

// False: nothing else can be asked.
bool CheckConnection(Api& api, Findings& findings) {
  const auto server = api.link().Server(api.timeout());
  if (!server.ok()) {
    findings.push_back(Of("NATS", server.status(), "give --server, and --creds or --user where the server wants them"));
    return false;
  }
  findings.push_back({Verdict::kGood, "NATS", api.link().connected_url() + " answers", ""});
  findings.push_back(JudgeVersion(server->version));
  if (server->jetstream) {
    findings.push_back({Verdict::kGood, "JetStream", "on", ""});
    return true;
  }
  findings.push_back({Verdict::kBad, "JetStream", "off: tasks cannot be stored",
                      "start nats-server with -js, or with a jetstream block in its configuration"});
  return false;
}

// The epoch of the musterd that answers; 0 where none does.
std::uint64_t CheckDaemon(Api& api, Findings& findings) {
  const auto health = api.Ask("health", "show", v1::HealthRequest());
  if (!health.ok()) {
    findings.push_back(Of("musterd", health.status(), "start it: musterd --dev, or with its configuration file"));
    return 0;
  }
  findings.push_back(health->health().ready() ? Finding{Verdict::kGood, "musterd", "answers and is ready", ""}
                                              : Finding{Verdict::kBad, "musterd", "answers, but is not ready",
                                                        "see the next lines and its log"});
  for (const v1::HealthItem& item : health->health().items()) {
    findings.push_back({item.ok() ? Verdict::kGood : Verdict::kBad, "musterd " + item.name(), item.detail(),
                        item.ok() ? "" : "see its log"});
  }
  const auto stats = api.Ask("stats", "show", v1::StatsRequest());
  if (!stats.ok()) {
    findings.push_back(Of("musterd", stats.status(), "see its log"));
    return 0;
  }
  if (!stats->stats().version().empty() && stats->stats().version() != MUSTER_VERSION) {
    findings.push_back({Verdict::kWarning, "versions",
                        "musterd is " + stats->stats().version() + ", this program is " MUSTER_VERSION,
                        "install the same version"});
  }
  return stats->stats().epoch();
}

void CheckStreams(Api& api, std::uint64_t epoch, Findings& findings) {
  struct Wanted {
    std::string name;
    bool is_tasks;
  };
  std::vector<Wanted> wanted;
  for (Priority priority : kAllPriorities) wanted.push_back({subjects::TaskStream(priority), true});
  for (std::string_view name : {subjects::kDelayedStream, subjects::kResultStream, subjects::kDeadStream}) {
    wanted.push_back({std::string(name), false});
  }
  bool clock_checked = false;
  std::string missing;
  for (const Wanted& stream : wanted) {
    const std::int64_t before_ms = Context::NowMs();
    const auto info = api.link().StreamInfo(stream.name, api.timeout());
    const std::int64_t after_ms = Context::NowMs();
    if (info.status().code() == ErrorCode::kNotFound) {
      missing += (missing.empty() ? "" : ", ") + stream.name;
      continue;
    }
    if (!info.ok()) {
      findings.push_back(
          Of("stream " + stream.name, info.status(), "see the server's log and this user's permissions"));
      continue;
    }
    if (!clock_checked) findings.push_back(JudgeClock(info->json, before_ms, after_ms));
    clock_checked = true;
    Append(findings, JudgeStream(stream.name, stream.is_tasks, info->json));
    if (stream.name == subjects::kDeadStream && info->messages > 0) {
      findings.push_back({Verdict::kWarning, "dead letters", HumanCount(info->messages) + " wait for a person",
                          "muster dead list shows them, muster dead replay runs them again"});
    }
    if (!stream.is_tasks) continue;
    const auto list = api.link().Request("$JS.API.CONSUMER.LIST." + stream.name, "", api.timeout());
    // What the stream holds is asked again: a consumer that moved on in between is not ahead of it.
    const auto later = api.link().StreamInfo(stream.name, api.timeout());
    if (list.ok() && later.ok()) Append(findings, JudgeConsumers(stream.name, later->json, *list, epoch));
  }
  if (!missing.empty()) {
    findings.push_back(
        {Verdict::kBad, "streams", "not there: " + missing, "musterd makes them when it starts; look at its log"});
  }
}

void CheckWorkers(Api& api, Findings& findings) {
  const auto reply = api.Ask("worker", "list", v1::WorkerRequest());
  if (!reply.ok()) return;  // said already
  int live = 0;
  std::uint32_t slots = 0;
  for (const v1::WorkerView& worker : reply->workers().workers()) {
    if (worker.state() == "live") {
      ++live;
      slots += worker.slots();
    } else if (worker.state() == "silent") {
      findings.push_back({Verdict::kWarning, "worker " + worker.name(),
                          "silent since " + Ago(worker.last_beat_ms(), Context::NowMs()),
                          "see whether its process and machine are alive; its tasks go to others"});
    }
  }
  if (live > 0) {
    findings.push_back(
        {Verdict::kGood, "workers", std::to_string(live) + " live, " + std::to_string(slots) + " slots", ""});
  } else {
    findings.push_back({Verdict::kWarning, "workers", "none: tasks are stored and wait",
                        "start one: muster worker run --queue NAME --exec COMMAND"});
  }
}

void CheckQueues(Api& api, Findings& findings) {
  const auto reply = api.Ask("queue", "list", v1::QueueRequest());
  if (!reply.ok()) return;
  for (const v1::QueueView& queue : reply->queues().queues()) {
    const std::string what = "queue " + queue.name() + " (" + std::string(PriorityText(queue.priority())) + ")";
    if (queue.paused()) {
      findings.push_back({Verdict::kWarning, what, "paused", "muster queue resume " + queue.name()});
    }
    if (queue.parked() > 0) {
      findings.push_back({Verdict::kWarning, what,
                          HumanCount(queue.parked()) + " tasks that no worker can take: " + queue.parked_reason(),
                          "muster task list --state parked, then muster task explain ID"});
    }
  }
}

}  // namespace

std::vector<Finding> CheckServer(Api& api) {
  Findings findings;
  if (!CheckConnection(api, findings)) return findings;
  const std::uint64_t epoch = CheckDaemon(api, findings);
  CheckStreams(api, epoch, findings);
  if (epoch != 0) {
    CheckWorkers(api, findings);
    CheckQueues(api, findings);
  }
  return findings;
}

std::vector<Finding> CheckDirectory(const std::string& directory) {
  const std::string what = "directory " + directory;
  struct stat info {};
  if (stat(directory.c_str(), &info) != 0) {
    return {{Verdict::kBad, what, std::strerror(errno), "make it, or give the directory of musterd's configuration"}};
  }
  if (!S_ISDIR(info.st_mode)) return {{Verdict::kBad, what, "is no directory", "give the journal's directory"}};
  Findings findings;
  if (access(directory.c_str(), R_OK | W_OK | X_OK) != 0) {
    findings.push_back({Verdict::kWarning, what, "this user cannot read and write it",
                        "run doctor as musterd's user; if that is this one: chown it"});
  }
  if ((info.st_mode & (S_IWGRP | S_IWOTH)) != 0) {
    findings.push_back({Verdict::kWarning, what, "other users can write it", "chmod 700 " + directory});
  }
  struct statvfs disk {};
  if (statvfs(directory.c_str(), &disk) == 0) {
    const std::uint64_t free = std::uint64_t{disk.f_bavail} * disk.f_frsize;
    if (free < kFreeBytesLow || disk.f_bavail < disk.f_blocks / 20) {
      findings.push_back({free < kFreeBytesLow / 8 ? Verdict::kBad : Verdict::kWarning, what,
                          HumanSize(free) + " free on its disk",
                          "free some: musterd stops, without losing a task, when the disk is full"});
    } else {
      findings.push_back({Verdict::kGood, what, HumanSize(free) + " free on its disk", ""});
    }
  }
  return findings;
}

}  // namespace muster::cli
