// A worker that takes tasks, says that they run, and holds them until it is told to finish: it fills a dispatcher with
// tasks in flight. It speaks the worker protocol (docs/protocol.md) itself, since no handler could hold so many.
//
//   bench_holder URL NAME SLOTS
//
// Commands on stdin, one word a line: `count` tells {"held":N}, `finish` ends every task with success, end of input
// quits.
#include <chrono>
#include <condition_variable>
#include <cstdio>
#include <cstdlib>
#include <iostream>
#include <map>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "muster/v1/worker.pb.h"
#include "schemas/limits.h"
#include "schemas/subjects.h"
#include "tests/benchmark/path/common.h"

namespace {

namespace subjects = muster::subjects;
using muster::v1::TaskRef;

class Holder {
 public:
  Holder(const char* url, std::string name, std::uint32_t slots)
      : name_(std::move(name)),
        slots_(slots),
        incarnation_(static_cast<std::uint64_t>(std::chrono::system_clock::now().time_since_epoch().count())),
        connection_(Connect(url, true)) {
    Subscribe(subjects::Assign(name_), OnAssign);
    Subscribe(subjects::Control(name_), OnControl);
    Subscribe(std::string(subjects::kControlAll), OnControl);
    Must(natsConnection_Flush(connection_), "flush");
    SayHello();
  }

  void Beat() {
    muster::v1::Beat beat;
    {
      std::lock_guard<std::mutex> lock(mutex_);
      beat.set_active(static_cast<std::uint32_t>(held_.size()));
      beat.set_epoch(epoch_);
    }
    beat.set_worker(name_);
    beat.set_incarnation(incarnation_);
    beat.set_sequence(++beats_);
    Send(subjects::Beat(name_), beat);
  }

  std::size_t held() {
    std::lock_guard<std::mutex> lock(mutex_);
    return held_.size();
  }

  // Reports success of everything that is held; what is settled is forgotten.
  void Finish() {
    std::vector<TaskRef> refs = Held();
    for (std::size_t begin = 0; begin < refs.size(); begin += kReportsPerMessage) {
      muster::v1::Reports reports = EmptyReports();
      for (std::size_t i = begin; i < refs.size() && i < begin + kReportsPerMessage; ++i) {
        muster::v1::Report* report = reports.add_reports();
        *report->mutable_ref() = refs[i];
        report->mutable_succeeded();
      }
      Send(subjects::Report(name_), reports);
    }
  }

 private:
  static constexpr std::size_t kReportsPerMessage = 1000;

  void Subscribe(const std::string& subject, natsMsgHandler handler) {
    natsSubscription* subscription = nullptr;
    Must(natsConnection_Subscribe(&subscription, connection_, subject.c_str(), handler, this), "subscribe");
    Must(natsSubscription_SetPendingLimits(subscription, -1, -1), "limits");
  }

  template <typename Message>
  void Send(const std::string& subject, const Message& message) {
    const std::string bytes = message.SerializeAsString();
    Must(natsConnection_Publish(connection_, subject.c_str(), bytes.data(), static_cast<int>(bytes.size())), "publish");
  }

  template <typename Message>
  static bool Parse(natsMsg* bytes, Message* message) {
    const bool ok = message->ParseFromArray(natsMsg_GetData(bytes), natsMsg_GetDataLength(bytes));
    natsMsg_Destroy(bytes);
    return ok;
  }

  std::vector<TaskRef> Held() {
    std::lock_guard<std::mutex> lock(mutex_);
    std::vector<TaskRef> refs;
    refs.reserve(held_.size());
    for (const auto& entry : held_) refs.push_back(entry.second);
    return refs;
  }

  muster::v1::Reports EmptyReports() {
    muster::v1::Reports reports;
    reports.set_worker(name_);
    reports.set_incarnation(incarnation_);
    return reports;
  }

  void SayHello() {
    muster::v1::Hello hello;
    hello.set_worker(name_);
    hello.set_incarnation(incarnation_);
    hello.set_protocol(1);
    hello.set_version("bench");
    hello.set_slots(slots_);
    hello.set_speed_milli(1000);
    hello.set_beat_ms(500);
    for (const TaskRef& ref : Held()) *hello.add_holding() = ref;
    Send(subjects::Hello(name_), hello);
  }

