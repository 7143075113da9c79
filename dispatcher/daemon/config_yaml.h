// config_yaml: a YAML text as a flat list of settings with their lines. The foreign parser stays in config_yaml.cc.
// Threads: pure function. Untrusted text: any bytes give a Status, never an exception.
#ifndef MUSTER_DISPATCHER_DAEMON_CONFIG_YAML_H_
#define MUSTER_DISPATCHER_DAEMON_CONFIG_YAML_H_

#include <string>
#include <string_view>
#include <vector>

#include "schemas/status.h"

namespace muster::daemon {

struct YamlSetting {
  std::string path;                 // "load_balancing.strategy"
  std::vector<std::string> values;  // one, or those of a sequence
  bool is_list = false;
  bool is_empty = false;  // "key:" with nothing behind it
  int line = 0;           // from 1
};

// In the order of the text. kBadRequest, `where` being "file:line", when it is no YAML of maps, scalars and sequences
// of scalars, or a key occurs twice.
Result<std::vector<YamlSetting>> FlattenYaml(std::string_view text, std::string_view file);

}  // namespace muster::daemon

#endif  // MUSTER_DISPATCHER_DAEMON_CONFIG_YAML_H_
