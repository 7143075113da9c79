#include <array>
#include <charconv>
#include <cmath>
#include <limits>

#include "dispatcher/daemon/config.h"
#include "dispatcher/runtime/codec.h"
#include "schemas/subjects.h"
#include "schemas/text.h"

namespace muster::daemon {
namespace {

constexpr std::array<std::string_view, 4> kRetryNames = {"fixed", "linear", "exponential", "jittered"};

template <typename... F>
struct Overloaded : F... {
  using F::operator()...;
};
template <typename... F>
Overloaded(F...) -> Overloaded<F...>;

struct Refusal {
  std::string text;  // empty: all is well
};

std::string PlainNumber(double value) {
  std::array<char, 64> buffer{};
  const auto [end, error] = std::to_chars(buffer.data(), buffer.data() + buffer.size(), value);
  (void)error;
  return std::string(buffer.data(), end);
}

Refusal CheckRange(const Key& key, double value, const std::function<std::string(double)>& print) {
  if (value < key.least) return {"must be at least " + print(key.least)};
  if (key.most != 0 && value > key.most) return {"must be at most " + print(key.most)};
  return {};
}

template <typename Number>
Refusal SetWhole(const Key& key, std::string_view value, Number* slot) {
  std::uint64_t number = 0;
  const auto [end, error] = std::from_chars(value.data(), value.data() + value.size(), number);
  if (value.empty() || error != std::errc() || end != value.data() + value.size() ||
      number > std::numeric_limits<Number>::max()) {
    return {"is no whole number"};
  }
  if (Refusal refusal = CheckRange(key, static_cast<double>(number), PlainNumber); !refusal.text.empty())
    return refusal;
  *slot = static_cast<Number>(number);
  return {};
}

Refusal SetReal(const Key& key, std::string_view value, double* slot) {
  double number = 0;
  const auto [end, error] = std::from_chars(value.data(), value.data() + value.size(), number);
  if (value.empty() || error != std::errc() || end != value.data() + value.size() || !std::isfinite(number)) {
    return {"is no number"};
  }
  if (Refusal refusal = CheckRange(key, number, PlainNumber); !refusal.text.empty()) return refusal;
  *slot = number;
  return {};
}

Refusal SetDuration(const Key& key, std::string_view value, Duration* slot) {
  if (key.form == Form::kDurationOrOff && value == "off") {
    *slot = engine::EngineOptions::kAgeingOff;
    return {};
  }
  const auto duration = ParseDuration(value);
  if (!duration.ok()) return {"is no duration: " + duration.status().message()};
  const auto print = [](double seconds) { return PrintDuration(Duration(static_cast<std::int64_t>(seconds * 1e6))); };
  const double seconds = static_cast<double>(duration->count()) / 1e6;
  if (Refusal refusal = CheckRange(key, seconds, print); !refusal.text.empty()) return refusal;
  *slot = *duration;
  return {};
}

Refusal SetSize(const Key& key, std::string_view value, std::int64_t* slot) {
  const auto size = ParseSize(value);
  if (!size.ok()) return {"is no size: " + size.status().message()};
  const auto print = [](double bytes) { return PrintSize(static_cast<std::int64_t>(bytes)); };
  if (Refusal refusal = CheckRange(key, static_cast<double>(*size), print); !refusal.text.empty()) return refusal;
  *slot = *size;
  return {};
}

Refusal SetBool(std::string_view value, bool* slot) {
  if (value == "true" || value == "yes" || value == "on" || value == "1") {
    *slot = true;
  } else if (value == "false" || value == "no" || value == "off" || value == "0") {
    *slot = false;
  } else {
    return {"is neither true nor false"};
  }
  return {};
}

Refusal NotOneOf(std::string_view value, std::span<const std::string_view> names) {
  std::string text = "is not one of";
  for (const std::string_view name : names) text.append(" ").append(name);
  const std::string_view nearest = NearestName(value, names);
  if (!nearest.empty()) text += "; did you mean " + std::string(nearest) + "?";
  return {text};
}

Refusal SetText(const Key& key, std::string_view value, std::string* slot) {
  if (value.size() > limits::kTextBytesMax) return {"is too long"};
  for (const char c : value) {
    if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) return {"holds a control character"};
  }
  if (key.choices == nullptr) {
    *slot = std::string(value);
    return {};
  }
  const std::vector<std::string_view> names = key.choices();
  // Names of strategies are accepted with '-' or '_'.
  std::string wanted(value);
  for (const std::string_view name : names) {
    if (name == value) {
      *slot = std::string(name);
      return {};
    }
  }
  for (char& c : wanted) c = c == '-' ? '_' : c;
  for (const std::string_view name : names) {
    if (name != wanted) continue;
    *slot = std::string(name);
    return {};
  }
  return NotOneOf(value, names);
}

Refusal SetRetry(std::string_view value, engine::RetryStrategy* slot) {
  for (std::size_t i = 0; i < kRetryNames.size(); ++i) {
    if (kRetryNames[i] != value) continue;
    *slot = static_cast<engine::RetryStrategy>(i + 1);
    return {};
  }
  return NotOneOf(value, kRetryNames);
}

Refusal SetSlot(const Key& key, std::string_view value, const Slot& slot) {
  return std::visit(Overloaded{
                        [&](Duration* at) { return SetDuration(key, value, at); },
                        [&](std::int64_t* at) { return SetSize(key, value, at); },
                        [&](std::uint32_t* at) { return SetWhole(key, value, at); },
                        [&](std::uint64_t* at) { return SetWhole(key, value, at); },
                        [&](double* at) { return SetReal(key, value, at); },
                        [&](bool* at) { return SetBool(value, at); },
                        [&](std::string* at) { return SetText(key, value, at); },
                        [&](engine::RetryStrategy* at) { return SetRetry(value, at); },
                        [&](std::vector<std::string>* at) {
                          // One word, or several between commas: the form of flags and environment.
                          std::vector<std::string> words;
                          std::string word;
                          for (const char c : value) {
                            if (c != ',') {
                              word.push_back(c);
                              continue;
                            }
                            words.push_back(std::move(word));
                            word.clear();
                          }
                          words.push_back(std::move(word));
                          for (const std::string& w : words) {
                            if (w.empty()) return Refusal{"has an empty entry"};
                          }
                          *at = std::move(words);
                          return Refusal{};
                        },
                    },
                    slot);
}

// Where `pattern` matches the path, what stands for "*" ("" where it has none).
std::optional<std::string> MatchPath(std::string_view pattern, std::string_view path) {
  const std::size_t star = pattern.find('*');
  if (star == std::string_view::npos) return pattern == path ? std::optional<std::string>("") : std::nullopt;
  const std::string_view before = pattern.substr(0, star);
  const std::string_view after = pattern.substr(star + 1);
  if (path.size() <= before.size() + after.size()) return std::nullopt;
  if (path.substr(0, before.size()) != before || path.substr(path.size() - after.size()) != after) return std::nullopt;
  return std::string(path.substr(before.size(), path.size() - before.size() - after.size()));
}

struct Found {
  const Key* key = nullptr;
  std::string name;
};

Result<Found> FindKey(std::string_view path, std::string_view where) {
  for (const Key& key : Keys()) {
    if (auto name = MatchPath(key.path, path)) return Found{&key, *std::move(name)};
  }
  std::vector<std::string_view> paths;
  for (const Key& key : Keys()) paths.push_back(key.path);
  // A section that is wrong as a whole is named by its own nearest, too.
  for (const Key& key : Keys()) {
    for (std::size_t dot = key.path.find('.'); dot != std::string_view::npos; dot = key.path.find('.', dot + 1)) {
      paths.push_back(key.path.substr(0, dot));
    }
  }
  const std::string_view nearest = NearestName(path, paths);
  std::string message = "there is no key '" + runtime::CleanText(path, limits::kTextBytesMax) + "'";
  if (!nearest.empty()) message += "; did you mean '" + std::string(nearest) + "'?";
  return Status(ErrorCode::kBadRequest, std::move(message), std::string(where));
}

Status Bad(std::string_view path, std::string_view value, const Key& key, const Refusal& refusal,
           std::string_view where) {
  const std::string shown =
      key.form == Form::kSecret ? "the value" : "'" + runtime::CleanText(value, limits::kNameBytesMax) + "'";
  return Status(ErrorCode::kBadRequest, std::string(path) + ": " + shown + " " + refusal.text, std::string(where));
}

void Note(std::string_view path, const Key& key, Config* config) {
  if (key.in_force) return;
  for (const std::string& noted : config->not_in_force) {
    if (noted == path) return;
  }
  config->not_in_force.emplace_back(path);
}

}  // namespace

