#include "dispatcher/daemon/web.h"

#include <nlohmann/json.hpp>

#include "dispatcher/adapters/prometheus_observer.h"

namespace muster::daemon {
namespace {

adapters::HttpReply Ready(const runtime::Health& health) {
  nlohmann::ordered_json body;
  body["ready"] = health.ready();
  body["items"] = nlohmann::ordered_json::array();
  for (const runtime::HealthItem& item : health.Items()) {
    body["items"].push_back({{"name", item.name}, {"ok", item.ok}, {"detail", item.detail}});
  }
  adapters::HttpReply reply;
  reply.status = body["ready"].get<bool>() ? 200 : 503;
  reply.content_type = "application/json";
  // Details may quote foreign text.
  reply.body = body.dump(2, ' ', false, nlohmann::ordered_json::error_handler_t::replace) + "\n";
  return reply;
}

}  // namespace

void AddPages(adapters::HttpServer* server, const runtime::Health* health, std::function<std::string()> metrics) {
  server->Handle("/healthz", [](const adapters::HttpRequest&) {
    adapters::HttpReply reply;
    reply.body = "ok\n";
    return reply;
  });
  server->Handle("/readyz", [health](const adapters::HttpRequest&) { return Ready(*health); });
  if (metrics == nullptr) return;
  server->Handle("/metrics", [metrics = std::move(metrics)](const adapters::HttpRequest&) {
    adapters::HttpReply reply;
    reply.content_type = adapters::PrometheusObserver::ContentType();
    reply.body = metrics();
    return reply;
  });
}

}  // namespace muster::daemon
