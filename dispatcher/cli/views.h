// How tasks, workers and queues look on a terminal. Threads: pure functions.
#ifndef MUSTER_DISPATCHER_CLI_VIEWS_H_
#define MUSTER_DISPATCHER_CLI_VIEWS_H_

#include <google/protobuf/map.h>
#include <google/protobuf/repeated_field.h>

#include <cstdint>
#include <string>

#include "dispatcher/cli/table.h"
#include "muster/v1/admin.pb.h"

namespace muster::cli {

Colour StateColour(v1::TaskState state);

Table TaskTable(const v1::TaskList& list, std::int64_t now_ms);
Sheet TaskSheet(const v1::TaskView& task, std::int64_t now_ms);
Table WorkerTable(const v1::WorkerList& list, std::int64_t now_ms);
Sheet WorkerSheet(const v1::WorkerView& worker, std::int64_t now_ms);
Table QueueTable(const v1::QueueList& list);
Sheet QueueSheet(const v1::QueueView& queue);

// Readable text: why here, or why it waits and what would unblock it.
std::string ExplanationText(const v1::Explanation& explanation, bool colours, std::size_t width);

// "a, b, c"; "-" for none where `nothing` says so.
std::string Joined(const google::protobuf::RepeatedPtrField<std::string>& words, std::string_view nothing = "");
// "a=1, b=2" in order of the names.
std::string Joined(const google::protobuf::Map<std::string, std::string>& labels);
std::string ResourcesText(const google::protobuf::Map<std::string, std::int64_t>& resources);

}  // namespace muster::cli

#endif  // MUSTER_DISPATCHER_CLI_VIEWS_H_
