// Service: musterd, put together: journal, transport, engine, loop, web server; from the start to the last flush.
#ifndef MUSTER_DISPATCHER_DAEMON_SERVICE_H_
#define MUSTER_DISPATCHER_DAEMON_SERVICE_H_

#include <atomic>
#include <functional>
#include <memory>
#include <string>

#include "dispatcher/adapters/http_server.h"
#include "dispatcher/adapters/nats_transport.h"
#include "dispatcher/adapters/prometheus_observer.h"
#include "dispatcher/daemon/command_line.h"
#include "dispatcher/runtime/clock.h"
#include "dispatcher/runtime/health.h"
#include "dispatcher/runtime/inbox.h"
#include "dispatcher/runtime/journal.h"
#include "storage/store.h"

namespace muster::daemon {

class Service {
 public:
  // `command_line` must outlive this.
  explicit Service(const CommandLine& command_line);
  ~Service();

  // Any thread: Run comes to its end.
  void Stop();

  // Until Stop or a failure; the exit code.
  int Run();

  // Where the web server listens, "127.0.0.1:8227"; empty where it is off. Known after `on_ready` was called.
  const std::string& http_address() const { return http_address_; }
  // Called once, when tasks are taken.
  void OnReady(std::function<void()> on_ready) { on_ready_ = std::move(on_ready); }

 private:
  int OpenJournal();
  int Load();
  int StartHttp();
  int Connect(std::uint64_t* epoch);
  int Dispatch(std::uint64_t epoch);
  adapters::ProcessFacts Facts(std::uint64_t events_dropped);
  int Fail(int exit_code, std::string_view event, const Status& status);
  bool SetAside(const Status& damage);

  const CommandLine& command_line_;
  const Config& config_;
  std::atomic<bool> stop_{false};
  runtime::SystemClock clock_;
  runtime::Inbox inbox_;
  runtime::Health health_;
  std::unique_ptr<storage::Store> store_;
  std::unique_ptr<runtime::Journal> journal_;
  runtime::LoadedJournal loaded_;
  bool journal_lost_ = false;
  std::unique_ptr<adapters::NatsTransport> transport_;
  std::unique_ptr<adapters::PrometheusObserver> metrics_;  // null where metrics are off
  std::unique_ptr<adapters::HttpServer> http_;
  std::string http_address_;
  std::function<void()> on_ready_;
};

}  // namespace muster::daemon

#endif  // MUSTER_DISPATCHER_DAEMON_SERVICE_H_
