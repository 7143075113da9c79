// LoopRig: a loop over a real engine, a store in memory, a recording transport and a standing clock.
#ifndef MUSTER_TESTS_UNIT_RUNTIME_LOOP_RIG_H_
#define MUSTER_TESTS_UNIT_RUNTIME_LOOP_RIG_H_

#include <memory>
#include <string>

#include "dispatcher/runtime/loop.h"
#include "storage/faulty_store.h"
#include "tests/support/fake_transport.h"

namespace muster::tests {

inline std::unique_ptr<storage::Store> NewMemoryStore() {
  auto opened = storage::OpenStore("memory", storage::StoreOptions());
  return std::move(opened.value().store);
}

class LoopRig {
 public:
  explicit LoopRig(storage::Store* store, std::uint64_t epoch = 1)
      : engine(options), journal(store), clock(engine::FromUnixMillis(1800000000000)), loop(Parts(), LoopOptions()) {
    auto loaded = journal.Load(1000);
    if (!loaded.ok()) {
      status = loaded.status();
      return;
    }
    engine::Recovered recovered = std::move(loaded).value().recovered;
    recovered.epoch = epoch;
    status = loop.Begin(std::move(recovered));
  }

  // One turn at the present time.
  const Status& Turn() {
    if (status.ok()) status = loop.RunOnce(engine::Duration::zero());
    return status;
  }
  // Turns at every deadline up to `duration` from now.
  void Pass(engine::Duration duration) {
    const engine::Time end = clock.Now() + duration;
    while (status.ok() && clock.Now() < end) {
      const engine::Time next =
          std::max(std::min(loop.NextDeadline(), end), clock.Now() + std::chrono::milliseconds(1));
      clock.Advance(next - clock.Now());
      Turn();
    }
  }

  void PostTask(const std::string& id, const std::string& queue = "mail") {
    runtime::StoredMessage message;
    message.subject = "muster.tasks.normal." + queue;
    message.headers = {{"Muster-Id", id}};
    message.data = "payload";
    message.ack = "ack-" + id;
    message.stream = "MUSTER_TASKS_NORMAL";
    message.sequence = ++sequence;
    message.stored_ns = engine::UnixMicros(clock.Now()) * 1000;
    inbox.Post(std::move(message));
  }
  template <typename Message>
  void PostCore(const std::string& subject, const Message& message, const std::string& reply = {}) {
    inbox.Post(runtime::CoreMessage{subject, reply, message.SerializeAsString()});
  }
  void PostHello(const std::string& worker, std::uint32_t slots = 2) {
    v1::Hello hello;
    hello.set_worker(worker);
    hello.set_incarnation(5);
    hello.set_protocol(1);
    hello.set_slots(slots);
    PostCore("muster.worker.hello." + worker, hello);
  }
  void PostSucceeded(const std::string& worker, const v1::TaskRef& ref, const std::string& result) {
    v1::Reports reports;
    reports.set_worker(worker);
    reports.set_incarnation(5);
    v1::Report* report = reports.add_reports();
    *report->mutable_ref() = ref;
    report->mutable_succeeded()->set_result(result);
    PostCore("muster.report." + worker, reports);
  }
  // Confirms everything that was to be stored and is not yet confirmed.
  void ConfirmStored() {
    for (; confirmed < transport.stored.size(); ++confirmed) {
      inbox.Post(runtime::PublishDone{transport.stored[confirmed].token, true, confirmed + 1, ""});
    }
  }
  // Every assignment sent so far.
  std::vector<v1::Assignment> Assigned() const {
    std::vector<v1::Assignment> all;
    for (const auto& message : transport.To("muster.assign.")) {
      v1::Assignments assignments;
      assignments.ParseFromString(message.data);
      for (const v1::Assignment& one : assignments.assignments()) all.push_back(one);
    }
    return all;
  }
  v1::ApiReply Ask(const std::string& verb, const google::protobuf::Message& request) {
    inbox.Post(runtime::CoreMessage{"muster.api." + verb, "_INBOX.q", request.SerializeAsString()});
    const std::size_t before = transport.To("_INBOX.q").size();
    Turn();
    v1::ApiReply reply;
    const auto replies = transport.To("_INBOX.q");
    if (replies.size() == before + 1) reply.ParseFromString(replies.back().data);
    return reply;
  }

  engine::EngineOptions options;
  engine::Engine engine;
  runtime::Journal journal;
  FakeTransport transport;
  runtime::Inbox inbox;
  StandingClock<runtime::Clock, engine::Time> clock;
  runtime::Health health;
  runtime::Loop loop;
  Status status;
  std::uint64_t sequence = 0;
  std::size_t confirmed = 0;

 private:
  runtime::LoopParts Parts() {
    runtime::LoopParts parts;
    parts.engine = &engine;
    parts.engine_options = &options;
    parts.journal = &journal;
    parts.transport = &transport;
    parts.inbox = &inbox;
    parts.clock = &clock;
    parts.health = &health;
    return parts;
  }
  static runtime::LoopOptions LoopOptions() {
    runtime::LoopOptions options;
    options.version = "test";
    options.performer.dispatcher = "rig";
    return options;
  }
};

}  // namespace muster::tests

#endif  // MUSTER_TESTS_UNIT_RUNTIME_LOOP_RIG_H_
