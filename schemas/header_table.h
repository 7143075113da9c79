// The table behind schemas/headers.h: one row = one header and what it sets. For the decoder only.
#ifndef MUSTER_SCHEMAS_HEADER_TABLE_H_
#define MUSTER_SCHEMAS_HEADER_TABLE_H_

#include <cstdint>
#include <span>
#include <string_view>

#include "muster/v1/task.pb.h"
#include "schemas/headers.h"
#include "schemas/status.h"

namespace muster::internal {

// A header of the message at hand.
struct HeaderValue {
  std::string_view key;     // behind the prefix: "team" of Muster-Label-team; else empty
  std::string_view value;   // plain text, trimmed
  std::int64_t now_ms = 0;  // when the stream took the message: "+30s" counts from here
};

struct HeaderRow {
  HeaderInfo info;
  // Reads the form; whether the result is in range is CheckTask's affair. An error's code and place are the caller's.
  Status (*set)(const HeaderValue& value, v1::Task* task);
};

// In the order of TaskHeaders(). A name that ends in '-' is a prefix.
std::span<const HeaderRow> HeaderRows();
// The index of the row for a header as it came, or -1.
int FindHeaderRow(std::string_view name);
// The index of the row that sets a field, or -1.
int FindHeaderRowOf(std::string_view field);

inline constexpr std::string_view kHeaderPrefix = "Muster-";
// "; did you mean Muster-Timeout?", or the empty text where no header's name is near.
std::string SuggestHeader(std::string_view name);

}  // namespace muster::internal

#endif  // MUSTER_SCHEMAS_HEADER_TABLE_H_
