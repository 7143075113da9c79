// Status, Result and ErrorCode: how the SDK says that something went wrong. (Installed as the file it names.)
#ifndef MUSTER_INCLUDE_STATUS_H_
#define MUSTER_INCLUDE_STATUS_H_

#include "schemas/status.h"  // IWYU pragma: export

#endif  // MUSTER_INCLUDE_STATUS_H_
