// What the daemon shows on HTTP, and who watches the turns: the wiring between the loop and the adapters.
#ifndef MUSTER_DISPATCHER_DAEMON_WEB_H_
#define MUSTER_DISPATCHER_DAEMON_WEB_H_

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "dispatcher/adapters/http_server.h"
#include "dispatcher/runtime/health.h"
#include "dispatcher/runtime/observer.h"
#include "dispatcher/runtime/transport.h"

namespace muster::daemon {

using Observers = std::vector<std::unique_ptr<runtime::Observer>>;

// The metrics observer, and what renders /metrics.
void AddMetrics(Observers* observers, std::function<std::string()>* render);
// Events and scaling signals on muster.events and muster.scaling.
void AddEventPublisher(Observers* observers, runtime::Transport* transport);

// /healthz: 200 while the process lives. /readyz: 200 when every item is well, else 503, with all of them as JSON.
// /metrics: 404 where metrics are off. `health` must outlive the server.
void AddPages(adapters::HttpServer* server, const runtime::Health* health, std::function<std::string()> metrics);

}  // namespace muster::daemon

#endif  // MUSTER_DISPATCHER_DAEMON_WEB_H_
