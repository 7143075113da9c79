// CleanText: text from programs and exceptions, made fit for a protobuf string field. Threads: a pure function.
#ifndef MUSTER_WORKER_SDK_CLEAN_TEXT_H_
#define MUSTER_WORKER_SDK_CLEAN_TEXT_H_

#include <cstddef>
#include <string>
#include <string_view>

namespace muster {

// At most `bytes_max` bytes of `text`, well-formed UTF-8 without control characters but line feed and tab: bytes that
// are none become '?', control characters become spaces, a character that does not fit whole is left out. A receiver
// refuses a whole message for one bad byte in a string field, so this is not for looks.
std::string CleanText(std::string_view text, std::size_t bytes_max);

}  // namespace muster

#endif  // MUSTER_WORKER_SDK_CLEAN_TEXT_H_
