// Priority: the five priorities and their names. (Installed as the file it names.)
#ifndef MUSTER_INCLUDE_PRIORITY_H_
#define MUSTER_INCLUDE_PRIORITY_H_

#include "schemas/priority.h"  // IWYU pragma: export

#endif  // MUSTER_INCLUDE_PRIORITY_H_
