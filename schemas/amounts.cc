// Sizes and resources of schemas/text.h.
#include <algorithm>
#include <array>
#include <optional>

#include "schemas/charset.h"
#include "schemas/limits.h"
#include "schemas/text.h"

namespace muster {
namespace {

struct SizeUnit {
  std::string_view name;
  std::int64_t bytes;
};
// Binary ones first: PrintSize prefers them.
constexpr std::array<SizeUnit, 11> kSizeUnits = {{{"PiB", std::int64_t{1} << 50},
                                                  {"TiB", std::int64_t{1} << 40},
                                                  {"GiB", std::int64_t{1} << 30},
                                                  {"MiB", std::int64_t{1} << 20},
                                                  {"KiB", std::int64_t{1} << 10},
                                                  {"PB", 1'000'000'000'000'000},
                                                  {"TB", 1'000'000'000'000},
                                                  {"GB", 1'000'000'000},
                                                  {"MB", 1'000'000},
                                                  {"KB", 1'000},
                                                  {"B", 1}}};

Status Bad(std::string message) {
  return Status(ErrorCode::kBadRequest, std::move(message));
}

struct Decimal {
  std::int64_t digits = 0;  // all of them, without the point
  std::int64_t scale = 1;   // a power of ten
};

// "12" or "0.5" at the front; removes it. nullopt where it is none, or longer than 16 digits.
std::optional<Decimal> TakeDecimal(std::string_view* text) {
  Decimal decimal;
  std::size_t digits = 0;
  bool point = false;
  std::size_t after_point = 0;
  while (!text->empty()) {
    const char c = text->front();
    if (c == '.' && !point && digits > 0) {
      point = true;
    } else if (charset::IsDigit(c)) {
      if (++digits > 16) return std::nullopt;
      decimal.digits = decimal.digits * 10 + (c - '0');
      if (point) {
        decimal.scale *= 10;
        ++after_point;
      }
    } else {
      break;
    }
    text->remove_prefix(1);
  }
  if (digits == 0 || (point && after_point == 0)) return std::nullopt;
  return decimal;
}

// decimal * factor where it is whole and in range.
std::optional<std::int64_t> Times(const Decimal& decimal, std::int64_t factor) {
  const __int128 product = static_cast<__int128>(decimal.digits) * factor;
  if (product % decimal.scale != 0) return std::nullopt;
  const __int128 amount = product / decimal.scale;
  if (amount > limits::kResourceAmountMax) return std::nullopt;
  return static_cast<std::int64_t>(amount);
}

enum class Measure { kThousandths, kBytes, kUnits };

Measure MeasureOf(std::string_view name) {
  if (name == "cpu") return Measure::kThousandths;
  if (name == "memory" || name == "vram" || name.ends_with("_bytes")) return Measure::kBytes;
  return Measure::kUnits;
}

Result<std::int64_t> ParseAmount(std::string_view name, std::string_view text) {
  const Measure measure = MeasureOf(name);
  if (text.starts_with('-')) return Bad(std::string(name) + "=" + std::string(charset::Quote(text)) + " is negative");
  if (measure == Measure::kBytes) {
    Result<std::int64_t> size = ParseSize(text);
    if (!size.ok()) return Bad(std::string(name) + ": " + size.status().message());
    return size;
  }
  std::string_view rest = text;
  const std::optional<Decimal> decimal = TakeDecimal(&rest);
  const std::optional<std::int64_t> amount =
      decimal && rest.empty() ? Times(*decimal, measure == Measure::kThousandths ? 1000 : 1) : std::nullopt;
  if (!amount) {
    return Bad(std::string(name) + "=" + charset::Quote(text) +
               (measure == Measure::kThousandths ? " is no amount; write cores in steps of a thousandth: cpu=0.5"
                                                 : " is no amount; write a whole number up to 2^50: ") +
               (measure == Measure::kThousandths ? "" : std::string(name) + "=1"));
  }
  return *amount;
}

}  // namespace

Result<std::int64_t> ParseSize(std::string_view text) {
  const auto bad = [&](std::string_view why) {
    return Bad(charset::Quote(text) + " is not a size: " + std::string(why) + "; write 512, 4KiB, 1MB or 24GiB");
  };
  if (text.empty()) return bad("it is empty");
  if (text.front() == '-') return bad("it is negative");
  std::string_view rest = text;
  const std::optional<Decimal> decimal = TakeDecimal(&rest);
  if (!decimal) return bad("a number must come first, of 16 digits at most");
  std::int64_t factor = 1;
  if (!rest.empty()) {
    const auto unit = std::find_if(kSizeUnits.begin(), kSizeUnits.end(),
                                   [&](const SizeUnit& u) { return charset::EqualsIgnoreCase(u.name, rest); });
    if (unit == kSizeUnits.end()) return bad("the units are B KB MB GB TB PB and KiB MiB GiB TiB PiB");
    factor = unit->bytes;
  }
  const std::optional<std::int64_t> bytes = Times(*decimal, factor);
  if (!bytes) return bad("it is no whole number of bytes, or more than 1PiB");
  return *bytes;
}

std::string PrintSize(std::int64_t bytes) {
  for (const SizeUnit& unit : kSizeUnits) {
    if (unit.bytes > 1 && bytes >= unit.bytes && bytes % unit.bytes == 0) {
      return std::to_string(bytes / unit.bytes).append(unit.name);
    }
  }
  return std::to_string(bytes);
}

Result<Resources> ParseResources(std::string_view text) {
  Resources resources;
  text = charset::Trim(text);
  while (!text.empty()) {
    const std::size_t comma = text.find(',');
    const std::string_view item = charset::Trim(text.substr(0, comma));
    const std::size_t equals = item.find('=');
    const std::string_view name = charset::Trim(item.substr(0, equals));
    if (equals == std::string_view::npos || name.empty()) {
      return Bad(charset::Quote(item) + " is no resource; write name=amount, as in cpu=0.5,memory=4GiB");
    }
    if (name.size() > limits::kNameBytesMax || charset::FindOther(charset::kName, name) < name.size()) {
      return Bad("the resource name " + charset::Quote(name) + " is not 1 to 64 of A-Z a-z 0-9 - _");
    }
    const Result<std::int64_t> amount = ParseAmount(name, charset::Trim(item.substr(equals + 1)));
    if (!amount.ok()) return amount.status();
    if (!resources.emplace(name, *amount).second)
      return Bad("the resource " + charset::Quote(name) + " is named twice");
    if (resources.size() > limits::kResourcesMax) {
      return Bad("more than " + std::to_string(limits::kResourcesMax) + " resources");
    }
    if (comma == std::string_view::npos) break;
    text.remove_prefix(comma + 1);
    if (charset::Trim(text).empty()) return Bad("a resource is missing after the last comma");
  }
  return resources;
}

std::string PrintResources(const Resources& resources) {
  std::string text;
  for (const auto& [name, amount] : resources) {
    if (!text.empty()) text.push_back(',');
    text.append(name).push_back('=');
    switch (MeasureOf(name)) {
      case Measure::kBytes: text.append(PrintSize(amount)); break;
      case Measure::kUnits: text.append(std::to_string(amount)); break;
      case Measure::kThousandths: {
        text.append(std::to_string(amount / 1000));
        if (amount % 1000 != 0) {
          std::string decimals = std::to_string(1000 + amount % 1000).substr(1);
          while (decimals.back() == '0') decimals.pop_back();
          text.append(".").append(decimals);
        }
        break;
      }
    }
  }
  return text;
}

}  // namespace muster
