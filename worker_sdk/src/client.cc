#include "muster/client.h"

#include <algorithm>
#include <condition_variable>
#include <map>
#include <mutex>
#include <random>
#include <set>
#include <thread>
#include <utility>

#include "schemas/limits.h"
#include "schemas/subjects.h"
#include "schemas/task_codec.h"
#include "worker_sdk/nats/link.h"
#include "worker_sdk/src/client_codec.h"

namespace muster {
namespace {

using Clock = std::chrono::steady_clock;
using std::chrono::milliseconds;

// One try at storing a task; then the same id is published again.
constexpr milliseconds kTryTimeout{2000};
constexpr milliseconds kRetryAfter{100};
// Submissions without a receipt: enough to fill the wire, few enough to be repeated.
constexpr std::size_t kUnconfirmedMax = 4096;
// A result is also looked for in the stream this often: what was told while we were reconnecting is found there.
constexpr milliseconds kLookAgainEvery{2000};
constexpr milliseconds kLookTimeout{2000};

milliseconds Left(Clock::time_point deadline) {
  return std::max(milliseconds::zero(), std::chrono::duration_cast<milliseconds>(deadline - Clock::now()));
}

Clock::time_point After(milliseconds timeout) {
  return Clock::now() + std::min<milliseconds>(timeout, std::chrono::hours(24 * 365));
}

bool Repeatable(const Status& status) {
  return status.code() == ErrorCode::kTimeout || status.code() == ErrorCode::kUnavailable;
}

std::int64_t UnixMs() {
  return std::chrono::duration_cast<milliseconds>(std::chrono::system_clock::now().time_since_epoch()).count();
}

std::string FreshId() {
  thread_local std::mt19937_64 random = [] {
    std::random_device device;
    std::seed_seq seed{device(), device(), device(), device(), device(), device(), device(), device()};
    return std::mt19937_64(seed);
  }();
  const std::uint64_t high = random();
  const std::uint64_t low = random();
  return NewTaskId(UnixMs(), high, low);
}

class WatchImpl final : public Client::Watch {
 public:
  explicit WatchImpl(std::unique_ptr<Link::Subscription> subscription) : subscription_(std::move(subscription)) {}

 private:
  std::unique_ptr<Link::Subscription> subscription_;
};

}  // namespace

class Client::Impl {
 public:
  // A submission under way. Owned by the link's callback while it is being tried, by `later` between tries.
  struct Submission {
    EncodedSubmission encoded;
    Clock::time_point deadline;
    Submitted done;
  };
  using SubmissionPtr = std::shared_ptr<Submission>;

  ~Impl() {
    {
      const std::lock_guard lock(mutex);
      stopping = true;
      changed.notify_all();
    }
    if (repeater.joinable()) repeater.join();
    for (auto& item : later) End(item.second, Closed());
    link.reset();  // ends what it still has under way: see OnReceipt
  }

  void Hint(const Task& task) {
    {
      const std::lock_guard lock(mutex);
      if (hinted.size() >= limits::kQueuesMax || !hinted.emplace(task.priority, task.queue).second) return;
    }
    // A wish: a dispatcher that does not hear it finds the queue by itself within a second.
    [[maybe_unused]] const Status sent =
        link->Publish(subjects::Api("queue", "ensure"), EncodeQueueRequest(task.queue, task.priority));
  }

  void Try(const SubmissionPtr& submission) {
    const milliseconds timeout = std::clamp(Left(submission->deadline), milliseconds(1), kTryTimeout);
    const Status sent = link->PublishStoredAsync(
        submission->encoded.message, timeout,
        [this, submission](Result<StoreReceipt> receipt) { OnReceipt(submission, receipt.status()); });
    if (!sent.ok()) OnReceipt(submission, sent);
  }

  void OnReceipt(const SubmissionPtr& submission, const Status& status) {
    if (status.ok()) return End(submission, submission->encoded.id);
    if (!Repeatable(status) || Left(submission->deadline) <= kRetryAfter) return End(submission, status);
    {
      const std::lock_guard lock(mutex);
      if (!stopping) {
        later.emplace(Clock::now() + kRetryAfter, submission);
        if (!repeater.joinable()) repeater = std::thread([this] { Repeat(); });
        changed.notify_all();
        return;
      }
    }
    End(submission, Closed());
  }

  void End(const SubmissionPtr& submission, Result<std::string> result) {
    submission->done(std::move(result));
    const std::lock_guard lock(mutex);
    if (unconfirmed-- >= kUnconfirmedMax) changed.notify_all();
  }

  void Repeat() {
    std::unique_lock lock(mutex);
    while (!stopping) {
      if (later.empty()) {
        changed.wait(lock);
        continue;
      }
      if (later.begin()->first > Clock::now()) {
        changed.wait_until(lock, later.begin()->first);
        continue;
      }
      const SubmissionPtr submission = std::move(later.begin()->second);
      later.erase(later.begin());
      lock.unlock();
      Try(submission);
      lock.lock();
    }
  }

  static Status Closed() { return {ErrorCode::kUnavailable, "the client was closed before the task was confirmed"}; }

