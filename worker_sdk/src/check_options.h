// What a worker's options must be before they are told to a dispatcher. Threads: pure functions, but for reading the
// host's name.
#ifndef MUSTER_WORKER_SDK_CHECK_OPTIONS_H_
#define MUSTER_WORKER_SDK_CHECK_OPTIONS_H_

#include "muster/options.h"
#include "schemas/status.h"

namespace muster {

// Fills in what was left to us: name, slots, threads.
WorkerOptions Complete(WorkerOptions options);

// kBadRequest with the option at fault. REQUIRES: completed.
Status CheckOptions(const WorkerOptions& options);

}  // namespace muster

#endif  // MUSTER_WORKER_SDK_CHECK_OPTIONS_H_