std::string_view TypeName(const Key& key) {
  Config config;
  return std::visit(Overloaded{
                        [](Duration*) -> std::string_view { return "duration"; },
                        [](std::int64_t*) -> std::string_view { return "size"; },
                        [](std::uint32_t*) -> std::string_view { return "whole number"; },
                        [](std::uint64_t*) -> std::string_view { return "whole number"; },
                        [](double*) -> std::string_view { return "number"; },
                        [](bool*) -> std::string_view { return "true or false"; },
                        [&](std::string*) -> std::string_view { return key.choices == nullptr ? "text" : "one of"; },
                        [](engine::RetryStrategy*) -> std::string_view { return "one of"; },
                        [](std::vector<std::string>*) -> std::string_view { return "list"; },
                    },
                    key.slot(&config, "x"));
}

std::string PrintValue(const Key& key, const Config& config, const std::string& name) {
  Config copy = config;
  return std::visit(
      Overloaded{
          [](Duration* at) {
            return *at == engine::EngineOptions::kAgeingOff ? std::string("off") : PrintDuration(*at);
          },
          [](std::int64_t* at) { return PrintSize(*at); },
          [](std::uint32_t* at) { return std::to_string(*at); },
          [](std::uint64_t* at) { return std::to_string(*at); },
          [](double* at) { return PlainNumber(*at); },
          [](bool* at) { return std::string(*at ? "true" : "false"); },
          [&](std::string* at) { return key.form == Form::kSecret && !at->empty() ? std::string("***") : *at; },
          [](engine::RetryStrategy* at) { return std::string(kRetryNames[static_cast<std::size_t>(*at) - 1]); },
          [](std::vector<std::string>* at) {
            std::string text;
            for (const std::string& word : *at) text += (text.empty() ? "" : ",") + word;
            return text;
          },
      },
      key.slot(&copy, name));
}

