#include "muster/worker.h"

#include <poll.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cstdio>
#include <ctime>
#include <mutex>
#include <span>
#include <thread>
#include <unordered_map>
#include <utility>

#include "schemas/subjects.h"
#include "worker_sdk/nats/link.h"
#include "worker_sdk/src/check_options.h"
#include "worker_sdk/src/codec.h"
#include "worker_sdk/src/pool.h"
#include "worker_sdk/src/run_context.h"
#include "worker_sdk/src/session.h"
#include "worker_sdk/src/signals.h"
#include "worker_sdk/src/system_load.h"

namespace muster {
namespace {

using std::chrono::duration_cast;
using std::chrono::steady_clock;

session::Time Now() {
  return duration_cast<session::Time>(steady_clock::now().time_since_epoch());
}

void LogToStandardError(LogLevel level, const std::string& line) {
  if (level < LogLevel::kWarning) return;
  std::fprintf(stderr, "muster: %s%s\n", level == LogLevel::kError ? "error: " : "", line.c_str());
}

}  // namespace

class Worker::Impl final : public RunSink {
 public:
  explicit Impl(WorkerOptions given) : options(Complete(std::move(given))), status(CheckOptions(options)) {
    if (!options.log) options.log = LogToStandardError;
  }

  Status Run();
  void Post(session::Event event) override;
  void Log(LogLevel level, const std::string& line) override;

  WorkerOptions options;
  const Status status;  // of the options
  std::unordered_map<std::string, Handler> handlers;
  std::map<std::string, std::function<double()>> gauges;
  StopBell bell;
  mutable std::mutex stats_mutex;
  WorkerStats stats;  // guarded by stats_mutex
  std::atomic<std::uint64_t> undecodable{0};

 private:
  void Wait(session::Time deadline);
  Status Subscribe();
  void Hear(const LinkMessage& message, Result<session::Event> (*decode)(std::string_view));
  void StepAll(session::Session& session, session::Output& out);
  void Perform(const session::Session& session, session::Output& out);
  void Start(session::Output& out);
  void Send(session::Output& out);
  void SendReports(const std::vector<session::Report>& reports);
  void Publish(const std::string& subject, std::string_view data);
  void KeepStats(const session::Session& session);
  std::vector<std::string> Types() const;
  session::Config SessionConfig() const;

  std::mutex inbox_mutex_;
  std::vector<session::Event> inbox_;  // guarded by inbox_mutex_
  std::atomic<bool> waiting_{false};   // the worker's thread sleeps or is about to: ring
  std::mutex log_mutex_;

  // Of the worker's thread.
  std::vector<session::Event> events_;
  std::unordered_map<std::string, std::shared_ptr<RunContext>> contexts_;
  std::vector<std::shared_ptr<Job>> jobs_;
  std::string buffer_;
  session::Identity who_;
  std::vector<std::string> types_;
  std::string report_subject_;
  SystemLoadReader load_;
  int stops_seen_ = 0;

