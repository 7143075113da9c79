// Performer: carries out the effects of a turn on a Transport.
//
// Effects run in order, except that what goes to one worker is gathered into one message of commands and one of
// assignments, sent at the end of the turn (or at limits::kBatchBytesMax), commands first.
// REQUIRES: the changes of the same turn are durable. Threads: the loop's.
#ifndef MUSTER_DISPATCHER_RUNTIME_PERFORM_H_
#define MUSTER_DISPATCHER_RUNTIME_PERFORM_H_

#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "dispatcher/engine/event.h"
#include "dispatcher/engine/turn.h"
#include "dispatcher/runtime/codec.h"
#include "dispatcher/runtime/transport.h"

namespace muster::runtime {

struct PerformerOptions {
  std::string dispatcher;                                       // our name, told in Welcome
  engine::Duration beat = std::chrono::milliseconds(500);       // how often workers are to beat
  engine::Duration release_timeout = std::chrono::seconds(10);  // a delayed message that is not read back by then
};

class Performer {
 public:
  // `transport` must outlive this.
  Performer(Transport* transport, PerformerOptions options);

  void set_epoch(std::uint64_t epoch) { epoch_ = epoch; }

  void Perform(engine::Time now, const std::vector<engine::Effect>& effects);
  // Tells a worker at once why its hello was not understood.
  void Refuse(engine::Time now, std::string_view worker, std::uint64_t incarnation, const Status& reason);

  // A delayed message was read back: publishes it on its task's subject, whose PublishDone then ends the release; or
  // gives the end itself, where it is gone or is no task.
  std::optional<engine::StoredDone> OnFetched(const DelayedFetched& fetched);
  // Releases that got no answer, as failures; and when the next one would be.
  void ExpireReleases(engine::Time now, std::vector<engine::Event>* events);
  engine::Time NextDeadline() const { return releases_.empty() ? engine::kNever : releases_.front().deadline; }

 private:
  // What is gathered for one incarnation of one worker. The strings keep their capacity over the turns.
  struct Outgoing {
    std::string worker;
    std::uint64_t incarnation = 0;
    std::string commands;     // a Control message, or empty
    std::string settled;      // entries of one Settled command
    std::string assignments;  // an Assignments message, or empty
  };
  struct Release {
    std::uint64_t sequence = 0;
    std::uint64_t token = 0;
    engine::Time deadline = engine::kNever;
  };

  Outgoing& For(const std::string& worker, std::uint64_t incarnation);
  std::string& CommandsFor(const std::string& worker, std::uint64_t incarnation);
  void Command(const std::string& worker, std::uint64_t incarnation);  // sends command_ to it with the turn
  void SendCommands(Outgoing* to);
  void SendAssignments(Outgoing* to);
  void SendAll();

  void Do(engine::Time now, const engine::Assign& effect);
  void Do(engine::Time now, const engine::Settle& effect);
  void Do(engine::Time now, const engine::CancelRun& effect);
  void Do(engine::Time now, const engine::WelcomeWorker& effect);
  void Do(engine::Time now, const engine::RefuseWorker& effect);
  void Do(engine::Time now, const engine::IdentifyWorker& effect);
  void Do(engine::Time now, const engine::DrainWorker& effect);
  void Do(engine::Time now, const engine::UndrainWorker& effect);
  void Do(engine::Time now, const engine::TakeInventory& effect);
  void Do(engine::Time now, const engine::Ack& effect);
  void Do(engine::Time now, const engine::Nak& effect);
  void Do(engine::Time now, const engine::Pull& effect);
  void Do(engine::Time now, const engine::StoreResult& effect);
  void Do(engine::Time now, const engine::StoreDeadLetter& effect);
  void Do(engine::Time now, const engine::StoreDelayed& effect);
  void Do(engine::Time now, const engine::ReleaseDelayed& effect);
  void Do(engine::Time now, const engine::RemoveDelayed& effect);
  void Do(engine::Time now, const engine::ReplyOutcome& effect);
  void Do(engine::Time now, const engine::Signal& effect);

  Transport* transport_;
  PerformerOptions options_;
  std::uint64_t epoch_ = 0;

  std::vector<Outgoing> outgoing_;  // the first used_ are this turn's
  std::size_t used_ = 0;
  std::unordered_map<std::string, std::size_t> places_;  // worker and incarnation -> place in outgoing_
  std::deque<Release> releases_;                         // by deadline

  std::string key_, bytes_;
  v1::Command command_;
  v1::TaskResult result_;
  Headers headers_;
};

// Whether a task may ask for its result to be sent to `subject`: a literal subject that is neither ours nor the
// server's own, so that a publisher cannot make the dispatcher speak in its name.
bool MayReplyTo(std::string_view subject);

}  // namespace muster::runtime

#endif  // MUSTER_DISPATCHER_RUNTIME_PERFORM_H_
