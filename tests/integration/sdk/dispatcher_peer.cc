#include "tests/integration/sdk/dispatcher_peer.h"

#include <stdexcept>

#include "schemas/subjects.h"

namespace muster::tests {
namespace {

constexpr std::uint64_t kEpoch = 1;

template <typename Message>
Message Parse(const LinkMessage& from) {
  Message message;
  if (!message.ParseFromArray(from.data.data(), static_cast<int>(from.data.size()))) {
    throw std::runtime_error("undecodable: " + std::string(from.subject));
  }
  return message;
}

bool IsFinal(const v1::Report& report) {
  return report.what_case() != v1::Report::kAccepted && report.what_case() != v1::Report::kProgress;
}

}  // namespace

DispatcherPeer::DispatcherPeer(const std::string& url) {
  ConnectionOptions options;
  options.servers = {url};
  auto link = Link::Connect(options);
  if (!link.ok()) throw std::runtime_error(link.status().message());
  link_ = std::move(link).value();
  for (std::string_view subject : {subjects::kWorkerWildcard, subjects::kReportWildcard}) {
    auto made = link_->Subscribe(subject, [this](const LinkMessage& message) { Hear(message); });
    if (!made.ok()) throw std::runtime_error(made.status().message());
    subscriptions_.push_back(std::move(made).value());
  }
}

void DispatcherPeer::Send(const std::string& worker, std::uint64_t incarnation,
                          const std::vector<v1::Command>& commands) {
  v1::Control control;
  control.set_epoch(kEpoch);
  control.set_incarnation(incarnation);
  for (const auto& command : commands) *control.add_commands() = command;
  [[maybe_unused]] const Status sent = link_->Publish(subjects::Control(worker), control.SerializeAsString());
}

void DispatcherPeer::Hear(const LinkMessage& message) {
  const std::string_view kind = subjects::Token(message.subject, 2);
  const std::string worker(subjects::LastToken(message.subject));
  const std::lock_guard lock(mutex_);
  if (subjects::Token(message.subject, 1) == "report") {
    const auto reports = Parse<v1::Reports>(message);
    ++report_messages_;
    v1::Command settled;
    for (const auto& report : reports.reports()) {
      reports_.push_back(report);
      if (IsFinal(report)) *settled.mutable_settled()->add_refs() = report.ref();
    }
    if (settles && settled.settled().refs_size() > 0) Send(worker, reports.incarnation(), {settled});
  } else if (kind == "hello") {
    hellos_.push_back(Parse<v1::Hello>(message));
    incarnations_[worker] = hellos_.back().incarnation();
    v1::Command welcome;
    welcome.mutable_welcome()->set_beat_ms(50);
    if (welcomes) Send(worker, hellos_.back().incarnation(), {welcome});
  } else if (kind == "beat") {
    beats_.push_back(Parse<v1::Beat>(message));
  } else if (kind == "bye") {
    byes_.push_back(Parse<v1::Bye>(message));
  } else if (kind == "inventory") {
    inventories_.push_back(Parse<v1::Inventory>(message));
  }
}

void DispatcherPeer::Assign(const std::string& worker, const std::vector<std::string>& ids, const v1::Task& task,
                            std::uint32_t attempt, std::int64_t timeout_ms) {
  v1::Assignments message;
  const std::lock_guard lock(mutex_);
  message.set_epoch(kEpoch);
  message.set_incarnation(incarnations_[worker]);
  for (const auto& id : ids) {
    auto& assignment = *message.add_assignments();
    assignment.mutable_ref()->set_task_id(id);
    assignment.mutable_ref()->set_attempt(attempt);
    assignment.mutable_ref()->set_epoch(kEpoch);
    assignment.set_fencing(attempt);
    assignment.set_timeout_ms(timeout_ms);
    *assignment.mutable_task() = task;
    assignment.mutable_task()->set_id(id);
  }
  [[maybe_unused]] const Status sent = link_->Publish(subjects::Assign(worker), message.SerializeAsString());
}

void DispatcherPeer::Command(const std::string& worker, v1::Command command) {
  const std::lock_guard lock(mutex_);
  Send(worker, incarnations_[worker], {std::move(command)});
}

void DispatcherPeer::Cancel(const std::string& worker, const std::string& id, v1::ErrorCode reason) {
  v1::Command command;
  auto& ref = *command.mutable_cancel()->mutable_ref();
  ref.set_task_id(id);
  ref.set_attempt(1);
  ref.set_epoch(kEpoch);
  command.mutable_cancel()->mutable_reason()->set_code(reason);
  Command(worker, command);
}

std::vector<v1::Report> DispatcherPeer::Reports(const std::string& task) {
  const std::lock_guard lock(mutex_);
  std::vector<v1::Report> found;
  for (const auto& report : reports_) {
    if (report.ref().task_id() == task) found.push_back(report);
  }
  return found;
}

std::size_t DispatcherPeer::FinalReports() {
  const std::lock_guard lock(mutex_);
  std::size_t count = 0;
  for (const auto& report : reports_) count += IsFinal(report) ? 1 : 0;
  return count;
}

std::size_t DispatcherPeer::ReportMessages() {
  const std::lock_guard lock(mutex_);
  return report_messages_;
}

std::vector<v1::Hello> DispatcherPeer::Hellos() {
  const std::lock_guard lock(mutex_);
  return hellos_;
}
std::vector<v1::Beat> DispatcherPeer::Beats() {
  const std::lock_guard lock(mutex_);
  return beats_;
}
std::vector<v1::Bye> DispatcherPeer::Byes() {
  const std::lock_guard lock(mutex_);
  return byes_;
}
std::vector<v1::Inventory> DispatcherPeer::Inventories() {
  const std::lock_guard lock(mutex_);
  return inventories_;
}

}  // namespace muster::tests
