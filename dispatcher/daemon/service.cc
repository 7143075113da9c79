#include "dispatcher/daemon/service.h"

#include <filesystem>
#include <fstream>
#include <random>
#include <thread>

#include "dispatcher/adapters/event_publisher.h"
#include "dispatcher/adapters/logging.h"
#include "dispatcher/daemon/exit_code.h"
#include "dispatcher/daemon/log_observer.h"
#include "dispatcher/daemon/nats_options.h"
#include "dispatcher/daemon/version.h"
#include "dispatcher/daemon/web.h"
#include "dispatcher/engine/engine.h"
#include "dispatcher/runtime/loop.h"
#include "dispatcher/runtime/observer.h"

namespace muster::daemon {
namespace {

using adapters::Log;
using adapters::LogLevel;

constexpr std::chrono::milliseconds kConnectTry{1000};

// Told to scripts that gave port 0.
void WriteLine(const std::filesystem::path& path, const std::string& line) {
  // Renamed into place, so that nobody reads half of it.
  const std::filesystem::path part = path.string() + ".part";
  std::ofstream(part) << line << "\n";
  std::error_code error;
  std::filesystem::rename(part, path, error);
}

// Reads what only the loop's thread may read, about once a second.
class FactsObserver final : public runtime::Observer {
 public:
  explicit FactsObserver(std::function<void()> tell) : tell_(std::move(tell)) {}
  void OnTurn(engine::Time, const engine::Turn&, const runtime::TurnFacts&) override {}
  void OnSample(engine::Time, const engine::Engine&) override { tell_(); }

