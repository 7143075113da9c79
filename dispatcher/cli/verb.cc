#include "dispatcher/cli/verb.h"

#include <algorithm>

namespace muster::cli {

std::string_view LongName(const Option& option) {
  std::string_view first = option.flags.substr(0, option.flags.find(','));
  while (!first.empty() && first.front() == '-') first.remove_prefix(1);
  return first;
}

bool IsPositional(const Option& option) {
  return option.flags.empty() || option.flags.front() != '-';
}

const std::vector<Option>& CommonOptions() {
  static const std::vector<Option> kOptions = {
      {.flags = "--json", .kind = Kind::kFlag, .help = "answer in JSON, for programs (protobuf's JSON form)"},
      {.flags = "--color",
       .value = "WHEN",
       .help = "colours: auto (on a terminal, unless NO_COLOR is set), always, never",
       .choices = "auto|always|never"},
      {.flags = "--help,-h", .kind = Kind::kFlag, .help = "this help"},
  };
  return kOptions;
}

const std::vector<Option>& NatsOptions() {
  static const std::vector<Option> kOptions = {
      {.flags = "--server,-s",
       .value = "URL",
       .help = "NATS servers, separated by commas; nats://127.0.0.1:4222 when not given",
       .environment = "MUSTER_SERVER MUSTER_NATS_URL NATS_URL"},
      {.flags = "--creds", .value = "FILE", .help = "a .creds file (JWT and key)", .environment = "MUSTER_CREDS"},
      {.flags = "--user", .value = "NAME", .help = "user name", .environment = "MUSTER_USER"},
      {.flags = "--password",
       .value = "TEXT",
       .help = "password; other users of this machine see it in the list of processes, so prefer the next or the "
               "environment",
       .environment = "MUSTER_PASSWORD"},
      {.flags = "--password-file",
       .value = "FILE",
       .help = "a file with the password in its first line",
       .environment = "MUSTER_PASSWORD_FILE"},
      {.flags = "--token-file",
       .value = "FILE",
       .help = "a file with an access token in its first line (or the token itself in MUSTER_TOKEN)",
       .environment = "MUSTER_TOKEN_FILE"},
      {.flags = "--inbox-prefix",
       .value = "PREFIX",
       .help = "where answers are expected, for users that may not listen under _INBOX",
       .environment = "MUSTER_INBOX_PREFIX"},
      {.flags = "--tls-ca",
       .value = "FILE",
       .help = "certificates that the server's must be signed by; turns TLS on",
       .environment = "MUSTER_TLS_CA"},
      {.flags = "--tls-cert",
       .value = "FILE",
       .help = "our own certificate, where the server wants one",
       .environment = "MUSTER_TLS_CERT"},
      {.flags = "--tls-key", .value = "FILE", .help = "the key of it", .environment = "MUSTER_TLS_KEY"},
      {.flags = "--answer-timeout,--timeout",
       .kind = Kind::kDuration,
       .value = "DURATION",
       .help = "how long to wait for a connection and for an answer; 5s when not given"},
  };
  return kOptions;
}

std::vector<Option> AllOptions(const Verb& verb) {
  std::vector<Option> all = verb.options;
  const bool own_timeout = std::any_of(verb.options.begin(), verb.options.end(),
                                       [](const Option& option) { return LongName(option) == "timeout"; });
  if (verb.reach == Reach::kNats) {
    for (Option option : NatsOptions()) {
      if (own_timeout && LongName(option) == "answer-timeout") option.flags = "--answer-timeout";
      all.push_back(option);
    }
  }
  all.insert(all.end(), CommonOptions().begin(), CommonOptions().end());
  return all;
}

}  // namespace muster::cli
