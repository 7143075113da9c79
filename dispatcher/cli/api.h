// Api: the connection of one command, and the questions it asks of musterd (muster.api.<noun>.<verb>).
//
// Threads: any, like Link.
#ifndef MUSTER_DISPATCHER_CLI_API_H_
#define MUSTER_DISPATCHER_CLI_API_H_

#include <google/protobuf/message.h>

#include <chrono>
#include <memory>
#include <string>
#include <string_view>

#include "dispatcher/cli/args.h"
#include "muster/options.h"
#include "muster/v1/admin.pb.h"
#include "schemas/status.h"
#include "worker_sdk/nats/link.h"

namespace muster::cli {

// The connection options of the command line and the environment. kBadRequest for a file that cannot be read.
Result<ConnectionOptions> ConnectionFrom(const Args& args);

class Api {
 public:
  // One try. kUnavailable says which server was tried and what to do.
  static Result<std::unique_ptr<Api>> Connect(const Args& args);

  // The reply, where it is no error. kUnavailable when no musterd listens, kTimeout when it does not answer in time.
  Result<v1::ApiReply> Ask(std::string_view noun, std::string_view verb, const google::protobuf::Message& request);

  Link& link() { return *link_; }
  std::chrono::milliseconds timeout() const { return timeout_; }
  const std::string& servers() const { return servers_; }  // as given, for messages

 private:
  Api(std::unique_ptr<Link> link, std::chrono::milliseconds timeout, std::string servers)
      : link_(std::move(link)), timeout_(timeout), servers_(std::move(servers)) {}

  std::unique_ptr<Link> link_;
  std::chrono::milliseconds timeout_;
  std::string servers_;
};

Status ToStatus(const v1::Error& error);

}  // namespace muster::cli

#endif  // MUSTER_DISPATCHER_CLI_API_H_