  std::mutex mutex;
  std::condition_variable changed;
  std::set<std::pair<Priority, std::string>> hinted;  // guarded by mutex, as is what follows
  std::multimap<Clock::time_point, SubmissionPtr> later;
  std::size_t unconfirmed = 0;
  bool stopping = false;
  std::thread repeater;
  std::unique_ptr<Link> link;
};

Client::Client(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Client::~Client() = default;

Result<std::unique_ptr<Client>> Client::Connect(const ConnectionOptions& options) {
  ConnectionOptions named = options;
  if (named.name.empty()) named.name = "muster client";
  auto link = Link::Connect(named);
  if (!link.ok()) return link.status();
  auto impl = std::make_unique<Impl>();
  impl->link = std::move(link).value();
  return std::unique_ptr<Client>(new Client(std::move(impl)));
}

Result<std::string> Client::Submit(const Task& task, milliseconds timeout) {
  const auto deadline = After(timeout);
  auto encoded = EncodeSubmission(task, task.id.empty() ? FreshId() : task.id, UnixMs());
  if (!encoded.ok()) return encoded.status();
  impl_->Hint(task);
  for (;;) {
    const milliseconds left = std::clamp(Left(deadline), milliseconds(1), kTryTimeout);
    const auto receipt = impl_->link->PublishStored(encoded->message, left);
    if (receipt.ok()) return encoded->id;
    if (!Repeatable(receipt.status()) || Left(deadline) <= kRetryAfter) return receipt.status();
    std::this_thread::sleep_for(kRetryAfter);
  }
}

void Client::SubmitAsync(const Task& task, milliseconds timeout, Submitted done) {
  auto encoded = EncodeSubmission(task, task.id.empty() ? FreshId() : task.id, UnixMs());
  if (!encoded.ok()) return done(encoded.status());
  impl_->Hint(task);
  {
    std::unique_lock lock(impl_->mutex);
    impl_->changed.wait(lock, [this] { return impl_->unconfirmed < kUnconfirmedMax; });
    ++impl_->unconfirmed;
  }
  impl_->Try(std::make_shared<Impl::Submission>(
      Impl::Submission{std::move(encoded).value(), After(timeout), std::move(done)}));
}

std::vector<Result<std::string>> Client::SubmitBatch(std::span<const Task> tasks, milliseconds timeout) {
  const auto deadline = After(timeout);
  std::vector<Result<std::string>> results(tasks.size(),
                                           Result<std::string>(Status(ErrorCode::kTimeout, "not confirmed")));
  std::mutex mutex;
  std::condition_variable all_done;
  std::size_t open = tasks.size();
  for (std::size_t i = 0; i < tasks.size(); ++i) {
    SubmitAsync(tasks[i], std::max(milliseconds(1), Left(deadline)), [&, i](Result<std::string> result) {
      const std::lock_guard lock(mutex);
      results[i] = std::move(result);
      if (--open == 0) all_done.notify_all();
    });
  }
  std::unique_lock lock(mutex);
  all_done.wait(lock, [&open] { return open == 0; });
  return results;
}

Result<TaskResult> Client::Await(std::string_view id, milliseconds timeout) {
  if (Status status = CheckTaskId(id); !status.ok()) return status;
  const auto deadline = After(timeout);
  const std::string subject = subjects::Result(id);
  std::mutex mutex;
  std::condition_variable came;
  std::string told;
  // First listen, then look: whatever is stored after the look is heard.
  auto listening = impl_->link->Subscribe(subject, [&](const LinkMessage& message) {
    const std::lock_guard lock(mutex);
    told = std::string(message.data);
    came.notify_all();
  });
  // Without a connection there is nothing to hear now; what is stored is found by looking.
  for (;;) {
    const auto stored = impl_->link->GetLast(subjects::kResultStream, subject,
                                             std::clamp(Left(deadline), milliseconds(1), kLookTimeout));
    if (stored.ok()) return DecodeTaskResult(stored->data);
    std::unique_lock lock(mutex);
    const milliseconds wait = std::min(Left(deadline), kLookAgainEvery);
    came.wait_for(lock, wait, [&told] { return !told.empty(); });
    if (!told.empty()) return DecodeTaskResult(told);
    if (Left(deadline) == milliseconds::zero()) break;
  }
  return Status(ErrorCode::kTimeout, "task " + std::string(id) + " has no result yet");
}

Result<std::unique_ptr<Client::Watch>> Client::WatchProgress(std::string_view id, ProgressCallback callback) {
  auto listening =
      impl_->link->Subscribe(subjects::Event("task", "progress"),
                             [wanted = std::string(id), callback = std::move(callback)](const LinkMessage& message) {
                               const auto progress = DecodeProgress(message.data);
                               if (progress.ok() && (wanted.empty() || progress->task_id == wanted))
                                 callback(*progress);
                             });
  if (!listening.ok()) return listening.status();
  return std::unique_ptr<Watch>(std::make_unique<WatchImpl>(std::move(listening).value()));
}

Result<bool> Client::Cancel(std::string_view id, std::string_view reason, milliseconds timeout) {
  const auto reply = impl_->link->Request(subjects::Api("task", "cancel"), EncodeTaskRequest(id, reason), timeout);
  if (!reply.ok()) return reply.status();
  return DecodeDone(*reply);
}

Result<TaskStatus> Client::Show(std::string_view id, milliseconds timeout) {
  const auto reply = impl_->link->Request(subjects::Api("task", "show"), EncodeTaskRequest(id, {}), timeout);
  if (!reply.ok()) return reply.status();
  return DecodeTaskStatus(*reply);
}

}  // namespace muster
