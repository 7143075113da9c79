// FakeTransport: a Transport that records what it was told. It has no opinion of its own on what NATS would do: the
// test, or the simulator, posts what shall come in.
#ifndef MUSTER_TESTS_SUPPORT_FAKE_TRANSPORT_H_
#define MUSTER_TESTS_SUPPORT_FAKE_TRANSPORT_H_

#include <string>
#include <utility>
#include <vector>

#include "dispatcher/runtime/transport.h"

namespace muster::tests {

class FakeTransport final : public runtime::Transport {
 public:
  struct Published {
    std::string subject;
    std::string data;
    bool to_worker = false;
  };
  struct Stored {
    std::string subject;
    Headers headers;
    std::string data;
    std::string message_id;
    std::chrono::milliseconds ttl{};
    std::uint64_t token = 0;
  };
  struct Pulled {
    Priority priority = Priority::kNormal;
    std::string queue;
    int count = 0;
  };

  void Publish(runtime::Lane, std::string_view subject, std::string_view data) override {
    published.push_back({std::string(subject), std::string(data), false});
  }
  void PublishToWorker(std::string_view subject, std::string_view data) override {
    published.push_back({std::string(subject), std::string(data), true});
  }
  void PublishStored(std::string_view subject, const Headers& headers, std::string_view data,
                     std::string_view message_id, std::chrono::milliseconds ttl, std::uint64_t token) override {
    stored.push_back({std::string(subject), headers, std::string(data), std::string(message_id), ttl, token});
  }
  void Pull(Priority priority, std::string_view queue, int count) override {
    pulled.push_back({priority, std::string(queue), count});
  }
  void Ack(std::string_view ack) override { acked.emplace_back(ack); }
  void Nak(std::string_view ack, std::chrono::milliseconds delay) override { naked.emplace_back(ack, delay); }
  void EnsureQueue(Priority priority, std::string_view queue) override { ensured.emplace_back(priority, queue); }
  void FetchDelayed(std::uint64_t sequence) override { fetched.push_back(sequence); }
  void RemoveDelayed(std::uint64_t sequence) override { removed.push_back(sequence); }
  void Flush() override { ++flushes; }

  // Everything sent so far whose subject begins so.
  std::vector<Published> To(std::string_view prefix) const {
    std::vector<Published> found;
    for (const Published& message : published) {
      if (message.subject.compare(0, prefix.size(), prefix) == 0) found.push_back(message);
    }
    return found;
  }

  std::vector<Published> published;
  std::vector<Stored> stored;
  std::vector<Pulled> pulled;
  std::vector<std::string> acked;
  std::vector<std::pair<std::string, std::chrono::milliseconds>> naked;
  std::vector<std::pair<Priority, std::string>> ensured;
  std::vector<std::uint64_t> fetched;
  std::vector<std::uint64_t> removed;
  int flushes = 0;
};

// A clock that stands until it is moved.
template <typename ClockBase, typename Time>
class StandingClock final : public ClockBase {
 public:
  explicit StandingClock(Time now) : now_(now) {}
  Time Now() override { return now_; }
  template <typename Step>
  void Advance(Step step) {
    now_ += step;
  }

 private:
  Time now_;
};

}  // namespace muster::tests

#endif  // MUSTER_TESTS_SUPPORT_FAKE_TRANSPORT_H_
