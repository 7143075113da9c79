#include "dispatcher/adapters/http_server.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include "tests/support/catch.h"

namespace muster::adapters {
namespace {

// A real client: one request over one socket, everything that comes back.
std::string Send(int port, const std::string& request) {
  const int fd = socket(AF_INET, SOCK_STREAM, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  address.sin_port = htons(static_cast<std::uint16_t>(port));
  std::string all;
  if (connect(fd, reinterpret_cast<sockaddr*>(&address), sizeof(address)) == 0) {
    send(fd, request.data(), request.size(), 0);
    char buffer[4096];
    for (ssize_t got = 0; (got = recv(fd, buffer, sizeof(buffer), 0)) > 0;)
      all.append(buffer, static_cast<std::size_t>(got));
  }
  close(fd);
  return all;
}

std::string Ask(int port, const std::string& method, const std::string& path) {
  return Send(port, method + " " + path + " HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: 0\r\n\r\n");
}

bool Has(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

TEST_CASE("http server: a handler's answer arrives with its status and type") {
  HttpServer server({});
  server.Handle("/healthz", [](const HttpRequest&) { return HttpReply{200, "text/plain", "ok\n"}; });
  server.Handle("/readyz", [](const HttpRequest& request) {
    return HttpReply{503, "application/json", "{\"why\":\"" + request.query.at("q") + "\"}"};
  });
  REQUIRE(server.Start().ok());
  REQUIRE(server.port() > 0);
  const std::string health = Ask(server.port(), "GET", "/healthz");
  CHECK(Has(health, "200"));
  CHECK(Has(health, "\r\n\r\nok\n"));
  const std::string ready = Ask(server.port(), "GET", "/readyz?q=start%20up");
  CHECK(Has(ready, " 503 "));
  CHECK(Has(ready, "Content-Type: application/json"));
  CHECK(Has(ready, "{\"why\":\"start up\"}"));
  const std::string head = Ask(server.port(), "HEAD", "/healthz");
  CHECK(Has(head, " 200 "));
  CHECK_FALSE(Has(head, "ok\n"));
}

TEST_CASE("http server: an unknown path and another method are refused in words") {
  HttpServer server({});
  server.Handle("/metrics", [](const HttpRequest&) { return HttpReply{}; });
  REQUIRE(server.Start().ok());
  const std::string missing = Ask(server.port(), "GET", "/nothing");
  CHECK(Has(missing, " 404 "));
  CHECK(Has(missing, "/metrics"));
  const std::string post = Ask(server.port(), "POST", "/metrics");
  CHECK(Has(post, " 405 "));
  CHECK(Has(post, "Allow: GET, HEAD"));
}

TEST_CASE("http server: nonsense is answered and does not stop it") {
  HttpServer server({});
  server.Handle("/", [](const HttpRequest&) { return HttpReply{}; });
  REQUIRE(server.Start().ok());
  Send(server.port(), std::string("\0\xff\r\n\r\n", 6));
  CHECK(Has(Ask(server.port(), "GET", "/"), " 200 "));
}

TEST_CASE("http server: a port in use is told, Stop frees it") {
  HttpServer first({});
  REQUIRE(first.Start().ok());
  HttpOptions same;
  same.address = "127.0.0.1";
  same.port = first.port();
  HttpServer second(same);
  first.Stop();
  first.Stop();
  REQUIRE(second.Start().ok());
  HttpServer third({"203.0.113.1", 0, 1});
  CHECK(third.Start().code() == ErrorCode::kUnavailable);
}

}  // namespace
}  // namespace muster::adapters
