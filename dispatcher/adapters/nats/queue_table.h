// QueueTable: every task subject that is known, with its consumer and its credit. Guarded by one mutex, held shortly:
// the loop asks for credit, the delivery thread takes it, the manager thread makes consumers.
#ifndef MUSTER_DISPATCHER_ADAPTERS_NATS_QUEUE_TABLE_H_
#define MUSTER_DISPATCHER_ADAPTERS_NATS_QUEUE_TABLE_H_

#include <array>
#include <cstdint>
#include <deque>
#include <functional>
#include <mutex>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "dispatcher/adapters/nats/credit.h"
#include "schemas/priority.h"

namespace muster::adapters::nats {

struct StringHash {
  using is_transparent = void;
  std::size_t operator()(std::string_view text) const { return std::hash<std::string_view>()(text); }
};
template <typename T>
using StringMap = std::unordered_map<std::string, T, StringHash, std::equal_to<>>;

struct Queue {
  std::uint32_t index = 0;
  Priority priority = Priority::kNormal;
  std::string name;  // empty: the subject is no proper task subject; the decoder refuses what comes
  std::string subject;
  std::string consumer;
  std::string next_subject;  // where to pull
  bool ready = false;        // the consumer exists, as far as we know
  bool wanted = false;       // EnsureQueue was called and not answered yet
  bool doubtful = false;     // a pull was refused: look before asking again
  bool touched = false;      // has new credit since the last Flush
  bool moved = false;        // messages came since the numbers were last read
  bool told = false;         // QueueSeen was posted once
  Credit credit;
  Credit::Time not_before{};  // of the next try to make the consumer
  Credit::Time asked{};       // when the numbers were last read
  std::uint64_t stored = 0;   // as last posted
  std::uint64_t unacked = 0;
  std::uint64_t in_stream = 0;  // messages of the subject when discovery last looked
  std::uint64_t last_sequence = 0;
};

// Credit that a subject which is no queue always has, so that its messages reach the decoder and become dead letters.
inline constexpr std::int64_t kStandingCredit = 16;

class QueueTable {
 public:
  // Every other function REQUIRES: mutex() is held.
  std::mutex& mutex() { return mutex_; }

  void SetEpoch(std::uint64_t epoch) { epoch_ = epoch; }
  // Finds or adds. `subject` lies in the task stream of `priority`. Null: limits::kQueuesMax is reached.
  Queue* Add(Priority priority, const std::string& subject);
  Queue* Add(Priority priority, std::string_view queue);
  Queue* Find(std::string_view subject);
  Queue* Find(Priority priority, std::string_view queue);
  Queue* At(std::size_t index) { return index < queues_.size() ? &queues_[index] : nullptr; }

  std::size_t size() const { return queues_.size(); }
  std::deque<Queue>& all() { return queues_; }

 private:
  std::mutex mutex_;
  std::uint64_t epoch_ = 0;
  std::deque<Queue> queues_;  // never shrinks: pointers and indexes stay valid
  StringMap<Queue*> by_subject_;
  std::array<StringMap<Queue*>, kPriorities> by_name_;
};

}  // namespace muster::adapters::nats

#endif  // MUSTER_DISPATCHER_ADAPTERS_NATS_QUEUE_TABLE_H_
