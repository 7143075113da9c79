#include "dispatcher/runtime/api/api.h"

#include <algorithm>

#include "dispatcher/runtime/codec.h"
#include "schemas/subjects.h"

namespace muster::runtime {
namespace {

constexpr engine::Duration kEnsureTimeout = std::chrono::seconds(5);

Result<const Verb*> VerbOf(std::string_view subject) {
  return FindVerb(subjects::Token(subject, 2), subjects::Token(subject, 3));
}

}  // namespace

void Api::Reply(const Asker& asker, const v1::ApiReply& reply) {
  if (asker.subject.empty()) return;
  transport_->Publish(Lane::kControl, asker.subject, EncodeReply(reply, asker.json));
}

void Api::Refuse(const Asker& asker, const Status& status) {
  v1::ApiReply reply;
  FillError(status, reply.mutable_error());
  Reply(asker, reply);
}

std::optional<engine::Event> Api::Take(const ApiContext& context, CoreMessage message) {
  const Asker asker{message.reply, IsJson(message.data)};
  const Result<const Verb*> verb = VerbOf(message.subject);
  if (!verb.ok()) {
    Refuse(asker, verb.status());
    return std::nullopt;
  }
  if (!(*verb)->is_command) {
    if (!message.reply.empty()) questions_.push_back(std::move(message));
    return std::nullopt;
  }
  ApiCall call;
  call.context = &context;
  call.data = message.data;
  call.token = ++last_token_;
  if (Status status = (*verb)->handle(&call); !status.ok()) {
    Refuse(asker, status);
    return std::nullopt;
  }
  commands_.emplace(call.token, asker);
  return std::move(call.command);
}

void Api::Answer(const ApiContext& context, const std::vector<engine::Answer>& answers) {
  for (const engine::Answer& answer : answers) {
    const auto found = commands_.find(answer.token);
    if (found == commands_.end()) continue;
    v1::ApiReply reply;
    if (answer.status.ok()) {
      reply.mutable_done()->set_changed(answer.changed);
      reply.mutable_done()->set_message(answer.message);
    } else {
      FillError(answer.status, reply.mutable_error());
    }
    Reply(found->second, reply);
    commands_.erase(found);
  }
  for (const CoreMessage& question : questions_) Question(context, question);
  questions_.clear();
}

void Api::Question(const ApiContext& context, const CoreMessage& message) {
  const Asker asker{message.reply, IsJson(message.data)};
  const Result<const Verb*> verb = VerbOf(message.subject);
  ApiCall call;
  call.context = &context;
  call.data = message.data;
  if (Status status = (*verb)->handle(&call); !status.ok()) {
    Refuse(asker, status);
    return;
  }
  if (call.ensure.empty()) {
    Reply(asker, call.reply);
    return;
  }
  for (const QueueAddress& queue : call.ensure) transport_->EnsureQueue(queue.priority, queue.queue);
  ensuring_.push_back(Ensuring{asker, std::move(call.ensure), context.now + kEnsureTimeout});
}

void Api::OnQueueSeen(Priority priority, const std::string& queue) {
  if (ensuring_.empty()) return;
  const QueueAddress seen{priority, queue};
  for (Ensuring& waiting : ensuring_) {
    std::erase(waiting.missing, seen);
    if (!waiting.missing.empty()) continue;
    v1::ApiReply reply;
    reply.mutable_queue_ready()->set_created(true);
    Reply(waiting.asker, reply);
  }
  std::erase_if(ensuring_, [](const Ensuring& waiting) { return waiting.missing.empty(); });
}

void Api::Expire(engine::Time now) {
  for (const Ensuring& waiting : ensuring_) {
    if (waiting.deadline > now) continue;
    Refuse(waiting.asker,
           Status(ErrorCode::kUnavailable, "the queue's consumer could not be made in time; try again", "queue"));
  }
  std::erase_if(ensuring_, [&](const Ensuring& waiting) { return waiting.deadline <= now; });
}

engine::Time Api::NextDeadline() const {
  engine::Time next = engine::kNever;
  for (const Ensuring& waiting : ensuring_) next = std::min(next, waiting.deadline);
  return next;
}

}  // namespace muster::runtime
