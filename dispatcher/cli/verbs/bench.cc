// muster bench: tasks that do nothing, through everything, measured from the outside.
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <charconv>
#include <chrono>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "dispatcher/cli/api.h"
#include "dispatcher/cli/context.h"
#include "dispatcher/cli/human.h"
#include "dispatcher/cli/json.h"
#include "dispatcher/cli/publisher.h"
#include "muster/worker.h"
#include "schemas/limits.h"
#include "schemas/subjects.h"

namespace muster::cli {
namespace {

using std::chrono::steady_clock;

double Ms(steady_clock::duration duration) {
  return std::chrono::duration<double, std::milli>(duration).count();
}

// REQUIRES: `sorted` is sorted. Nearest rank.
double Percentile(const std::vector<double>& sorted, double percent) {
  if (sorted.empty()) return 0;
  const auto rank = static_cast<std::size_t>(percent / 100 * static_cast<double>(sorted.size() - 1) + 0.5);
  return sorted[std::min(rank, sorted.size() - 1)];
}

// When each task was sent and when its result came. Tasks are "<prefix>-<index>".
class Stopwatch {
 public:
  Stopwatch(std::string prefix, std::size_t count) : prefix_(std::move(prefix)), sent_(count), took_ms_(count, -1) {}

  std::string Id(std::size_t index) const { return prefix_ + "-" + std::to_string(index); }
  void Sent(std::size_t index) {
    const std::lock_guard<std::mutex> lock(mutex_);
    sent_[index] = steady_clock::now();
  }

  // A thread of the link.
  void Take(const v1::TaskResult& result) {
    const auto now = steady_clock::now();
    std::string_view id = result.task_id();
    if (id.size() <= prefix_.size() + 1 || id.substr(0, prefix_.size()) != prefix_) return;
    id.remove_prefix(prefix_.size() + 1);
    std::size_t index = 0;
    if (std::from_chars(id.data(), id.data() + id.size(), index).ec != std::errc()) return;
    const std::lock_guard<std::mutex> lock(mutex_);
    if (index >= took_ms_.size() || took_ms_[index] >= 0) return;
    took_ms_[index] = Ms(now - sent_[index]);
    if (result.assigned_ms() > 0 && result.submitted_ms() > 0) {
      start_ms_.push_back(static_cast<double>(result.assigned_ms() - result.submitted_ms()));
    }
    ++ended_;
    if (result.state() != v1::TASK_STATE_SUCCEEDED) ++unsuccessful_;
    if (result.attempt() > 1) ++repeated_;
    last_ = now;
    changed_.notify_one();
  }

  // True once all have ended.
  bool WaitFor(std::chrono::milliseconds limit) {
    std::unique_lock<std::mutex> lock(mutex_);
    return changed_.wait_for(lock, limit, [this] { return ended_ == took_ms_.size(); });
  }

  std::size_t ended() {
    const std::lock_guard<std::mutex> lock(mutex_);
    return ended_;
  }

  struct Summary {
    std::size_t ended, unsuccessful, repeated;
    std::vector<double> done_ms, start_ms;  // sorted
    steady_clock::time_point last;
  };
  Summary Finish() {
    const std::lock_guard<std::mutex> lock(mutex_);
    Summary summary{ended_, unsuccessful_, repeated_, {}, start_ms_, last_};
    for (double ms : took_ms_) {
      if (ms >= 0) summary.done_ms.push_back(ms);
    }
    std::sort(summary.done_ms.begin(), summary.done_ms.end());
    std::sort(summary.start_ms.begin(), summary.start_ms.end());
    return summary;
  }

 private:
  const std::string prefix_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<steady_clock::time_point> sent_;
  std::vector<double> took_ms_;
  std::vector<double> start_ms_;
  std::size_t ended_ = 0;
  std::size_t unsuccessful_ = 0;
  std::size_t repeated_ = 0;
  steady_clock::time_point last_;
};

// Workers inside this process, on threads of their own.
class Fleet {
 public:
  Fleet(const ConnectionOptions& connection, const std::string& queue, std::size_t count, std::uint32_t slots,
        std::uint32_t prefetch) {
    for (std::size_t i = 0; i < count; ++i) {
      WorkerOptions options;
      options.connection = connection;
      options.connection.name = "muster-bench-worker";
      options.name = queue + "-" + std::to_string(i);
      options.queues = {queue};
      options.slots = slots;
      options.prefetch = prefetch;
      options.threads = 1;  // the handler does nothing
      options.stop_on_signals = false;
      workers_.push_back(std::make_unique<Worker>(std::move(options)));
      workers_.back()->Handle("*", [](TaskContext&) { return Outcome::Success(); });
    }
    for (auto& worker : workers_) {
      Worker* one = worker.get();
      threads_.emplace_back([one] { (void)one->Run(); });
    }
  }
  ~Fleet() {
    for (auto& worker : workers_) worker->Stop();
    for (std::thread& thread : threads_) thread.join();
  }
  Fleet(const Fleet&) = delete;
  Fleet& operator=(const Fleet&) = delete;

