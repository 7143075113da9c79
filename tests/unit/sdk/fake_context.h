// A task as a handler sees it, without a worker around it.
#ifndef MUSTER_TESTS_UNIT_SDK_FAKE_CONTEXT_H_
#define MUSTER_TESTS_UNIT_SDK_FAKE_CONTEXT_H_

#include <atomic>

#include "muster/task.h"

namespace muster::tests {

class FakeContext final : public TaskContext {
 public:
  std::string id_text = "t1";
  std::string type_text = "kind";
  std::string queue_text = "mail";
  std::string payload_text;
  std::string content_type_text = "text/plain";
  std::atomic<bool> is_cancelled = false;
  std::optional<std::chrono::system_clock::time_point> end;

  const std::string& id() const override { return id_text; }
  const std::string& type() const override { return type_text; }
  const std::string& queue() const override { return queue_text; }
  Priority priority() const override { return Priority::kNormal; }
  const std::string& payload() const override { return payload_text; }
  const std::string& content_type() const override { return content_type_text; }
  const std::map<std::string, std::string>& labels() const override { return no_labels_; }
  const std::string& tenant() const override { return nothing_; }
  const std::string& traceparent() const override { return nothing_; }
  std::uint32_t attempt() const override { return 3; }
  std::uint32_t failures() const override { return 1; }
  std::uint32_t max_attempts() const override { return 5; }
  std::uint64_t fencing() const override { return 77; }
  std::optional<std::chrono::system_clock::time_point> deadline() const override { return end; }
  std::chrono::milliseconds time_left() const override { return std::chrono::milliseconds::max(); }
  bool cancelled() const override { return is_cancelled; }
  bool WaitCancelled(std::chrono::milliseconds) const override { return is_cancelled; }
  void SetProgress(std::uint32_t, std::string) override {}
  void Log(LogLevel, std::string_view) override {}

 private:
  std::map<std::string, std::string> no_labels_;
  std::string nothing_;
};

}  // namespace muster::tests

#endif  // MUSTER_TESTS_UNIT_SDK_FAKE_CONTEXT_H_
