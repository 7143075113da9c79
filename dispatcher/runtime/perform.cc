#include "dispatcher/runtime/perform.h"

#include <google/protobuf/util/json_util.h>

#include <algorithm>

#include "muster/v1/event.pb.h"
#include "schemas/limits.h"
#include "schemas/subjects.h"
#include "schemas/task_codec.h"

namespace muster::runtime {
namespace {

constexpr std::chrono::milliseconds kKeepForever{0};
constexpr std::size_t kBuffersKept = 64;

}  // namespace

bool MayReplyTo(std::string_view subject) {
  if (subject.empty() || subject.size() > limits::kTextBytesMax) return false;
  if (subject.front() == '$' || subject.front() == '.' || subject.back() == '.') return false;
  if (subject.substr(0, 7) == "muster.") return false;
  return std::none_of(subject.begin(), subject.end(), [](char c) {
    return static_cast<unsigned char>(c) <= ' ' || c == '*' || c == '>' || c == '\x7f';
  });
}

Performer::Performer(Transport* transport, PerformerOptions options)
    : transport_(transport), options_(std::move(options)) {}

void Performer::Perform(engine::Time now, const std::vector<engine::Effect>& effects) {
  for (const engine::Effect& effect : effects) {
    std::visit([&](const auto& e) { Do(now, e); }, effect);
  }
  SendAll();
}

void Performer::Refuse(engine::Time now, std::string_view worker, std::uint64_t incarnation, const Status& reason) {
  Do(now, engine::RefuseWorker{std::string(worker), incarnation, reason});
  SendAll();
}

// ---- To workers, gathered ------------------------------------------------------------------------------------------

Performer::Outgoing& Performer::For(const std::string& worker, std::uint64_t incarnation) {
  key_.assign(worker);
  key_.push_back('\0');
  key_.append(reinterpret_cast<const char*>(&incarnation), sizeof incarnation);
  const auto [place, is_new] = places_.try_emplace(key_, used_);
  if (is_new) {
    if (used_ == outgoing_.size()) outgoing_.emplace_back();
    Outgoing& added = outgoing_[used_++];
    added.worker = worker;
    added.incarnation = incarnation;
  }
  return outgoing_[place->second];
}

std::string& Performer::CommandsFor(const std::string& worker, std::uint64_t incarnation) {
  Outgoing& to = For(worker, incarnation);
  if (to.commands.size() >= limits::kBatchBytesMax) SendCommands(&to);
  if (to.commands.empty()) AppendControlHead(epoch_, incarnation, &to.commands);
  return to.commands;
}

void Performer::Command(const std::string& worker, std::uint64_t incarnation) {
  AppendCommand(command_, &CommandsFor(worker, incarnation));
}

void Performer::SendCommands(Outgoing* to) {
  if (!to->settled.empty()) {
    if (to->commands.empty()) AppendControlHead(epoch_, to->incarnation, &to->commands);
    AppendSettledCommand(to->settled, &to->commands);
    to->settled.clear();
  }
  if (to->commands.empty()) return;
  if (to->worker.empty()) {
    transport_->Publish(Lane::kControl, subjects::kControlAll, to->commands);
  } else {
    transport_->PublishToWorker(subjects::Control(to->worker), to->commands);
  }
  to->commands.clear();
}

void Performer::SendAssignments(Outgoing* to) {
  if (to->assignments.empty()) return;
  transport_->PublishToWorker(subjects::Assign(to->worker), to->assignments);
  to->assignments.clear();
}

void Performer::SendAll() {
  for (std::size_t i = 0; i < used_; ++i) {
    SendCommands(&outgoing_[i]);
    SendAssignments(&outgoing_[i]);
  }
  // A burst must not leave its buffers behind with every worker; the first few are the busy ones.
  for (std::size_t i = kBuffersKept; i < used_; ++i) outgoing_[i] = Outgoing();
  used_ = 0;
  places_.clear();
}

void Performer::Do(engine::Time, const engine::Assign& effect) {
  Outgoing& to = For(effect.worker, effect.incarnation);
  if (!to.assignments.empty() && to.assignments.size() + AssignmentBytes(effect) > limits::kBatchBytesMax) {
    SendAssignments(&to);
  }
  if (to.assignments.empty()) AppendAssignmentsHead(epoch_, effect.incarnation, &to.assignments);
  AppendAssignment(effect, &to.assignments);
}

void Performer::Do(engine::Time, const engine::Settle& effect) {
  Outgoing& to = For(effect.worker, effect.incarnation);
  if (to.settled.size() >= limits::kBatchBytesMax / 2) SendCommands(&to);
  AppendSettledRef(effect.attempt, &to.settled);
}

void Performer::Do(engine::Time, const engine::CancelRun& effect) {
  command_.Clear();
  v1::TaskRef* ref = command_.mutable_cancel()->mutable_ref();
  ref->set_task_id(effect.attempt.name);
  ref->set_attempt(effect.attempt.attempt);
  ref->set_epoch(effect.attempt.epoch);
  FillError(effect.reason, command_.mutable_cancel()->mutable_reason());
  Command(effect.worker, effect.incarnation);
}

void Performer::Do(engine::Time now, const engine::WelcomeWorker& effect) {
  command_.Clear();
  v1::Welcome* welcome = command_.mutable_welcome();
  welcome->set_now_ms(engine::UnixMillis(now));
  welcome->set_beat_ms(static_cast<std::uint32_t>(options_.beat.count() / 1000));
  welcome->set_dispatcher(options_.dispatcher);
  Command(effect.worker, effect.incarnation);
}

void Performer::Do(engine::Time, const engine::RefuseWorker& effect) {
  command_.Clear();
  FillError(effect.reason, command_.mutable_refused()->mutable_error());
  Command(effect.worker, effect.incarnation);
}

void Performer::Do(engine::Time, const engine::IdentifyWorker& effect) {
  command_.Clear();
  command_.mutable_identify();
  Command(effect.worker, 0);
}

void Performer::Do(engine::Time, const engine::DrainWorker& effect) {
  command_.Clear();
  command_.mutable_drain()->set_timeout_ms(effect.timeout.count() / 1000);
  Command(effect.worker, effect.incarnation);
}

void Performer::Do(engine::Time, const engine::UndrainWorker& effect) {
  command_.Clear();
  command_.mutable_undrain();
  Command(effect.worker, effect.incarnation);
}

void Performer::Do(engine::Time, const engine::TakeInventory& effect) {
  command_.Clear();
  command_.mutable_take_inventory()->set_token(effect.token);
  Command(effect.worker, effect.incarnation);
}

// ---- To streams, at once -------------------------------------------------------------------------------------------

void Performer::Do(engine::Time, const engine::Ack& effect) {
  transport_->Ack(effect.ack);
}

void Performer::Do(engine::Time, const engine::Nak& effect) {
  transport_->Nak(effect.ack, std::chrono::ceil<std::chrono::milliseconds>(effect.delay));
}

void Performer::Do(engine::Time, const engine::Pull& effect) {
  transport_->Pull(effect.priority, effect.queue, effect.count);
}

void Performer::Do(engine::Time, const engine::StoreResult& effect) {
  const engine::Outcome& outcome = *effect.outcome;
  result_.Clear();
  FillResult(outcome, &result_);
  bytes_.clear();
  result_.AppendToString(&bytes_);
  transport_->PublishStored(subjects::Result(outcome.name), {}, bytes_, outcome.name + ":result",
                            std::chrono::ceil<std::chrono::milliseconds>(outcome.result_ttl), effect.token);
}

void Performer::Do(engine::Time, const engine::StoreDeadLetter& effect) {
  const engine::DeadLetter& letter = *effect.letter;
  bytes_.clear();
  AppendDeadLetter(letter, &bytes_);
  // A task that is replayed may die again: that is another letter. The same one, sent again after a crash, is not.
  const std::string id = letter.id + ":dead:" + std::to_string(engine::UnixMillis(letter.dead));
  transport_->PublishStored(subjects::Dead(letter.queue), {}, bytes_, id, kKeepForever, effect.token);
}

void Performer::Do(engine::Time, const engine::StoreDelayed& effect) {
  const engine::TaskSpec& spec = *effect.spec;
  headers_.clear();
  headers_.emplace_back(kContentTypeHeader, kTaskContentType);
  headers_.emplace_back(kStoredAtHeader, std::to_string(engine::UnixMicros(effect.stored)));
  // One message for one due time. A task without one can be laid aside more than once: each time is another message.
  const std::int64_t due = engine::UnixMicros(spec.not_before);
  std::string id = spec.name + ":delayed:" + std::to_string(due);
  if (spec.not_before == engine::kUnset) {
    id += ":" + std::to_string(epoch_) + ":" + std::to_string(effect.token);
  }
  transport_->PublishStored(subjects::Delayed(spec.priority, spec.queue), headers_, spec.body, id, kKeepForever,
                            effect.token);
}

void Performer::Do(engine::Time now, const engine::ReleaseDelayed& effect) {
  releases_.push_back(Release{effect.sequence, effect.token, now + options_.release_timeout});
  transport_->FetchDelayed(effect.sequence);
}

std::optional<engine::StoredDone> Performer::OnFetched(const DelayedFetched& fetched) {
  const auto found = std::find_if(releases_.begin(), releases_.end(),
                                  [&](const Release& release) { return release.sequence == fetched.sequence; });
  if (found == releases_.end()) return std::nullopt;  // answered too late
  const std::uint64_t token = found->token;
  releases_.erase(found);
  engine::StoredDone done;
  done.token = token;
  if (!fetched.found) {
    done.gone = true;
    return done;
  }
  const StoredMessage& message = fetched.message;
  const auto address = subjects::ParseDelayed(message.subject);
  if (!address.ok()) {
    done.gone = true;
    return done;
  }
  // Everything of it goes back as it came, but for its identity as a message.
  headers_.clear();
  for (const auto& header : message.headers) {
    if (header.first != kMsgIdHeader) headers_.push_back(header);
  }
  const std::string id = message.stream + ":released:" + std::to_string(fetched.sequence);
  transport_->PublishStored(subjects::Task(address->priority, address->queue), headers_, message.data, id, kKeepForever,
                            token);
  return std::nullopt;
}

void Performer::ExpireReleases(engine::Time now, std::vector<engine::Event>* events) {
  while (!releases_.empty() && releases_.front().deadline <= now) {
    events->emplace_back(engine::StoredDone{releases_.front().token, false, false, 0});
    releases_.pop_front();
  }
}

void Performer::Do(engine::Time, const engine::RemoveDelayed& effect) {
  transport_->RemoveDelayed(effect.sequence);
}

void Performer::Do(engine::Time, const engine::ReplyOutcome& effect) {
  if (!MayReplyTo(effect.outcome->reply_to)) return;
  result_.Clear();
  FillResult(*effect.outcome, &result_);
  bytes_.clear();
  result_.AppendToString(&bytes_);
  transport_->Publish(Lane::kBulk, effect.outcome->reply_to, bytes_);
}

// Rare, and read by scripts: JSON.
void Performer::Do(engine::Time now, const engine::Signal& effect) {
  v1::ScalingSignal signal;
  signal.set_class_(effect.scaling_class);
  signal.set_direction(effect.up ? v1::SCALING_DIRECTION_UP : v1::SCALING_DIRECTION_DOWN);
  signal.set_from(effect.from);
  signal.set_to(effect.to);
  signal.set_metric(effect.metric);
  signal.set_value(effect.value);
  signal.set_threshold(effect.threshold);
  signal.set_confidence(1);
  signal.set_time_ms(engine::UnixMillis(now));
  signal.set_queue(effect.queue);
  if (!effect.queue.empty()) signal.set_priority(ProtoPriority(effect.priority));
  google::protobuf::util::JsonPrintOptions options;
  options.always_print_primitive_fields = true;
  std::string json;
  if (!google::protobuf::util::MessageToJsonString(signal, &json, options).ok()) return;
  transport_->Publish(Lane::kBulk, subjects::Scaling(effect.scaling_class), json);
}

}  // namespace muster::runtime
