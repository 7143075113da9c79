// The part of the configuration that the NATS transport wants.
#ifndef MUSTER_DISPATCHER_DAEMON_NATS_OPTIONS_H_
#define MUSTER_DISPATCHER_DAEMON_NATS_OPTIONS_H_

#include "dispatcher/adapters/nats_transport.h"
#include "dispatcher/daemon/config.h"

namespace muster::daemon {

adapters::NatsOptions MakeNatsOptions(const Config& config);

}  // namespace muster::daemon

#endif  // MUSTER_DISPATCHER_DAEMON_NATS_OPTIONS_H_
