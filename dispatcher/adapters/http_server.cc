#include "dispatcher/adapters/http_server.h"

#include <httplib.h>

#include <chrono>
#include <exception>
#include <thread>
#include <utility>

#include "schemas/invariant.h"

namespace muster::adapters {

struct HttpServer::Impl {
  HttpOptions options;
  std::map<std::string, HttpHandler> handlers;
  httplib::Server server;
  std::thread thread;
  int port = 0;

  void Serve(const httplib::Request& request, httplib::Response& response) const {
    const auto found = handlers.find(request.path);
    if (found == handlers.end()) {
      std::string body = "404: nothing at " + request.path + ". There is:";
      for (const auto& entry : handlers) body += " " + entry.first;
      response.status = 404;
      response.set_content(body + "\n", "text/plain; charset=utf-8");
      return;
    }
    HttpRequest ours;
    ours.path = request.path;
    for (const auto& [name, value] : request.params) ours.query.emplace(name, value);
    HttpReply reply = found->second(ours);
    response.status = reply.status;
    response.set_content(reply.body, reply.content_type.c_str());
  }
};

HttpServer::HttpServer(HttpOptions options) : impl_(std::make_unique<Impl>()) {
  impl_->options = std::move(options);
  Impl* impl = impl_.get();
  const int threads = impl->options.threads < 1 ? 1 : impl->options.threads;
  impl->server.new_task_queue = [threads] { return new httplib::ThreadPool(static_cast<std::size_t>(threads)); };
  // Slow or silent clients give their thread back soon.
  impl->server.set_read_timeout(std::chrono::seconds(5));
  impl->server.set_write_timeout(std::chrono::seconds(5));
  impl->server.set_keep_alive_timeout(2);
  impl->server.set_payload_max_length(64 * 1024);
  impl->server.Get(
      ".*", [impl](const httplib::Request& request, httplib::Response& response) { impl->Serve(request, response); });
  const auto refuse = [](const httplib::Request& request, httplib::Response& response) {
    response.status = 405;
    response.set_header("Allow", "GET, HEAD");
    response.set_content("405: " + request.method + " is not possible here; use GET\n", "text/plain; charset=utf-8");
  };
  impl->server.Post(".*", refuse);
  impl->server.Put(".*", refuse);
  impl->server.Patch(".*", refuse);
  impl->server.Delete(".*", refuse);
  impl->server.Options(".*", refuse);
  impl->server.set_exception_handler([](const httplib::Request& request, httplib::Response& response, const auto&) {
    response.status = 500;
    response.set_content("500: the handler of " + request.path + " failed\n", "text/plain; charset=utf-8");
  });
}

HttpServer::~HttpServer() {
  Stop();
}

void HttpServer::Handle(std::string path, HttpHandler handler) {
  INVARIANT(impl_->port == 0 && !path.empty() && path.front() == '/');
  impl_->handlers[std::move(path)] = std::move(handler);
}

Status HttpServer::Start() {
  INVARIANT(impl_->port == 0);
  const HttpOptions& options = impl_->options;
  const std::string where = options.address + ":" + std::to_string(options.port);
  if (options.port < 0 || options.port > 65535) return {ErrorCode::kBadRequest, "a port is 0 to 65535", where};
  int port = options.port;
  if (port == 0) {
    port = impl_->server.bind_to_any_port(options.address.c_str());
    if (port <= 0) port = -1;
  } else if (!impl_->server.bind_to_port(options.address.c_str(), port)) {
    port = -1;
  }
  if (port < 0) {
    return {ErrorCode::kUnavailable, "cannot listen there: is the address this machine's and the port free?", where};
  }
  impl_->port = port;
  impl_->thread = std::thread([impl = impl_.get()] { impl->server.listen_after_bind(); });
  // stop() before listen_after_bind() has begun would be lost.
  while (!impl_->server.is_running()) std::this_thread::yield();
  return {};
}

void HttpServer::Stop() {
  if (!impl_->thread.joinable()) return;
  impl_->server.stop();
  impl_->thread.join();
}

int HttpServer::port() const {
  return impl_->port;
}

}  // namespace muster::adapters