 private:
  std::function<void()> tell_;
};

}  // namespace

Service::Service(const CommandLine& command_line) : command_line_(command_line), config_(command_line.config) {}

Service::~Service() {
  if (http_ != nullptr) http_->Stop();
  if (transport_ != nullptr) transport_->Stop();
}

void Service::Stop() {
  stop_.store(true, std::memory_order_relaxed);
  inbox_.Wake();
}

int Service::Fail(int exit_code, std::string_view event, const Status& status) {
  Log(LogLevel::kError, event, {{"reason", status.ToString()}, {"exit", exit_code}});
  return exit_code;
}

int Service::Run() {
  for (const std::string& warning : config_.warnings) Log(LogLevel::kWarn, "config.warning", {{"text", warning}});
  if (!config_.not_in_force.empty()) {
    std::string keys;
    for (const std::string& path : config_.not_in_force) keys += (keys.empty() ? "" : " ") + path;
    Log(LogLevel::kWarn, "config.not_in_force", {{"text", "accepted, not in force in this version"}, {"keys", keys}});
  }
  health_.Set("nats", false, "not connected yet");
  health_.Set("journal", false, "not read yet");
  health_.Set("recovery", false, "not begun yet");
  if (const int code = OpenJournal(); code != kExitOk) return code;
  if (const int code = StartHttp(); code != kExitOk) return code;
  std::uint64_t epoch = 0;
  if (const int code = Connect(&epoch); code != kExitOk || stop_.load()) return code;
  return Dispatch(epoch);
}

// ---- Journal -------------------------------------------------------------------------------------------------------

int Service::OpenJournal() {
  if (const int code = Load(); code != kExitOk) return code;
  const engine::Recovered& recovered = loaded_.recovered;
  Log(LogLevel::kInfo, "journal.opened",
      {{"directory", config_.journal.directory},
       {"in_flight", recovered.in_flight.size()},
       {"ended", recovered.done.size()},
       {"delayed", recovered.delayed.size()},
       {"epoch", recovered.epoch}});
  health_.Set("journal", true, "open");
  return kExitOk;
}

int Service::Load() {
  storage::StoreOptions options;
  options.directory = config_.journal.directory;
  options.durability = config_.journal_synced() ? storage::Durability::kSync : storage::Durability::kProcess;
  options.memory_bytes = static_cast<std::uint64_t>(config_.journal.memory_bytes);
  for (int attempt = 0; attempt < 2; ++attempt) {
    Result<storage::OpenedStore> opened = storage::OpenStore(config_.journal.store, options);
    if (!opened.ok()) {
      const bool in_use = opened.status().code() == ErrorCode::kConflict;
      return Fail(in_use ? kExitUnavailable : kExitFailed, in_use ? "journal.in_use" : "journal.failed",
                  opened.status());
    }
    if (!opened->quarantined.empty()) {
      journal_lost_ = true;
      Log(LogLevel::kError, "journal.set_aside", {{"where", opened->quarantined}});
    }
    store_ = std::move(opened->store);
    journal_ = std::make_unique<runtime::Journal>(store_.get());
    Result<runtime::LoadedJournal> loaded = journal_->Load(config_.engine.finished_ids_max);
    if (loaded.ok()) {
      loaded_ = std::move(loaded).value();
      return kExitOk;
    }
    journal_.reset();
    store_.reset();
    if (loaded.status().code() != ErrorCode::kInternal || !SetAside(loaded.status())) {
      return Fail(kExitFailed, "journal.failed", loaded.status());
    }
  }
  return kExitFailed;
}

// A record that does not decode: the directory is kept for whoever wants to look, and a new one begun.
bool Service::SetAside(const Status& damage) {
  namespace fs = std::filesystem;
  std::error_code error;
  for (int n = 1; n < 1000; ++n) {
    const std::string aside = config_.journal.directory + ".damaged-" + std::to_string(n);
    if (fs::exists(aside, error)) continue;
    fs::rename(config_.journal.directory, aside, error);
    if (error) return false;
    journal_lost_ = true;
    Log(LogLevel::kError, "journal.set_aside", {{"where", aside}, {"reason", damage.ToString()}});
    return true;
  }
  return false;
}

// ---- Web server ----------------------------------------------------------------------------------------------------

int Service::StartHttp() {
  std::function<std::string()> metrics;
  if (config_.metrics_enabled) {
    metrics_ = std::make_unique<adapters::PrometheusObserver>();
    metrics = [observer = metrics_.get()] { return observer->Text(); };
  }
  if (config_.http_address == "off") return kExitOk;
  const Result<Address> address = ParseAddress(config_.http_address);
  adapters::HttpOptions options;
  options.address = address->host;
  options.port = address->port;
  const auto start = [&] {
    http_ = std::make_unique<adapters::HttpServer>(options);
    AddPages(http_.get(), &health_, metrics);
    return http_->Start();
  };
  Status status = start();
  // A second `musterd --dev` on this machine shall just work; its address is told.
  if (!status.ok() && command_line_.dev && config_.http_address == Config().http_address) {
    options.port = 0;
    status = start();
  }
  if (!status.ok()) return Fail(kExitFailed, "http.failed", status);
  http_address_ = address->host + ":" + std::to_string(http_->port());
  Log(LogLevel::kInfo, "http.listening", {{"address", http_address_}});
  if (!command_line_.data_directory.empty()) {
    WriteLine(std::filesystem::path(command_line_.data_directory) / "http.port", std::to_string(http_->port()));
  }
  return kExitOk;
}

// ---- NATS ----------------------------------------------------------------------------------------------------------

int Service::Connect(std::uint64_t* epoch) {
  transport_ = std::make_unique<adapters::NatsTransport>(MakeNatsOptions(config_), &inbox_);
  std::string told;
  while (!stop_.load(std::memory_order_relaxed)) {
    Result<adapters::NatsConnected> connected = transport_->Connect(kConnectTry);
    Status status = connected.status();
    if (connected.ok()) {
      for (const std::string& warning : connected->warnings) Log(LogLevel::kWarn, "nats.warning", {{"text", warning}});
      const Result<std::uint64_t> taken = transport_->TakeEpoch(loaded_.recovered.epoch);
      if (taken.ok()) {
        *epoch = *taken;
        Log(LogLevel::kInfo, "nats.connected",
            {{"url", connected->url},
             {"server", connected->server_name},
             {"version", connected->version},
             {"epoch", *epoch}});
        health_.Set("nats", true, "connected to " + connected->url + " (" + connected->version + ")");
        return kExitOk;
      }
      status = taken.status();
    }
    health_.Set("nats", false, status.ToString());
    if (status.code() == ErrorCode::kBadRequest) return Fail(kExitUsage, "nats.refused", status);
    if (status.code() == ErrorCode::kConflict) return Fail(kExitFailed, "nats.conflict", status);
    // Once for each new reason; /readyz has it all the time.
    if (status.ToString() != told) {
      told = status.ToString();
      Log(LogLevel::kWarn, "nats.unreachable", {{"reason", told}, {"text", "trying again until it answers"}});
    }
    // A refusal that comes back at once must not make us spin.
    std::this_thread::sleep_for(kConnectTry / 4);
  }
  return kExitOk;
}

// ---- Work ----------------------------------------------------------------------------------------------------------

adapters::ProcessFacts Service::Facts(std::uint64_t events_dropped) {
  const adapters::NatsCounters counters = transport_->counters();
  adapters::ProcessFacts facts;
  facts.store_bytes = store_->ApproximateBytes();
  for (const runtime::HealthItem& item : health_.Items()) {
    if (item.name == "nats") facts.nats_connected = item.ok;
  }
  facts.received = counters.received;
  facts.acknowledged = counters.acknowledged;
  facts.pull_requests = counters.pull_requests;
  facts.reconnects = counters.reconnects;
  facts.send_errors = counters.send_errors;
  facts.store_timeouts = counters.store_timeouts;
  facts.consumers_repaired = counters.consumers_repaired;
  facts.events_dropped = events_dropped;
  facts.inbox_dropped = inbox_.dropped();
  return facts;
}

int Service::Dispatch(std::uint64_t epoch) {
  engine::EngineOptions options = config_.engine;
  options.seed = std::random_device()();
  engine::Engine engine(options);

  LogObserver log;
  adapters::EventPublisher events(adapters::EventOptions{}, transport_.get());
  FactsObserver facts([&] {
    if (metrics_ != nullptr) metrics_->Tell(Facts(events.dropped()));
  });
  runtime::LoopParts parts;
  parts.engine = &engine;
  parts.engine_options = &options;
  parts.journal = journal_.get();
  parts.transport = transport_.get();
  parts.inbox = &inbox_;
  parts.clock = &clock_;
  parts.health = &health_;
  parts.observers = {&log, &events, &facts};
  if (metrics_ != nullptr) parts.observers.push_back(metrics_.get());
  runtime::LoopOptions loop_options;
  loop_options.version = std::string(kVersion);
  loop_options.performer.dispatcher = config_.name;
  loop_options.performer.beat = config_.beat;
  runtime::Loop loop(std::move(parts), loop_options);

  // The epoch is durable before a consumer of that name exists.
  if (Status status = journal_->Commit({engine::PutEpoch{epoch}}); !status.ok()) {
    return Fail(kExitFailed, "journal.failed", status);
  }
  const Result<std::vector<adapters::QueueLeft>> left = transport_->Start(epoch);
  if (!left.ok()) {
    const bool fenced = left.status().code() == ErrorCode::kConflict;
    return Fail(fenced ? kExitUnavailable : kExitFailed, fenced ? "nats.fenced" : "nats.failed", left.status());
  }
  std::uint64_t unacked = 0;
  for (const adapters::QueueLeft& queue : *left) unacked += queue.unacked;
  engine::Recovered recovered = std::move(loaded_.recovered);
  recovered.epoch = epoch;
  // An earlier dispatcher was here, but not with this journal: ask the workers before anything is assigned.
  recovered.journal_lost = (journal_lost_ || loaded_.fresh) && (unacked != 0 || epoch > 1);
  for (const engine::PutQueue& queue : recovered.queues) transport_->EnsureQueue(queue.priority, queue.name);

  Status status = loop.Begin(std::move(recovered));
  for (const auto& [queue, strategy] : config_.queue_strategies)
    loop.Inject(engine::StrategyCommand{strategy, queue, 0});
  if (status.ok()) {
    Log(LogLevel::kInfo, "dispatcher.started", {{"name", config_.name}, {"epoch", epoch}, {"unacked", unacked}});
    if (on_ready_) on_ready_();
    status = loop.Run(stop_);
  }
  if (!status.ok()) {
    const bool fenced = status.code() == ErrorCode::kUnavailable;
    const int code = fenced ? kExitUnavailable : kExitFailed;
    Fail(code, fenced ? "dispatcher.fenced" : "dispatcher.failed", status);
    transport_->Stop();
    return code;
  }
  transport_->Stop();
  Log(LogLevel::kInfo, "dispatcher.stopped", {{"name", config_.name}});
  return kExitOk;
}

}  // namespace muster::daemon
