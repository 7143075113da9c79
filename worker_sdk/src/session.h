// Session: the worker's side of the protocol as a pure state machine. It says what to start, cancel and send; it has no
// clock, thread, socket or protobuf, so that transcripts and the simulator run the very object that runs in the worker.
//
// What it holds of a task: *held* (waits for a slot), *running*, or *outbox* (ended, the dispatcher has not settled it
// yet). Rules: at most slots + prefetch are held or running, what is more is released · an assignment that is held
// already is accepted again, an older attempt or epoch is refused · Accepted is sent only where a task has not ended
// within `accept_delay`, so that a quick task costs one report · final reports repeat until settled · disconnected for
// longer than the lease, nothing is started until a dispatcher has spoken.
//
// Threads: one. Time is any steady clock that starts anywhere.
#ifndef MUSTER_WORKER_SDK_SESSION_H_
#define MUSTER_WORKER_SDK_SESSION_H_

#include <chrono>
#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>
#include <variant>
#include <vector>

#include "muster/task.h"
#include "schemas/status.h"

namespace muster::session {

using Duration = std::chrono::microseconds;
using Time = std::chrono::microseconds;
inline constexpr Time kNever = Time::max();

// One attempt at a task. A later one has the larger epoch, or the larger attempt in the same epoch.
struct Ref {
  std::string task;
  std::uint32_t attempt = 0;
  std::uint64_t epoch = 0;

  bool operator==(const Ref&) const = default;
};

struct Config {
  std::uint64_t incarnation = 0;
  std::uint32_t slots = 1;
  std::uint32_t prefetch = 0;
  Duration beat = std::chrono::milliseconds(500);  // until the Welcome says otherwise
  Duration drain_timeout = std::chrono::seconds(30);
  Duration lease = std::chrono::milliseconds(1500);
  Duration accept_delay = std::chrono::milliseconds(20);   // well below the dispatcher's accept time-out of 500 ms
  Duration hello_every = std::chrono::milliseconds(500);   // until welcomed
  Duration resend_first = std::chrono::milliseconds(250);  // of a final report; doubles up to
  Duration resend_max = std::chrono::seconds(2);
  Duration progress_every = std::chrono::milliseconds(100);
  Duration stop_grace = std::chrono::seconds(10);  // after the drain: for handlers that were told to stop
  Duration settle_wait = std::chrono::seconds(2);  // after that: for reports to be settled
  std::size_t settled_max = 4096;  // refs remembered so that a late copy of an assignment does not run again
};

// ---- In
// ------------------------------------------------------------------------------------------------------------------
struct Assignment {
  Ref ref;
  std::uint64_t fencing = 0;
  Duration timeout{};  // zero = none
  std::uint32_t max_attempts = 0;
  std::uint32_t failures = 0;
  std::shared_ptr<const void> body;  // the task; only the runtime looks inside
};
struct Assigned {
  std::uint64_t epoch = 0;
  std::uint64_t incarnation = 0;
  std::vector<Assignment> assignments;
};

struct Welcome {
  Duration beat{};  // zero = as it was
};
struct Identify {};
struct Settled {
  std::vector<Ref> refs;
};
// kWorkerLost: revoked, a newer attempt is somewhere else.
struct Cancel {
  Ref ref;
  Status reason;
};
struct Drain {
  Duration timeout{};  // zero = running tasks may take as long as they like
};
struct Undrain {};
struct TakeInventory {
  std::uint64_t token = 0;
};
struct Refused {
  Status error;
};
using Command = std::variant<Welcome, Identify, Settled, Cancel, Drain, Undrain, TakeInventory, Refused>;
struct Controlled {
  std::uint64_t epoch = 0;
  std::uint64_t incarnation = 0;  // 0 = whoever hears it
  std::vector<Command> commands;
};

struct Finished {
  Ref ref;
  Outcome outcome;
  Duration run{};
};
struct ProgressMade {
  Ref ref;
  std::uint32_t percent = 0;
  std::string message;
};
// The server does not take a report of this size.
struct Unsendable {
  Ref ref;
};
struct ConnectionChanged {
  bool connected = false;
};
// `at_once`: without waiting for running tasks.
struct StopAsked {
  bool at_once = false;
};
struct Tick {};

using Event =
    std::variant<Tick, Assigned, Controlled, Finished, ProgressMade, Unsendable, ConnectionChanged, StopAsked>;

// ---- Out
// ----------------------------------------------------------------------------------------------------------------- How
// an attempt ended; shared by the outbox and every repetition of its report.
struct Ending {
  enum class Kind : std::uint8_t { kSucceeded, kFailed, kReleased, kCancelled };
  Kind kind = Kind::kSucceeded;
  std::string result;
  std::string content_type;
  Status error;  // failed; released: the reason
  Duration retry_after{};
  Duration run{};
};
struct Report {
  enum class Kind : std::uint8_t { kAccepted, kProgress, kFinal };
  Ref ref;
  Kind kind = Kind::kAccepted;
  std::shared_ptr<const Ending> ending;  // kFinal
  std::uint32_t percent = 0;             // kProgress
  std::string message;
};
struct Beat {
  std::uint64_t sequence = 0;
  std::uint32_t active = 0;
  std::uint32_t held = 0;
  std::uint64_t epoch = 0;
  bool draining = false;
};
struct CancelRun {
  Ref ref;
  Status reason;
};
// One part of what this worker holds: in a Hello, or in an Inventory with its token.
struct Holding {
  std::vector<Ref> refs;
  std::uint32_t parts = 1;
  std::uint32_t part = 0;
  std::uint64_t token = 0;
};

// To perform in this order: cancel, start, then send. Reused: Clear keeps the capacity.
struct Output {
  std::vector<CancelRun> cancels;
  std::vector<Assignment> starts;
  std::vector<Report> reports;
  std::vector<Holding> hellos;
  std::vector<Holding> inventories;
  std::optional<Beat> beat;
  std::optional<Status> refused;   // the dispatcher will not have this worker
  std::optional<std::string> bye;  // with the reason; nothing is sent after it
  bool draining = false;

