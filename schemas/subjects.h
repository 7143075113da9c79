// Subjects, streams and consumers: the only place where their names are built and taken apart.
//
// A name is one subject token: 1 to limits::kNameBytesMax characters of A-Z a-z 0-9 - _. Threads: pure functions.
#ifndef MUSTER_SCHEMAS_SUBJECTS_H_
#define MUSTER_SCHEMAS_SUBJECTS_H_

#include <cstdint>
#include <string>
#include <string_view>

#include "schemas/priority.h"
#include "schemas/status.h"

namespace muster::subjects {

// kBadQueue (queues) or kBadRequest with what is wrong with it, `what` being "queue", "worker", ….
Status CheckName(std::string_view what, std::string_view name);

// Tasks --------------------------------------------------------------------------------------------------------------
std::string Task(Priority priority, std::string_view queue);  // muster.tasks.<priority>.<queue>
struct TaskAddress {
  Priority priority = Priority::kNormal;
  std::string queue;
};
// kBadQueue when the priority is unknown (with the nearest name) or the queue is not one token.
Result<TaskAddress> ParseTask(std::string_view subject);
std::string TaskStream(Priority priority);          // MUSTER_TASKS_<PRIORITY>
std::string TaskStreamSubjects(Priority priority);  // muster.tasks.<priority>.>
// Consumer of one (priority, queue); carries the epoch, so that an old dispatcher is fenced by the server.
std::string TaskConsumer(std::string_view queue, std::uint64_t epoch);  // q-<queue>-e<epoch>
// The epoch in a consumer's name, 0 where it is not one of ours.
std::uint64_t ParseConsumerEpoch(std::string_view consumer);

// Workers ------------------------------------------------------------------------------------------------------------
std::string Assign(std::string_view worker);   // muster.assign.<worker>
std::string Control(std::string_view worker);  // muster.control.<worker>
inline constexpr std::string_view kControlAll = "muster.control._all";
std::string Hello(std::string_view worker);  // muster.worker.hello.<worker>
std::string Beat(std::string_view worker);
std::string Bye(std::string_view worker);
std::string Inventory(std::string_view worker);
std::string Report(std::string_view worker);  // muster.report.<worker>
inline constexpr std::string_view kWorkerWildcard = "muster.worker.*.*";
inline constexpr std::string_view kReportWildcard = "muster.report.*";

// Streams of what has ended or waits long
// ------------------------------------------------------------------------------
std::string Result(std::string_view task);  // muster.results.<task>
inline constexpr std::string_view kResultStream = "MUSTER_RESULTS";
inline constexpr std::string_view kResultStreamSubjects = "muster.results.*";
std::string Dead(std::string_view queue);  // muster.dead.<queue>; queue "_undecodable" where none is known
inline constexpr std::string_view kUndecodableQueue = "_undecodable";
inline constexpr std::string_view kDeadStream = "MUSTER_DEAD";
inline constexpr std::string_view kDeadStreamSubjects = "muster.dead.*";
std::string Delayed(Priority priority, std::string_view queue);  // muster.delayed.<priority>.<queue>
muster::Result<TaskAddress> ParseDelayed(std::string_view subject);
inline constexpr std::string_view kDelayedStream = "MUSTER_DELAYED";
inline constexpr std::string_view kDelayedStreamSubjects = "muster.delayed.>";

// Telling and asking -------------------------------------------------------------------------------------------------
std::string Event(std::string_view noun, std::string_view verb);  // muster.events.<noun>.<verb>
std::string Scaling(std::string_view scaling_class);              // muster.scaling.<class>
std::string Api(std::string_view noun, std::string_view verb);    // muster.api.<noun>.<verb>
inline constexpr std::string_view kApiWildcard = "muster.api.*.*";
inline constexpr std::string_view kLeaseBucket = "MUSTER_LEASE";

// The last token: the worker of muster.report.<worker>. Empty when there is none.
std::string_view LastToken(std::string_view subject);
// Token `index` from 0; empty when there is none.
std::string_view Token(std::string_view subject, int index);

}  // namespace muster::subjects

#endif  // MUSTER_SCHEMAS_SUBJECTS_H_
