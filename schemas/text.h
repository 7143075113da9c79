// The small languages of headers, flags and YAML: durations, sizes, resources. Every error names the text and the right
// form.
#ifndef MUSTER_SCHEMAS_TEXT_H_
#define MUSTER_SCHEMAS_TEXT_H_

#include <chrono>
#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <string_view>

#include "schemas/status.h"

namespace muster {

// "250ms", "30s", "5m", "1h30m", "7d"; "0" needs no unit. Negative, fractional without meaning, or unit-less:
// kBadRequest.
Result<std::chrono::microseconds> ParseDuration(std::string_view text);
// The shortest exact form: "30s", "1h30m", "250ms".
std::string PrintDuration(std::chrono::microseconds duration);

// RFC 3339 ("2026-03-01T12:00:00Z", offsets allowed), unix seconds ("1772366400"), or "+30s" after `now_ms`. Unix ms.
Result<std::int64_t> ParseTimestampMs(std::string_view text, std::int64_t now_ms);

// "512", "4KiB", "1MB", "24GiB" in bytes.
Result<std::int64_t> ParseSize(std::string_view text);
std::string PrintSize(std::int64_t bytes);

// "cpu=0.5,memory=4GiB,vram=24GiB,license=1": cpu in thousandths of a core, memory, vram (and *_bytes) in bytes, others
// whole units. kBadRequest for an unknown form, a repeated name, a negative amount or more than limits::kResourcesMax.
using Resources = std::map<std::string, std::int64_t, std::less<>>;
Result<Resources> ParseResources(std::string_view text);
std::string PrintResources(const Resources& resources);

// The member of `names` nearest to `word` by edit distance, or empty when none is near: for "did you mean".
std::string_view NearestName(std::string_view word, std::span<const std::string_view> names);

}  // namespace muster

#endif  // MUSTER_SCHEMAS_TEXT_H_