  void Clear();
};

struct Counters {
  std::uint64_t started = 0;
  std::uint64_t succeeded = 0;
  std::uint64_t failed = 0;
  std::uint64_t cancelled = 0;
  std::uint64_t released = 0;
  std::uint64_t stale = 0;
};

class Session {
 public:
  explicit Session(Config config);

  // Takes one event, or lets time pass, and appends to `out`. `now` never runs backwards.
  void Step(Time now, Event event, Output& out);

  // When Step must be called again though nothing has happened.
  Time deadline() const;

  // The Bye is out: nothing more will come.
  bool ended() const { return ended_; }
  bool welcomed() const { return welcomed_; }
  std::uint32_t running() const { return running_; }
  std::uint32_t held() const { return static_cast<std::uint32_t>(held_.size()); }
  std::size_t unsettled() const { return outbox_.size(); }
  const Counters& counters() const { return counters_; }

 private:
  struct Run {
    Assignment assignment;  // body moved out once started
    std::uint64_t order = 0;
    bool running = false;
    bool cancelled = false;
    Status reason;  // of the cancellation; kReleased = handed back
    bool accepted = false;
    Time accept_at = kNever;
    Time timeout_at = kNever;
    Time progress_at = kNever;
    Time progress_next{};
    std::uint32_t percent = 0;
    std::string message;
  };
  struct Sent {
    Ref ref;
    std::shared_ptr<const Ending> ending;
    std::uint64_t order = 0;
    Time next{};
    Duration backoff{};
  };
  using Runs = std::unordered_map<std::string, Run>;

  void Take(Assigned& event);
  void Take(Controlled& event);
  void Take(Finished& event);
  void Take(ProgressMade& event);
  void Take(Unsendable& event);
  void Take(ConnectionChanged& event);
  void Take(StopAsked& event);
  void Take(Tick&) {}

  void TakeOne(Assignment& assignment);
  void Do(Welcome& command);
  void Do(Identify&) { SayHello(); }
  void Do(Settled& command);
  void Do(Cancel& command);
  void Do(Drain& command);
  void Do(Undrain& command);
  void Do(TakeInventory& command);
  void Do(Refused& command);

  bool FreshEpoch(std::uint64_t epoch);
  void End(Runs::iterator run, Ending ending);
  void EndNow(const Ref& ref, Ending ending);
  void CancelOne(Runs::iterator run, Status reason);
  void ReleaseHeld(const std::string& reason);
  void HandBackRunning(const std::string& reason);
  void SayHello();
  void Tell(std::uint64_t token, std::vector<Holding>& parts) const;
  void SendFinal(Sent& sent);
  void ScanRuns();
  void ScanOutbox();
  void StartHeld();
  void PassTime();
  void MaybeEnd();
  void CountEnding(Ending::Kind kind);

  const Config config_;
  Time now_{};
  Output* out_ = nullptr;  // during a Step

  Runs runs_;             // held and running, by task id
  std::deque<Ref> held_;  // in order of arrival
  std::unordered_map<std::string, Sent> outbox_;
  std::unordered_map<std::string, Ref> settled_;
  std::deque<std::string> settled_order_;
  std::vector<Ref> replaced_;  // running still, though a newer attempt is here: their outcome interests nobody
  std::uint32_t running_ = 0;  // threads in handlers: running and replaced
  std::uint64_t order_ = 0;
  std::uint64_t epoch_ = 0;
  std::uint64_t beats_ = 0;
  Counters counters_;

  bool connected_ = true;
  bool lease_lost_ = false;
  bool welcomed_ = false;
  bool draining_ = false;
  bool stopping_ = false;
  bool ended_ = false;
  Duration beat_;
  Time disconnected_at_ = kNever;
  Time hello_at_{};
  Time beat_at_ = kNever;
  Time drain_at_ = kNever;    // then what runs is handed back
  Time give_up_at_ = kNever;  // then handlers that do not stop are left behind
  Time bye_at_ = kNever;      // then unsettled reports are left behind
  Time runs_at_ = kNever;     // the next thing to do in runs_
  Time outbox_at_ = kNever;
};

}  // namespace muster::session

#endif  // MUSTER_WORKER_SDK_SESSION_H_