  // Until musterd knows them all.
  Status WaitUntilKnown(Api& api) {
    const auto until = steady_clock::now() + std::chrono::seconds(10);
    while (true) {
      const auto reply = api.Ask("worker", "list", v1::WorkerRequest());
      if (!reply.ok()) return reply.status();
      std::size_t known = 0;
      for (const v1::WorkerView& view : reply->workers().workers()) {
        for (const auto& worker : workers_) known += worker->name() == view.name() ? 1 : 0;
      }
      if (known == workers_.size()) return Status();
      if (steady_clock::now() > until)
        return Status(ErrorCode::kTimeout, "musterd does not see the workers of the bench");
      std::this_thread::sleep_for(std::chrono::milliseconds(20));
    }
  }

 private:
  std::vector<std::unique_ptr<Worker>> workers_;
  std::vector<std::thread> threads_;
};

struct Plan {
  std::size_t tasks;
  std::size_t payload;
  std::uint64_t rate;  // per second; 0 = as fast as possible
  std::string queue;
  v1::Priority priority;
};

Status SubmitAll(Api& api, const Plan& plan, Stopwatch& watch, Progress& bar) {
  Publisher publisher(api);
  const auto begin = steady_clock::now();
  v1::Task model;
  model.set_queue(plan.queue);
  model.set_priority(plan.priority);
  model.set_payload(std::string(plan.payload, 'x'));
  for (std::size_t i = 0; i < plan.tasks; ++i) {
    if (plan.rate > 0) {
      const std::chrono::duration<double> due(static_cast<double>(i) / static_cast<double>(plan.rate));
      std::this_thread::sleep_until(begin + std::chrono::duration_cast<steady_clock::duration>(due));
    }
    v1::Task task = model;
    task.set_id(watch.Id(i));
    watch.Sent(i);
    const Status status = publisher.Submit(std::move(task));
    if (!status.ok()) return status;
    bar.Update(watch.ended(), "submitting");
  }
  publisher.Finish();
  for (const Submitted& submitted : publisher.TakeFinished()) {
    if (!submitted.status.ok()) return submitted.status;
  }
  return Status();
}

JsonObject Latency(const std::vector<double>& sorted) {
  return JsonObject()
      .Set("p50", Percentile(sorted, 50))
      .Set("p90", Percentile(sorted, 90))
      .Set("p99", Percentile(sorted, 99))
      .Set("max", sorted.empty() ? 0.0 : sorted.back());
}

std::string LatencyText(const std::vector<double>& sorted) {
  return "p50 " + ShortDuration(Percentile(sorted, 50)) + ", p90 " + ShortDuration(Percentile(sorted, 90)) + ", p99 " +
         ShortDuration(Percentile(sorted, 99)) + ", max " + ShortDuration(sorted.empty() ? 0 : sorted.back());
}

Exit Report(Context& context, const Plan& plan, const Stopwatch::Summary& summary, double submit_s, double total_s) {
  Output& out = context.out();
  const double submitted_per_s = submit_s > 0 ? static_cast<double>(plan.tasks) / submit_s : 0;
  const double ended_per_s = total_s > 0 ? static_cast<double>(summary.ended) / total_s : 0;
  const std::size_t succeeded = summary.ended - summary.unsuccessful;
  if (out.json()) {
    out.Line(JsonObject()
                 .Set("tasks", std::uint64_t{plan.tasks})
                 .Set("succeeded", std::uint64_t{succeeded})
                 .Set("not_ended", std::uint64_t{plan.tasks - summary.ended})
                 .Set("repeated", std::uint64_t{summary.repeated})
                 .Set("submitted_per_second", submitted_per_s)
                 .Set("tasks_per_second", ended_per_s)
                 .Set("start_ms", Latency(summary.start_ms))
                 .Set("done_ms", Latency(summary.done_ms))
                 .Set("seconds", total_s)
                 .Print());
  } else {
    Sheet sheet;
    sheet.Add("tasks",
              HumanCount(plan.tasks) + " of " + HumanSize(plan.payload) + ", " + HumanCount(succeeded) + " succeeded",
              succeeded == plan.tasks ? Colour::kGreen : Colour::kRed);
    if (summary.repeated > 0) sheet.Add("repeated", HumanCount(summary.repeated));
    sheet.Add("submitted", HumanCount(static_cast<std::uint64_t>(submitted_per_s)) + " per second");
    sheet.Add("end to end", HumanCount(static_cast<std::uint64_t>(ended_per_s)) + " per second");
    sheet.Add("submit to start", LatencyText(summary.start_ms));
    sheet.Add("submit to done", LatencyText(summary.done_ms));
    out.Write(sheet.Print(out.colours()));
    if (plan.rate == 0) out.Note("times include the wait in the queue; --rate 200 shows them without a backlog");
  }
  if (summary.ended < plan.tasks) {
    return context.Fail(ErrorCode::kTimeout, HumanCount(plan.tasks - summary.ended) + " tasks did not end in time");
  }
  return succeeded == plan.tasks ? Exit::kOk : Exit::kFailed;
}

Exit Run(Context& context) {
  const Args& args = context.args();
  const std::string name = "bench-" + FreshTaskId().substr(24);
  const bool own_workers = !args.Has("queue");
  Plan plan{args.Count("tasks", 10000), args.Count("payload", 256), args.Count("rate", 0), args.Text("queue", name),
            ToProto(args.PriorityOf("priority").value_or(Priority::kNormal))};
  if (plan.tasks == 0) return context.Fail(ErrorCode::kBadRequest, "--tasks: at least 1");
  if (plan.payload > limits::kPayloadBytesMax) return context.Fail(ErrorCode::kTooLarge, "--payload is too large");
  auto api = Api::Connect(args);
  if (!api.ok()) return context.Fail(api.status());
  const Result<ConnectionOptions> connection = ConnectionFrom(args);
  if (!connection.ok()) return context.Fail(connection.status());

  Stopwatch watch(name, plan.tasks);
  auto results = (*api)->link().Subscribe(subjects::kResultStreamSubjects, [&watch](const LinkMessage& message) {
    v1::TaskResult result;
    if (result.ParseFromArray(message.data.data(), static_cast<int>(message.data.size()))) watch.Take(result);
  });
  if (!results.ok()) return context.Fail(results.status());
  Fleet fleet(*connection, plan.queue, own_workers ? args.Count("workers", 4) : 0,
              static_cast<std::uint32_t>(std::max<std::uint64_t>(1, args.Count("slots", 16))),
              static_cast<std::uint32_t>(args.Count("prefetch", 0)));
  Status status = fleet.WaitUntilKnown(**api);
  if (!status.ok()) return context.Fail(status);

  Progress bar(context.out(), "bench", plan.tasks);
  const auto begin = steady_clock::now();
  status = SubmitAll(**api, plan, watch, bar);
  const double submit_s = Ms(steady_clock::now() - begin) / 1000;
  if (!status.ok()) {
    bar.Clear();
    return context.Fail(status);
  }
  const auto limit = args.Duration("timeout", std::chrono::minutes(5));
  const auto until = steady_clock::now() + limit;
  while (!watch.WaitFor(std::chrono::milliseconds(100)) && steady_clock::now() < until) bar.Update(watch.ended());
  bar.Clear();
  const Stopwatch::Summary summary = watch.Finish();
  return Report(context, plan, summary, submit_s, Ms(summary.last - begin) / 1000);
}

}  // namespace

Verb BenchVerb() {
  return {
      .noun = "bench",
      .verb = "",
      .summary = "measure the whole path with tasks that do nothing",
      .details =
          "Starts workers of its own in this process, on a queue of its own, unless --queue names one with workers. "
          "Start and end are seen from here: from handing a task to the network to its result.",
      .options =
          {{.flags = "--tasks,-n", .kind = Kind::kCount, .value = "COUNT", .help = "how many; 10000 when not given"},
           {.flags = "--payload", .kind = Kind::kCount, .value = "BYTES", .help = "size of each; 256 when not given"},
           {.flags = "--rate",
            .kind = Kind::kCount,
            .value = "COUNT",
            .help = "tasks per second; as fast as possible when not given"},
           {.flags = "--workers", .kind = Kind::kCount, .value = "COUNT", .help = "own workers; 4 when not given"},
           {.flags = "--slots",
            .kind = Kind::kCount,
            .value = "COUNT",
            .help = "of each own worker; 16 when not given"},
           {.flags = "--prefetch",
            .kind = Kind::kCount,
            .value = "COUNT",
            .help = "of each own worker; 0 when not given"},
           {.flags = "--queue,-q", .kind = Kind::kName, .value = "NAME", .help = "a queue that has workers already"},
           {.flags = "--priority,-p", .kind = Kind::kPriority, .value = "NAME", .help = "normal when not given"},
           {.flags = "--timeout",
            .kind = Kind::kDuration,
            .value = "DURATION",
            .help = "how long to wait for the last after it was submitted; 5m when not given"}},
      .examples = {{"throughput", "muster bench --tasks 50000"},
                   {"latency without a backlog", "muster bench --tasks 2000 --rate 200 --json"}},
      .run = Run};
}

}  // namespace muster::cli
