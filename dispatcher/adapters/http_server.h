// HttpServer: a small web server for what operators and their tools read: metrics, health, the dashboard page.
//
// Only GET and HEAD, exact paths. A handler is called from one of a few server threads, possibly several at once; it
// must be thread-safe and quick. The foreign library stays in http_server.cc.
#ifndef MUSTER_DISPATCHER_ADAPTERS_HTTP_SERVER_H_
#define MUSTER_DISPATCHER_ADAPTERS_HTTP_SERVER_H_

#include <functional>
#include <map>
#include <memory>
#include <string>

#include "schemas/status.h"

namespace muster::adapters {

struct HttpReply {
  int status = 200;
  std::string content_type = "text/plain; charset=utf-8";
  std::string body;
};

struct HttpRequest {
  std::string path;
  std::map<std::string, std::string> query;  // the first value of each
};

using HttpHandler = std::function<HttpReply(const HttpRequest&)>;

struct HttpOptions {
  std::string address = "127.0.0.1";
  int port = 0;     // 0: any free port, see HttpServer::port()
  int threads = 4;  // connections served at once; others wait
};

class HttpServer {
 public:
  explicit HttpServer(HttpOptions options);
  ~HttpServer();  // Stop()
  HttpServer(const HttpServer&) = delete;
  HttpServer& operator=(const HttpServer&) = delete;

  // REQUIRES: before Start; `path` begins with '/'.
  void Handle(std::string path, HttpHandler handler);

  // Binds, then serves from its own threads. kUnavailable when the address cannot be bound.
  Status Start();
  void Stop();       // waits for running handlers; idempotent
  int port() const;  // bound; 0 before Start

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace muster::adapters

#endif  // MUSTER_DISPATCHER_ADAPTERS_HTTP_SERVER_H_
