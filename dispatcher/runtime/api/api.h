// Api: takes questions and commands from muster.api.<noun>.<verb> and sees that each gets exactly one reply.
//
// Commands join the turn's events and are answered after the commit; questions wait for the end of the turn, so that
// they never show what is not durable; queue.ensure is answered when the transport has seen the queue.
// Threads: the loop's.
#ifndef MUSTER_DISPATCHER_RUNTIME_API_API_H_
#define MUSTER_DISPATCHER_RUNTIME_API_API_H_

#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "dispatcher/runtime/api/verb.h"
#include "dispatcher/runtime/transport.h"

namespace muster::runtime {

class Api {
 public:
  // `transport` must outlive this.
  explicit Api(Transport* transport) : transport_(transport) {}

  // REQUIRES: the subject is below muster.api. Gives the event of a command.
  std::optional<engine::Event> Take(const ApiContext& context, CoreMessage message);
  // After the turn was committed: its answers, then the questions.
  void Answer(const ApiContext& context, const std::vector<engine::Answer>& answers);
  void OnQueueSeen(Priority priority, const std::string& queue);
  // Those of queue.ensure that waited too long.
  void Expire(engine::Time now);
  engine::Time NextDeadline() const;

 private:
  struct Asker {
    std::string subject;
    bool json = false;
  };
  struct Ensuring {
    Asker asker;
    std::vector<QueueAddress> missing;
    engine::Time deadline = engine::kNever;
  };

  void Reply(const Asker& asker, const v1::ApiReply& reply);
  void Refuse(const Asker& asker, const Status& status);
  void Question(const ApiContext& context, const CoreMessage& message);

  Transport* transport_;
  std::uint64_t last_token_ = 0;
  std::unordered_map<std::uint64_t, Asker> commands_;
  std::vector<CoreMessage> questions_;
  std::vector<Ensuring> ensuring_;
};

}  // namespace muster::runtime

#endif  // MUSTER_DISPATCHER_RUNTIME_API_API_H_
