// A transport over a real server, a sink that keeps what came, and a plain publisher beside it.
#ifndef MUSTER_TESTS_INTEGRATION_ADAPTERS_TRANSPORT_RIG_H_
#define MUSTER_TESTS_INTEGRATION_ADAPTERS_TRANSPORT_RIG_H_

#include <nats/nats.h>

#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "dispatcher/adapters/nats_transport.h"
#include "tests/support/catch.h"
#include "tests/support/eventually.h"
#include "tests/support/nats_fixture.h"

namespace muster::tests {

class KeepingSink final : public runtime::InboundSink {
 public:
  void Post(runtime::Inbound message) override {
    std::lock_guard lock(mutex_);
    kept_.push_back(std::move(message));
  }
  template <typename T>
  std::vector<T> All() {
    std::lock_guard lock(mutex_);
    std::vector<T> found;
    for (const runtime::Inbound& one : kept_) {
      if (const T* as = std::get_if<T>(&one)) found.push_back(*as);
    }
    return found;
  }
  template <typename T>
  std::size_t Count() {
    return All<T>().size();
  }
  void Clear() {
    std::lock_guard lock(mutex_);
    kept_.clear();
  }

 private:
  std::mutex mutex_;
  std::vector<runtime::Inbound> kept_;
};

inline adapters::NatsOptions OptionsFor(const NatsServer& server) {
  adapters::NatsOptions options;
  options.servers = {server.url()};
  options.discover_every = std::chrono::milliseconds(50);
  options.lease_every = std::chrono::milliseconds(100);
  return options;
}

// A started transport with the next epoch.
struct Rig {
  explicit Rig(const adapters::NatsOptions& options) : transport(options, &sink) {
    const auto connected = transport.Connect(std::chrono::seconds(10));
    INFO(connected.status().ToString());
    REQUIRE(connected.ok());
    const auto taken = transport.TakeEpoch(0);
    REQUIRE(taken.ok());
    epoch = *taken;
    auto started = transport.Start(epoch);
    INFO(started.status().ToString());
    REQUIRE(started.ok());
    left = std::move(started.value());
  }
  void Pull(const std::string& queue, int count, Priority priority = Priority::kNormal) {
    transport.Pull(priority, queue, count);
    transport.Flush();
  }
  bool Gets(std::size_t count) {
    return Eventually([&] { return sink.Count<runtime::StoredMessage>() >= count; });
  }
  KeepingSink sink;
  adapters::NatsTransport transport;
  std::uint64_t epoch = 0;
  std::vector<adapters::QueueLeft> left;
};

// Any NATS client: what a publisher or an operator would use.
class Client {
 public:
  explicit Client(const NatsServer& server) {
    REQUIRE(natsConnection_ConnectTo(&connection_, server.url().c_str()) == NATS_OK);
    REQUIRE(natsConnection_JetStream(&stream_, connection_, nullptr) == NATS_OK);
  }
  ~Client() {
    jsCtx_Destroy(stream_);
    natsConnection_Destroy(connection_);
  }
  Client(const Client&) = delete;
  Client& operator=(const Client&) = delete;

  // Publishes to a stream and waits; false when no stream took it.
  bool Submit(const std::string& subject, const std::string& data) {
    return js_Publish(nullptr, stream_, subject.c_str(), data.data(), static_cast<int>(data.size()), nullptr,
                      nullptr) == NATS_OK;
  }
  bool SubmitMany(const std::string& subject, int count) {
    bool all = true;
    for (int i = 0; i < count; ++i) all = Submit(subject, std::to_string(i)) && all;
    return all;
  }
  void Tell(const std::string& subject, const std::string& data) {
    natsConnection_PublishString(connection_, subject.c_str(), data.c_str());
    natsConnection_Flush(connection_);
  }
  std::uint64_t Messages(const std::string& stream) {
    jsStreamInfo* info = nullptr;
    if (js_GetStreamInfo(&info, stream_, stream.c_str(), nullptr, nullptr) != NATS_OK) return ~0ULL;
    const std::uint64_t messages = info->State.Msgs;
    jsStreamInfo_Destroy(info);
    return messages;
  }
  jsCtx* stream() { return stream_; }
  natsConnection* connection() { return connection_; }

 private:
  natsConnection* connection_ = nullptr;
  jsCtx* stream_ = nullptr;
};

}  // namespace muster::tests

#endif  // MUSTER_TESTS_INTEGRATION_ADAPTERS_TRANSPORT_RIG_H_
