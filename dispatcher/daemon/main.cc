// musterd: the dispatcher.
#include <google/protobuf/stubs/logging.h>

#include <cstdio>
#include <filesystem>
#include <fstream>

#include "dispatcher/adapters/logging.h"
#include "dispatcher/daemon/command_line.h"
#include "dispatcher/daemon/dev_server.h"
#include "dispatcher/daemon/directory_lock.h"
#include "dispatcher/daemon/exit_code.h"
#include "dispatcher/daemon/service.h"
#include "dispatcher/daemon/signals.h"

namespace muster::daemon {
namespace {

void TellHowToBegin(const CommandLine& line, const std::string& nats_url, const std::string& http_address) {
  std::printf(
      "\n"
      "  musterd is ready.\n"
      "    NATS     %s\n"
      "    metrics  http://%s/metrics   (health: /readyz)\n"
      "    data     %s\n"
      "\n"
      "  In other terminals:\n"
      "    muster worker run --server %s --queue hello --exec 'tr a-z A-Z'\n"
      "    muster task submit --server %s --queue hello --data 'hello world' --wait\n"
      "\n"
      "  Ctrl-C stops it; the data stays.\n\n",
      nats_url.c_str(), http_address.c_str(), line.data_directory.c_str(), nats_url.c_str(), nats_url.c_str());
  std::fflush(stdout);
}

int Run(CommandLine line) {
  // Everything a publisher or worker can send wrong is counted by us; protobuf need not shout about it.
  google::protobuf::SetLogHandler(nullptr);
  adapters::StartLogging(*adapters::ParseLogLevel(line.config.log_level),
                         line.config.log_format == "json" ? adapters::LogForm::kJson : adapters::LogForm::kText);
  StopSignals signals;
  if (!line.data_directory.empty()) {
    std::error_code error;
    std::filesystem::create_directories(line.data_directory, error);
    if (error) {
      std::fprintf(stderr, "musterd: %s: cannot be made: %s\n", line.data_directory.c_str(), error.message().c_str());
      return kExitFailed;
    }
  }
  DirectoryLock lock;
  if (!line.data_directory.empty() && !lock.Take(line.data_directory)) {
    std::fprintf(stderr, "musterd: %s: another musterd uses this directory; stop it, or give another one with --data\n",
                 line.data_directory.c_str());
    return kExitUnavailable;
  }
  std::unique_ptr<DevServer> server;
  if (line.dev) {
    Result<std::unique_ptr<DevServer>> started = DevServer::Start(line.data_directory, line.nats_port);
    if (!started.ok()) {
      std::fprintf(stderr, "musterd: %s: %s\n", started.status().where().c_str(), started.status().message().c_str());
      return kExitUnavailable;
    }
    server = std::move(started).value();
    line.config.nats.servers = {server->url()};
    std::ofstream(std::filesystem::path(line.data_directory) / "nats.url") << server->url() << "\n";
  }
  Service service(line);
  signals.Watch([&service](int) { service.Stop(); });
  if (line.dev) service.OnReady([&] { TellHowToBegin(line, server->url(), service.http_address()); });
  return service.Run();
}

}  // namespace
}  // namespace muster::daemon

int main(int argc, char** argv) {
  using namespace muster::daemon;  // NOLINT(google-build-using-namespace): this is the program
  CommandLine line = ReadCommandLine(argc, argv);
  if (!line.ends) return Run(std::move(line));
  std::fputs(line.output.c_str(), stdout);
  std::fputs(line.error.c_str(), stderr);
  return line.exit_code;
}
