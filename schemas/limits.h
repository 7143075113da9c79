// Every bound of the system, with its unit and the reason for the number. What goes over one is refused visibly
// (an ErrorCode, a dead letter) or waits in JetStream; nothing grows without end.
#ifndef MUSTER_SCHEMAS_LIMITS_H_
#define MUSTER_SCHEMAS_LIMITS_H_

#include <cstddef>
#include <cstdint>

namespace muster::limits {

// Names (queue, worker, type, capability, tenant, pool) in bytes: one subject token, short enough for metrics labels.
inline constexpr std::size_t kNameBytesMax = 64;
// Task ids in bytes: one subject token; a UUID is 36.
inline constexpr std::size_t kTaskIdBytesMax = 64;
// A task's payload in bytes: nats-server's default max_payload is 1 MiB; the rest is for the envelope.
inline constexpr std::size_t kPayloadBytesMax = 1000 * 1000;
// A result in bytes, for the same reason.
inline constexpr std::size_t kResultBytesMax = 1000 * 1000;
// A constraint expression in bytes, and its terms: evaluated once per class, but stored per class.
inline constexpr std::size_t kRequireBytesMax = 1024;
inline constexpr std::size_t kRequireTermsMax = 32;
// Named resources of a task or a worker.
inline constexpr std::size_t kResourcesMax = 16;
// One amount: far above any machine, far below an overflow when a worker's are added up.
inline constexpr std::int64_t kResourceAmountMax = std::int64_t{1} << 50;
// Dependencies of one task.
inline constexpr std::size_t kDependenciesMax = 64;
// Labels and capabilities of one task or worker.
inline constexpr std::size_t kLabelsMax = 64;
inline constexpr std::size_t kCapabilitiesMax = 256;
// Affinity keys, label values, error messages and other free text, in bytes; longer text is cut.
inline constexpr std::size_t kTextBytesMax = 512;
// Attempts a policy may ask for.
inline constexpr std::uint32_t kAttemptsMax = 1000;
// A delay, deadline or time-out in ms: ten years.
inline constexpr std::int64_t kDurationMsMax = std::int64_t{10} * 365 * 24 * 3600 * 1000;

// Queues known at once, over all priorities: each is a consumer on the server.
inline constexpr std::size_t kQueuesMax = 1280;
// Workers registered at once: the width of the bitmaps.
inline constexpr std::size_t kWorkersMax = 16384;
inline constexpr std::uint32_t kSlotsMax = 65536;
// Distinct constraint classes with a cached bitmap (2 KiB each at kWorkersMax); the rest are computed when needed.
inline constexpr std::size_t kClassesMax = 4096;
// Tasks in the dispatcher's memory; beyond it nothing is pulled.
inline constexpr std::size_t kTasksMax = 400000;
// Bytes of payload in the dispatcher's memory; beyond it nothing more is asked for. What was asked for already still
// comes, which the requests take into account by the mean size of the queue's tasks.
inline constexpr std::size_t kTaskBytesMax = std::size_t{256} * 1024 * 1024;
// Tasks of one queue that are held though no worker can take them now; the surplus goes back to the stream. More than
// is ever asked for at once, so that a fleet that leaves and comes back finds its tasks here.
inline constexpr std::size_t kParkedPerQueueMax = 6000;
// Finished ids kept in memory (about 75 bytes each) so that a repeated submission is not run twice.
inline constexpr std::size_t kFinishedIdsMax = 2000000;
// Finished tasks kept whole, for people who ask.
inline constexpr std::size_t kFinishedViewsMax = 10000;
// Events the loop takes into one turn: bounds the batch of the journal and the time between flushes.
inline constexpr std::size_t kEventsPerTurnMax = 1024;
// Messages that wait for the loop; beyond it worker chatter is dropped and counted, tasks stay in JetStream.
inline constexpr std::size_t kInboxMax = 262144;
// TaskRefs in one inventory or hello message: 64 bytes each stay well below max_payload.
inline constexpr std::size_t kHoldingPerMessageMax = 4096;
// Bytes of assignments or reports put into one message: below nats-server's default max_payload with room to spare.
inline constexpr std::size_t kBatchBytesMax = 512 * 1024;

}  // namespace muster::limits

#endif  // MUSTER_SCHEMAS_LIMITS_H_
