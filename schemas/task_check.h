// The ranges of muster.v1.Task's fields, in one place for the decoder and the encoder.
#ifndef MUSTER_SCHEMAS_TASK_CHECK_H_
#define MUSTER_SCHEMAS_TASK_CHECK_H_

#include <string_view>

#include "muster/v1/task.pb.h"
#include "schemas/status.h"

namespace muster::internal {

// Every field but queue and priority against limits.h. kBadMessage, or kTooLarge for the payload, with the field as
// `where`.
Status CheckTask(const v1::Task& task);

// A type, tenant, pool or label name: 1 to limits::kNameBytesMax of A-Z a-z 0-9 - _ . : / @ +. kBadMessage otherwise.
Status CheckWord(std::string_view field, std::string_view text);

// What limits.h says of free text: cuts affinity and label values; removes a trace context that is none (by the W3C
// rule a broken one is ignored, it must never cost the task). REQUIRES: CheckTask(*task).ok().
void TidyTask(v1::Task* task);

}  // namespace muster::internal

#endif  // MUSTER_SCHEMAS_TASK_CHECK_H_