Status SetKey(std::string_view path, std::string_view value, std::string_view where, Config* config) {
  const Result<Found> found = FindKey(path, where);
  if (!found.ok()) return found.status();
  const Key& key = *found->key;
  if (!found->name.empty()) {
    if (Status status = subjects::CheckName("name", found->name); !status.ok()) {
      return Status(ErrorCode::kBadRequest, std::string(path) + ": " + status.message(), std::string(where));
    }
  }
  // Into a copy first: a value that is refused leaves nothing behind.
  Config changed = *config;
  const Refusal refusal = SetSlot(key, value, key.slot(&changed, found->name));
  if (!refusal.text.empty()) return Bad(path, value, key, refusal, where);
  *config = std::move(changed);
  Note(path, key, config);
  return Status();
}

Status SetKeyList(std::string_view path, std::span<const std::string> values, std::string_view where, Config* config) {
  const Result<Found> found = FindKey(path, where);
  if (!found.ok()) return found.status();
  const Slot slot = found->key->slot(config, found->name);
  if (!std::holds_alternative<std::vector<std::string>*>(slot)) {
    return Status(ErrorCode::kBadRequest, std::string(path) + " takes one value, not a list", std::string(where));
  }
  std::string joined;
  for (const std::string& value : values) joined += (joined.empty() ? "" : ",") + value;
  return SetKey(path, joined, where, config);
}

}  // namespace muster::daemon
