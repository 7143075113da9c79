#include "dispatcher/cli/publisher.h"

#include <random>
#include <utility>

#include "dispatcher/cli/context.h"
#include "dispatcher/cli/human.h"
#include "schemas/subjects.h"
#include "schemas/task_codec.h"

namespace muster::cli {
namespace {

constexpr std::size_t kUnderWayMax = 512;
constexpr int kTries = 4;

bool OutcomeUnknown(ErrorCode code) {
  return code == ErrorCode::kTimeout || code == ErrorCode::kUnavailable;
}

Priority PriorityOf(const v1::Task& task) {
  return ParsePriority(PriorityText(task.priority())).value_or(Priority::kNormal);
}

Status Explained(const Status& status, const v1::Task& task) {
  if (status.code() == ErrorCode::kUnavailable) {
    return Status(ErrorCode::kUnavailable, "the stream " + subjects::TaskStream(PriorityOf(task)) +
                                               " did not answer (" + status.message() +
                                               "): musterd makes it when it starts; see muster doctor");
  }
  if (status.code() == ErrorCode::kQueueFull) {
    return Status(ErrorCode::kQueueFull,
                  "queue " + task.queue() + " is full; submit again later (" + status.message() + ")");
  }
  return status;
}

}  // namespace

std::string FreshTaskId() {
  static thread_local std::mt19937_64 engine = [] {
    std::random_device device;
    std::seed_seq seeds = {device(), device(), device(), device(), device(), device(), device(), device()};
    return std::mt19937_64(seeds);
  }();
  const std::uint64_t high = engine();
  const std::uint64_t low = engine();
  return NewTaskId(Context::NowMs(), high, low);
}

Publisher::~Publisher() {
  Finish();
}

void Publisher::EnsureQueue(const v1::Task& task) {
  const std::string key = task.queue() + "." + std::string(PriorityText(task.priority()));
  if (!ensured_.insert(key).second) return;
  v1::QueueRequest request;
  request.set_queue(task.queue());
  request.set_priority(ToProto(PriorityOf(task)));
  // Without musterd the task is stored all the same, and waits for one.
  (void)api_.Ask("queue", "ensure", request);
}

Status Publisher::Submit(v1::Task task) {
  if (task.id().empty()) task.set_id(FreshTaskId());
  if (task.submitted_ms() == 0) task.set_submitted_ms(Context::NowMs());
  Result<EncodedTask> encoded = EncodeTask(task, task.id());
  if (!encoded.ok()) return encoded.status();
  EnsureQueue(task);
  LinkPublish message{std::move(encoded->subject), std::move(encoded->headers), std::move(encoded->data)};
  task.clear_payload();
  {
    std::unique_lock<std::mutex> lock(mutex_);
    while (under_way_ >= kUnderWayMax) {
      changed_.wait(lock, [this] { return under_way_ < kUnderWayMax || !again_.empty(); });
      SendAgain(lock);
    }
    ++under_way_;
  }
  Send(std::move(message), std::move(task), kTries);
  return Status();
}

void Publisher::Send(LinkPublish message, v1::Task task, int tries_left) {
  const Status status =
      api_.link().PublishStoredAsync(message, api_.timeout(), [this, message, task, tries_left](auto receipt) {
        if (receipt.ok()) {
          End({task, Status(), *receipt});
        } else if (OutcomeUnknown(receipt.status().code()) && tries_left > 1 && api_.link().connected()) {
          const std::lock_guard<std::mutex> lock(mutex_);
          again_.push_back({message, task, tries_left - 1});
          changed_.notify_all();
        } else {
          End({task, Explained(receipt.status(), task), {}});
        }
      });
  if (!status.ok()) End({task, Explained(status, task), {}});
}

void Publisher::End(Submitted submitted) {
  const std::lock_guard<std::mutex> lock(mutex_);
  finished_.push_back(std::move(submitted));
  --under_way_;
  changed_.notify_all();
}

std::deque<Submitted> Publisher::TakeFinished() {
  std::deque<Submitted> finished;
  const std::lock_guard<std::mutex> lock(mutex_);
  finished.swap(finished_);
  return finished;
}

void Publisher::Finish() {
  std::unique_lock<std::mutex> lock(mutex_);
  while (under_way_ > 0) {
    changed_.wait(lock, [this] { return under_way_ == 0 || !again_.empty(); });
    SendAgain(lock);
  }
}

void Publisher::SendAgain(std::unique_lock<std::mutex>& lock) {
  while (!again_.empty()) {
    Again next = std::move(again_.front());
    again_.pop_front();
    lock.unlock();
    Send(std::move(next.message), std::move(next.task), next.tries_left);
    lock.lock();
  }
}

}  // namespace muster::cli
