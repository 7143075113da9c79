// The pages that the daemon serves over HTTP.
#ifndef MUSTER_DISPATCHER_DAEMON_WEB_H_
#define MUSTER_DISPATCHER_DAEMON_WEB_H_

#include <functional>
#include <string>

#include "dispatcher/adapters/http_server.h"
#include "dispatcher/runtime/health.h"

namespace muster::daemon {

// /healthz: 200 while the process lives. /readyz: 200 when every item is well, else 503, with all of them as JSON.
// /metrics: 404 where metrics are off. `health` must outlive the server.
void AddPages(adapters::HttpServer* server, const runtime::Health* health, std::function<std::string()> metrics);

}  // namespace muster::daemon

#endif  // MUSTER_DISPATCHER_DAEMON_WEB_H_