  // Destroyed in this order: subscriptions, link, pool.
  std::unique_ptr<Pool> pool_;
  std::unique_ptr<Link> link_;
  std::vector<std::unique_ptr<Link::Subscription>> subscriptions_;
};

void Worker::Impl::Log(LogLevel level, const std::string& line) {
  const std::lock_guard lock(log_mutex_);
  options.log(level, line);
}

void Worker::Impl::Post(session::Event event) {
  {
    const std::lock_guard lock(inbox_mutex_);
    inbox_.push_back(std::move(event));
  }
  if (waiting_.exchange(false)) bell.Ring();
}

void Worker::Impl::Hear(const LinkMessage& message, Result<session::Event> (*decode)(std::string_view)) {
  Result<session::Event> event = decode(message.data);
  if (event.ok()) return Post(std::move(event).value());
  if (undecodable.fetch_add(1) == 0) {
    Log(LogLevel::kWarning,
        std::string(message.subject) + ": " + event.status().message() + "; further ones are counted only");
  }
}

Status Worker::Impl::Subscribe() {
  const auto control = [this](const LinkMessage& message) { Hear(message, session::DecodeControl); };
  const auto assign = [this](const LinkMessage& message) { Hear(message, session::DecodeAssignments); };
  const std::pair<std::string, Link::MessageCallback> wanted[] = {
      {subjects::Control(options.name), control},
      {std::string(subjects::kControlAll), control},
      {subjects::Assign(options.name), assign},
  };
  for (const auto& item : wanted) {
    auto made = link_->Subscribe(item.first, item.second);
    if (!made.ok()) return made.status();
    subscriptions_.push_back(std::move(made).value());
  }
  return {};
}

std::vector<std::string> Worker::Impl::Types() const {
  std::vector<std::string> types;
  for (const auto& item : handlers) {
    if (item.first == "*") return {};
    types.push_back(item.first);
  }
  std::sort(types.begin(), types.end());
  return types;
}

session::Config Worker::Impl::SessionConfig() const {
  session::Config config;
  config.incarnation = who_.incarnation;
  config.slots = options.slots;
  config.prefetch = options.prefetch;
  config.beat = options.beat;
  config.drain_timeout = options.drain_timeout;
  config.lease = options.lease;
  return config;
}

Status Worker::Impl::Run() {
  if (!status.ok()) return status;
  if (handlers.empty()) return {ErrorCode::kBadRequest, "no handler: call Handle before Run", "worker"};
  if (options.stop_on_signals) bell.ListenToSignals();
  who_.worker = options.name;
  who_.incarnation = static_cast<std::uint64_t>(
      duration_cast<std::chrono::microseconds>(std::chrono::system_clock::now().time_since_epoch()).count());
  types_ = Types();
  report_subject_ = subjects::Report(options.name);
  pool_ = std::make_unique<Pool>(options.threads);

  ConnectionOptions connection = options.connection;
  if (connection.name.empty()) connection.name = "muster worker " + options.name;
  auto linked = Link::Connect(
      connection,
      [this](bool connected, const std::string& detail) {
        Log(connected ? LogLevel::kInfo : LogLevel::kWarning,
            (connected ? "connected again: " : "not connected: ") + detail);
        Post(session::Event(std::in_place_type<session::ConnectionChanged>, session::ConnectionChanged{connected}));
      },
      [this] { return bell.stops_asked() > 0; });
  if (!linked.ok()) return bell.stops_asked() > 0 ? Status() : linked.status();
  link_ = std::move(linked).value();
  {
    const std::lock_guard lock(inbox_mutex_);
    inbox_.clear();  // what was told of tries before the connection stood
  }
  if (Status subscribed = Subscribe(); !subscribed.ok()) {
    if (!link_->connected()) Log(LogLevel::kWarning, subscribed.message());
    subscriptions_.clear();
    link_.reset();
    return subscribed;
  }
  Log(LogLevel::kInfo,
      "worker " + options.name + " serves " + std::to_string(options.slots) + " slots at " + link_->connected_url());

  session::Session session(SessionConfig());
  session::Output out;
  Status end;
  session.Step(Now(), session::Event(), out);
  Perform(session, out);
  while (!session.ended()) {
    Wait(session.deadline());
    StepAll(session, out);
    if (out.refused) {
      end = Status(out.refused->code(), "the dispatcher refuses this worker: " + out.refused->message(),
                   out.refused->where());
      if (stops_seen_ == 0) bell.AskStop();
      bell.AskStop();
    }
    Perform(session, out);
    if (link_->closed()) {
      end = Status(ErrorCode::kUnavailable, "the NATS server refuses the connection for good");
      break;
    }
  }
  subscriptions_.clear();
  // The goodbye reaches the server before the socket closes; one that does not is noticed by its silence.
  [[maybe_unused]] const Status flushed = link_->Flush(std::chrono::seconds(1));
  // Handlers that are left (they did not stop when told to) end here; nobody hears of them any more.
  for (auto& item : contexts_) item.second->Cancel();
  pool_.reset();
  link_.reset();
  return end;
}

void Worker::Impl::Wait(session::Time deadline) {
  // Handlers that run long leave jobs behind them; then look again soon, to give those threads of their own.
  if (pool_->Nudge()) deadline = std::min(deadline, Now() + Pool::kNudgeEvery);
  waiting_ = true;
  bool work = false;
  {
    const std::lock_guard lock(inbox_mutex_);
    work = !inbox_.empty();
  }
  if (!work && bell.stops_asked() == stops_seen_) {
    const auto left =
        std::max(session::Duration::zero(),
                 deadline == session::kNever ? session::Duration(std::chrono::hours(1)) : deadline - Now());
    const timespec timeout{static_cast<time_t>(left.count() / 1000000),
                           static_cast<long>(left.count() % 1000000 * 1000)};
    pollfd item{bell.fd(), POLLIN, 0};
    if (::ppoll(&item, 1, &timeout, nullptr) > 0) bell.Silence();
  }
  waiting_ = false;
}

void Worker::Impl::StepAll(session::Session& session, session::Output& out) {
  {
    const std::lock_guard lock(inbox_mutex_);
    events_.swap(inbox_);
  }
  out.Clear();
  const session::Time now = Now();
  for (auto& event : events_) {
    if (const auto* finished = std::get_if<session::Finished>(&event)) {
      const auto context = contexts_.find(finished->ref.task);
      if (context != contexts_.end() && context->second->ref() == finished->ref) contexts_.erase(context);
    }
    session.Step(now, std::move(event), out);
  }
  events_.clear();
  if (const int stops = bell.stops_asked(); stops != stops_seen_) {
    Log(LogLevel::kInfo, stops > 1 ? "stopping at once" : "stopping: no new tasks, waiting for those that run");
    stops_seen_ = stops;
    session.Step(now, session::Event(std::in_place_type<session::StopAsked>, session::StopAsked{stops > 1}), out);
  }
  session.Step(now, session::Event(), out);
}

void Worker::Impl::Perform(const session::Session& session, session::Output& out) {
  for (const auto& cancel : out.cancels) {
    const auto context = contexts_.find(cancel.ref.task);
    if (context != contexts_.end() && context->second->ref() == cancel.ref) context->second->Cancel();
  }
  Start(out);
  Send(out);
  KeepStats(session);
}

void Worker::Impl::Start(session::Output& out) {
  if (out.starts.empty()) return;
  const auto any = handlers.find("*");
  for (auto& assignment : out.starts) {
    const auto& type = static_cast<const session::TaskBody*>(assignment.body.get())->task.type();
    auto handler = handlers.find(type);
    if (handler == handlers.end()) handler = any;
    auto context = std::make_shared<RunContext>(std::move(assignment),
                                                handler == handlers.end() ? nullptr : &handler->second, this);
    contexts_.insert_or_assign(context->id(), context);
    jobs_.push_back(std::move(context));
  }
  pool_->Submit(jobs_);
}

void Worker::Impl::Publish(const std::string& subject, std::string_view data) {
  // What cannot be sent now is repeated: hello, beats and final reports by the session.
  const Status sent = link_->Publish(subject, data);
  if (!sent.ok() && sent.code() != ErrorCode::kUnavailable) Log(LogLevel::kWarning, sent.message());
}

void Worker::Impl::Send(session::Output& out) {
  for (const auto& holding : out.hellos) {
    Publish(subjects::Hello(options.name), session::EncodeHello(who_, options, types_, holding, out.draining));
  }
  if (!out.reports.empty()) SendReports(out.reports);
  for (const auto& holding : out.inventories) {
    Publish(subjects::Inventory(options.name), session::EncodeInventory(who_, holding));
  }
  if (out.beat) {
    std::map<std::string, double> values;
    for (const auto& gauge : gauges) values.emplace(gauge.first, gauge.second());
    Publish(subjects::Beat(options.name), session::EncodeBeat(who_, *out.beat, load_.Read(), values));
  }
  if (out.bye) Publish(subjects::Bye(options.name), session::EncodeBye(who_, *out.bye));
}

void Worker::Impl::SendReports(const std::vector<session::Report>& reports) {
  std::span<const session::Report> left(reports);
  while (!left.empty()) {
    const auto before = left;
    session::EncodeReports(who_, left, buffer_);
    const Status sent = link_->Publish(report_subject_, buffer_);
    if (sent.code() != ErrorCode::kTooLarge) continue;
    // The server takes less than the protocol allows. One by one; what is alone too large ends as a failure.
    for (const auto& report : before.first(before.size() - left.size())) {
      std::span<const session::Report> one(&report, 1);
      session::EncodeReports(who_, one, buffer_);
      if (link_->Publish(report_subject_, buffer_).code() != ErrorCode::kTooLarge) continue;
      Log(LogLevel::kError, "task " + report.ref.task + ": its result is larger than the server's max_payload");
      Post(session::Event(std::in_place_type<session::Unsendable>, session::Unsendable{report.ref}));
    }
  }
}

void Worker::Impl::KeepStats(const session::Session& session) {
  const session::Counters& counters = session.counters();
  const std::lock_guard lock(stats_mutex);
  stats.started = counters.started;
  stats.succeeded = counters.succeeded;
  stats.failed = counters.failed;
  stats.cancelled = counters.cancelled;
  stats.released = counters.released;
  stats.stale = counters.stale;
  stats.unsettled = session.unsettled();
  stats.running = session.running();
  stats.held = session.held();
}

Worker::Worker(WorkerOptions options) : impl_(std::make_unique<Impl>(std::move(options))) {}
Worker::~Worker() = default;

void Worker::Handle(std::string type, Handler handler) {
  impl_->handlers.insert_or_assign(std::move(type), std::move(handler));
}

void Worker::AddGauge(std::string name, std::function<double()> read) {
  impl_->gauges.insert_or_assign(std::move(name), std::move(read));
}

Status Worker::Run() {
  return impl_->Run();
}
void Worker::Stop() {
  impl_->bell.AskStop();
}
const std::string& Worker::name() const {
  return impl_->options.name;
}

WorkerStats Worker::stats() const {
  const std::lock_guard lock(impl_->stats_mutex);
  WorkerStats stats = impl_->stats;
  stats.undecodable = impl_->undecodable;
  return stats;
}

}  // namespace muster
