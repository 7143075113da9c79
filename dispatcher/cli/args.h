// Args: what was given on the command line, checked against the verb's options.
//
// Every value has passed the check of its Kind, so the typed accessors cannot fail. Threads: a value.
#ifndef MUSTER_DISPATCHER_CLI_ARGS_H_
#define MUSTER_DISPATCHER_CLI_ARGS_H_

#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "dispatcher/cli/verb.h"
#include "schemas/priority.h"
#include "schemas/status.h"
#include "schemas/text.h"

namespace muster::cli {

class Args {
 public:
  // kBadRequest naming the option where a value does not fit its kind, is missing, or is given twice.
  // Values the command line does not give are looked up in the environment.
  static Result<Args> Check(const std::vector<Option>& options, std::map<std::string, std::vector<std::string>> values);

  // REQUIRES (all): `name` is one of the verb's options, of the kind asked for.
  bool Has(std::string_view name) const;  // given at all; for flags: set
  std::string Text(std::string_view name, std::string_view otherwise = {}) const;
  const std::vector<std::string>& All(std::string_view name) const;
  std::uint64_t Count(std::string_view name, std::uint64_t otherwise) const;
  std::optional<std::chrono::milliseconds> Duration(std::string_view name) const;
  std::chrono::milliseconds Duration(std::string_view name, std::chrono::milliseconds otherwise) const;
  std::optional<std::int64_t> TimestampMs(std::string_view name, std::int64_t now_ms) const;
  std::optional<Priority> PriorityOf(std::string_view name) const;
  Resources ResourcesOf(std::string_view name) const;
  std::vector<std::pair<std::string, std::string>> Labels(std::string_view name) const;

 private:
  std::map<std::string, std::vector<std::string>, std::less<>> values_;
};

// One value against its kind; the message shows the right form.
Status CheckValue(const Option& option, std::string_view value);

}  // namespace muster::cli

#endif  // MUSTER_DISPATCHER_CLI_ARGS_H_
