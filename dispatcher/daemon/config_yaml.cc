#include "dispatcher/daemon/config_yaml.h"

#include <yaml-cpp/yaml.h>

#include <exception>
#include <set>

namespace muster::daemon {
namespace {

// Far beyond any configuration; keeps an alias that refers to itself, or to ever more, from running away.
constexpr int kDepthMax = 8;
constexpr std::size_t kSettingsMax = 10000;
constexpr std::size_t kTextBytesMax = 1 << 20;

class Flattener {
 public:
  Flattener(std::string_view file, std::vector<YamlSetting>* settings) : file_(file), settings_(settings) {}

  Status Walk(const YAML::Node& node, const std::string& path, int line, int depth) {
    if (depth > kDepthMax) return At(line, "'" + path + "' is nested too deeply");
    if (settings_->size() >= kSettingsMax) return At(line, "too many settings");
    switch (node.Type()) {
      case YAML::NodeType::Map: return WalkMap(node, path, line, depth);
      case YAML::NodeType::Sequence: return WalkList(node, path, line);
      case YAML::NodeType::Scalar: settings_->push_back({path, {node.Scalar()}, false, false, line}); return Status();
      case YAML::NodeType::Null: settings_->push_back({path, {}, false, true, line}); return Status();
      case YAML::NodeType::Undefined: break;
    }
    return At(line, "'" + path + "' has no meaning");
  }

  Status At(int line, std::string message) const {
    return Status(ErrorCode::kBadRequest, std::move(message), file_ + ":" + std::to_string(line));
  }

 private:
  static int LineOf(const YAML::Node& node) { return node.Mark().line + 1; }

  Status WalkMap(const YAML::Node& node, const std::string& path, int line, int depth) {
    if (node.size() == 0) settings_->push_back({path, {}, false, true, line});
    std::set<std::string> seen;
    for (const auto& entry : node) {
      const int key_line = LineOf(entry.first);
      if (!entry.first.IsScalar()) return At(key_line, "a key must be a word");
      const std::string& key = entry.first.Scalar();
      if (!seen.insert(key).second) return At(key_line, "'" + key + "' is there twice");
      const std::string below = path.empty() ? key : path + "." + key;
      if (Status status = Walk(entry.second, below, key_line, depth + 1); !status.ok()) return status;
    }
    return Status();
  }

  Status WalkList(const YAML::Node& node, const std::string& path, int line) {
    YamlSetting setting{path, {}, true, false, line};
    for (const auto& item : node) {
      if (!item.IsScalar()) return At(LineOf(item), "'" + path + "' is a list of words");
      if (setting.values.size() >= kSettingsMax) return At(line, "too many entries");
      setting.values.push_back(item.Scalar());
    }
    settings_->push_back(std::move(setting));
    return Status();
  }

  const std::string file_;
  std::vector<YamlSetting>* settings_;
};

}  // namespace

Result<std::vector<YamlSetting>> FlattenYaml(std::string_view text, std::string_view file) {
  std::vector<YamlSetting> settings;
  Flattener flattener(file, &settings);
  if (text.size() > kTextBytesMax) return flattener.At(1, "the file is too large for a configuration");
  try {
    const YAML::Node root = YAML::Load(std::string(text));
    if (root.IsNull()) return settings;
    if (!root.IsMap()) return flattener.At(root.Mark().line + 1, "a configuration is a map of keys");
    if (Status status = flattener.Walk(root, "", 1, 0); !status.ok()) return status;
  } catch (const YAML::Exception& error) {
    return flattener.At(error.mark.line + 1, "this is no YAML: " + error.msg);
  } catch (const std::exception& error) {
    return flattener.At(1, std::string("this is no YAML: ") + error.what());
  }
  return settings;
}

}  // namespace muster::daemon