  void TellInventory(std::uint64_t token) {
    const std::vector<TaskRef> refs = Held();
    const std::size_t per_part = muster::limits::kHoldingPerMessageMax;
    const std::size_t parts = refs.empty() ? 1 : (refs.size() + per_part - 1) / per_part;
    for (std::size_t part = 0; part < parts; ++part) {
      muster::v1::Inventory inventory;
      inventory.set_worker(name_);
      inventory.set_incarnation(incarnation_);
      inventory.set_token(token);
      inventory.set_parts(static_cast<std::uint32_t>(parts));
      inventory.set_part(static_cast<std::uint32_t>(part));
      for (std::size_t i = part * per_part; i < refs.size() && i < (part + 1) * per_part; ++i) {
        *inventory.add_holding() = refs[i];
      }
      Send(subjects::Inventory(name_), inventory);
    }
  }

  static void OnAssign(natsConnection*, natsSubscription*, natsMsg* bytes, void* closure) {
    Holder* const self = static_cast<Holder*>(closure);
    muster::v1::Assignments assignments;
    if (!Parse(bytes, &assignments) || assignments.incarnation() != self->incarnation_) return;
    muster::v1::Reports reports = self->EmptyReports();
    {
      std::lock_guard<std::mutex> lock(self->mutex_);
      self->epoch_ = assignments.epoch();
      for (const muster::v1::Assignment& assignment : assignments.assignments()) {
        self->held_[assignment.ref().task_id()] = assignment.ref();
        muster::v1::Report* report = reports.add_reports();
        *report->mutable_ref() = assignment.ref();
        report->mutable_accepted();
      }
    }
    self->Send(subjects::Report(self->name_), reports);
  }

  static void OnControl(natsConnection*, natsSubscription*, natsMsg* bytes, void* closure) {
    Holder* const self = static_cast<Holder*>(closure);
    muster::v1::Control control;
    if (!Parse(bytes, &control)) return;
    if (control.incarnation() != 0 && control.incarnation() != self->incarnation_) return;
    for (const muster::v1::Command& command : control.commands()) {
      if (command.has_identify()) self->SayHello();
      if (command.has_take_inventory()) self->TellInventory(command.take_inventory().token());
      if (command.has_refused()) {
        std::fprintf(stderr, "bench_holder: refused: %s\n", command.refused().error().message().c_str());
        std::exit(1);
      }
      std::lock_guard<std::mutex> lock(self->mutex_);
      for (const TaskRef& ref : command.settled().refs()) self->held_.erase(ref.task_id());
    }
  }

  const std::string name_;
  const std::uint32_t slots_;
  const std::uint64_t incarnation_;
  natsConnection* const connection_;
  std::uint64_t beats_ = 0;
  std::mutex mutex_;
  std::map<std::string, TaskRef> held_;  // by task id
  std::uint64_t epoch_ = 0;
};

}  // namespace

int main(int argc, char** argv) {
  if (argc != 4) {
    std::fprintf(stderr, "usage: bench_holder URL NAME SLOTS\n");
    return 2;
  }
  Holder holder(argv[1], argv[2], static_cast<std::uint32_t>(std::atoi(argv[3])));
  std::mutex mutex;
  std::condition_variable wake;
  bool finishing = false;
  bool stop = false;
  std::thread beats([&] {
    std::unique_lock<std::mutex> lock(mutex);
    while (!wake.wait_for(lock, std::chrono::milliseconds(500), [&] { return stop; })) {
      holder.Beat();
      if (finishing) holder.Finish();
    }
  });
  std::cout << "ready" << std::endl;
  for (std::string word; std::getline(std::cin, word);) {
    if (word == "count") std::cout << "{\"held\":" << holder.held() << "}" << std::endl;
    if (word == "finish") {
      std::lock_guard<std::mutex> lock(mutex);
      finishing = true;
    }
  }
  {
    std::lock_guard<std::mutex> lock(mutex);
    stop = true;
  }
  wake.notify_all();
  beats.join();
  return 0;
}
