#include "schemas/text.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <optional>
#include <vector>

#include "schemas/charset.h"
#include "schemas/limits.h"

namespace muster {
namespace {

using std::chrono::microseconds;

struct DurationUnit {
  std::string_view name;
  std::int64_t us;
};
// Largest first: the order in which they may follow one another.
constexpr std::array<DurationUnit, 7> kDurationUnits = {{{"w", 604'800'000'000},
                                                         {"d", 86'400'000'000},
                                                         {"h", 3'600'000'000},
                                                         {"m", 60'000'000},
                                                         {"s", 1'000'000},
                                                         {"ms", 1'000},
                                                         {"us", 1}}};
constexpr std::int64_t kDurationUsMax = limits::kDurationMsMax * 1000;
// The last second that RFC 3339 can write: 9999-12-31T23:59:59Z.
constexpr std::int64_t kUnixSecondsMax = 253'402'300'799;

Status Bad(std::string message) {
  return Status(ErrorCode::kBadRequest, std::move(message));
}

Status BadDuration(std::string_view text, std::string_view why) {
  return Bad(charset::Quote(text) + " is not a duration: " + std::string(why) + "; write 250ms, 30s, 5m, 1h30m or 7d");
}

// Digits at the front of `text`, at most `digits_max`; removes them. nullopt where there is none or too many.
std::optional<std::int64_t> TakeDigits(std::string_view* text, std::size_t digits_max = 18) {
  std::size_t count = 0;
  std::int64_t value = 0;
  while (count < text->size() && charset::IsDigit((*text)[count])) {
    if (++count > digits_max) return std::nullopt;
    value = value * 10 + ((*text)[count - 1] - '0');
  }
  if (count == 0) return std::nullopt;
  text->remove_prefix(count);
  return value;
}

// Exactly `count` digits, and `after` behind them when it is not 0.
std::optional<int> TakeField(std::string_view* text, std::size_t count, char after = 0) {
  if (text->size() < count + (after != 0 ? 1 : 0)) return std::nullopt;
  int value = 0;
  for (std::size_t i = 0; i < count; ++i) {
    if (!charset::IsDigit((*text)[i])) return std::nullopt;
    value = value * 10 + ((*text)[i] - '0');
  }
  text->remove_prefix(count);
  if (after != 0) {
    const bool same = charset::ToLower(text->front()) == charset::ToLower(after);
    text->remove_prefix(1);
    if (!same) return std::nullopt;
  }
  return value;
}

// The milliseconds of ".125"; digits beyond them are dropped. Removes it.
std::optional<std::int64_t> TakeFractionMs(std::string_view* text) {
  if (!text->starts_with('.')) return 0;
  text->remove_prefix(1);
  std::int64_t ms = 0;
  int digits = 0;
  while (!text->empty() && charset::IsDigit(text->front())) {
    if (digits < 3) ms = ms * 10 + (text->front() - '0');
    ++digits;
    text->remove_prefix(1);
  }
  if (digits == 0) return std::nullopt;
  for (; digits < 3; ++digits) ms *= 10;
  return ms;
}

std::optional<std::int64_t> TakeOffsetSeconds(std::string_view* text) {
  if (text->empty()) return std::nullopt;
  const char sign = text->front();
  text->remove_prefix(1);
  if (sign == 'Z' || sign == 'z') return 0;
  if (sign != '+' && sign != '-') return std::nullopt;
  const std::optional<int> hours = TakeField(text, 2, ':');
  const std::optional<int> minutes = TakeField(text, 2);
  if (!hours || !minutes || *hours > 23 || *minutes > 59) return std::nullopt;
  return (sign == '-' ? -1 : 1) * (*hours * 3600 + *minutes * 60);
}

std::optional<std::int64_t> ParseRfc3339Ms(std::string_view text) {
  const std::optional<int> year = TakeField(&text, 4, '-');
  const std::optional<int> month = TakeField(&text, 2, '-');
  const std::optional<int> day = TakeField(&text, 2, 'T');
  const std::optional<int> hour = TakeField(&text, 2, ':');
  const std::optional<int> minute = TakeField(&text, 2, ':');
  const std::optional<int> second = TakeField(&text, 2);
  if (!year || !month || !day || !hour || !minute || !second) return std::nullopt;
  // 60 is a leap second; it counts as the first of the next minute.
  if (*hour > 23 || *minute > 59 || *second > 60) return std::nullopt;
  const std::chrono::year_month_day date{std::chrono::year(*year), std::chrono::month(static_cast<unsigned>(*month)),
                                         std::chrono::day(static_cast<unsigned>(*day))};
  if (!date.ok()) return std::nullopt;
  const std::optional<std::int64_t> fraction_ms = TakeFractionMs(&text);
  if (!fraction_ms) return std::nullopt;
  const std::optional<std::int64_t> offset = TakeOffsetSeconds(&text);
  if (!offset || !text.empty()) return std::nullopt;
  const std::int64_t days = std::chrono::sys_days(date).time_since_epoch().count();
  return (days * 86'400 + *hour * 3600 + *minute * 60 + *second - *offset) * 1000 + *fraction_ms;
}

void AppendFraction(std::string* text, std::int64_t whole, std::int64_t fraction, int digits) {
  text->append(std::to_string(whole));
  if (fraction == 0) return;
  std::string decimals = std::to_string(fraction);
  decimals.insert(0, static_cast<std::size_t>(digits) - decimals.size(), '0');
  while (decimals.back() == '0') decimals.pop_back();
  text->append(".").append(decimals);
}

}  // namespace

Result<microseconds> ParseDuration(std::string_view text) {
  const std::string_view whole = text;
  if (text.empty()) return BadDuration(whole, "it is empty");
  if (text == "0") return microseconds(0);
  if (text.front() == '-') return BadDuration(whole, "it is negative");
  std::int64_t total = 0;
  std::size_t next_unit = 0;
  while (!text.empty()) {
    const std::optional<std::int64_t> value = TakeDigits(&text);
    if (!value) return BadDuration(whole, "a number is missing or too long");
    std::int64_t fraction = 0;
    std::int64_t scale = 1;
    if (text.starts_with('.')) {
      text.remove_prefix(1);
      const std::size_t before = text.size();
      const std::optional<std::int64_t> digits = TakeDigits(&text, 9);
      if (!digits) return BadDuration(whole, "digits must follow the point, nine at most");
      fraction = *digits;
      for (std::size_t i = text.size(); i < before; ++i) scale *= 10;
    }
    std::size_t letters = 0;
    while (letters < text.size() && text[letters] >= 'a' && text[letters] <= 'z') ++letters;
    const std::string_view name = text.substr(0, letters);
    if (name.empty()) return BadDuration(whole, text.empty() ? "the unit is missing" : "a unit must follow the number");
    text.remove_prefix(letters);
    std::size_t unit = 0;
    while (unit < kDurationUnits.size() && kDurationUnits[unit].name != name) ++unit;
    if (unit == kDurationUnits.size()) return BadDuration(whole, "the units are us ms s m h d w");
    if (unit < next_unit) return BadDuration(whole, "units go from the largest to the smallest, each once");
    next_unit = unit + 1;
    const std::int64_t us = kDurationUnits[unit].us;
    if (*value > kDurationUsMax / us) return BadDuration(whole, "it is longer than ten years");
    // Below 10^9 times a week in us: fits in 128 bits only.
    const __int128 part = static_cast<__int128>(fraction) * us;
    if (part % scale != 0) return BadDuration(whole, "it is finer than a microsecond");
    total += *value * us + static_cast<std::int64_t>(part / scale);
    if (total > kDurationUsMax) return BadDuration(whole, "it is longer than ten years");
  }
  return microseconds(total);
}

std::string PrintDuration(microseconds duration) {
  std::int64_t us = duration.count();
  if (us == 0) return "0";
  std::string text;
  std::uint64_t rest = static_cast<std::uint64_t>(us);
  if (us < 0) {
    text.push_back('-');
    rest = 0 - rest;
  }
  for (std::size_t i = 1; i <= 3; ++i) {  // days, hours, minutes; weeks are read but not written
    const auto unit = static_cast<std::uint64_t>(kDurationUnits[i].us);
    if (rest >= unit) text.append(std::to_string(rest / unit)).append(kDurationUnits[i].name);
    rest %= unit;
  }
  us = static_cast<std::int64_t>(rest);
  if (us >= 1'000'000) {
    AppendFraction(&text, us / 1'000'000, us % 1'000'000, 6);
    text.append("s");
  } else if (us >= 1000) {
    AppendFraction(&text, us / 1000, us % 1000, 3);
    text.append("ms");
  } else if (us > 0) {
    text.append(std::to_string(us)).append("us");
  }
  return text;
}

Result<std::int64_t> ParseTimestampMs(std::string_view text, std::int64_t now_ms) {
  static constexpr std::string_view kForms = "; write 2026-03-01T12:00:00Z, unix seconds, or +30s from now";
  const auto bad = [&](std::string_view why) {
    return Bad(charset::Quote(text) + " is not a time: " + std::string(why) + std::string(kForms));
  };
  if (text.empty()) return bad("it is empty");
  if (text.front() == '+') {
    const Result<microseconds> after = ParseDuration(text.substr(1));
    if (!after.ok()) return bad(after.status().message());
    // Rounded up: "+1us" must not be now.
    return now_ms + (after->count() + 999) / 1000;
  }
  if (std::all_of(text.begin(), text.end(), charset::IsDigit)) {
    std::string_view rest = text;
    const std::optional<std::int64_t> seconds = TakeDigits(&rest);
    if (!seconds || *seconds > kUnixSecondsMax)
      return bad("it is after the year 9999 (milliseconds in place of seconds?)");
    return *seconds * 1000;
  }
  const std::optional<std::int64_t> ms = ParseRfc3339Ms(text);
  if (!ms) return bad("it has none of the forms, or a field is out of range");
  if (*ms < 0) return bad("it is before 1970");
  return *ms;
}

std::string_view NearestName(std::string_view word, std::span<const std::string_view> names) {
  if (word.empty() || word.size() > 2 * limits::kNameBytesMax) return {};
  std::string_view nearest;
  std::size_t nearest_distance = 0;
  std::vector<std::size_t> row;
  std::vector<std::size_t> above;
  std::vector<std::size_t> two_above;
  for (std::string_view name : names) {
    // Edit distance with neighbours swapped as one step, case ignored. Short lists, on an error path.
    above.assign(name.size() + 1, 0);
    for (std::size_t j = 0; j <= name.size(); ++j) above[j] = j;
    two_above = above;
    for (std::size_t i = 1; i <= word.size(); ++i) {
      row.assign(name.size() + 1, i);
      for (std::size_t j = 1; j <= name.size(); ++j) {
        const bool same = charset::ToLower(word[i - 1]) == charset::ToLower(name[j - 1]);
        row[j] = std::min({above[j] + 1, row[j - 1] + 1, above[j - 1] + (same ? 0 : 1)});
        if (i > 1 && j > 1 && charset::ToLower(word[i - 1]) == charset::ToLower(name[j - 2]) &&
            charset::ToLower(word[i - 2]) == charset::ToLower(name[j - 1])) {
          row[j] = std::min(row[j], two_above[j - 2] + 1);
        }
      }
      two_above.swap(above);
      above.swap(row);
    }
    const std::size_t distance = above[name.size()];
    if (nearest.empty() || distance < nearest_distance) {
      nearest = name;
      nearest_distance = distance;
    }
  }
  // Near: a third of the letters may differ; a word of three letters may have one wrong.
  const std::size_t allowed = std::max<std::size_t>(1, std::max(word.size(), nearest.size()) / 3);
  return nearest_distance <= allowed ? nearest : std::string_view();
}

}  // namespace muster
