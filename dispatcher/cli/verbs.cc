// The table of verbs: one line for each, in the order of the help. A new verb is a file in verbs/ and a line here.
#include "dispatcher/cli/verb.h"

#define MUSTER_VERBS(X) \
  X(TaskSubmit)         \
  X(TaskShow)           \
  X(TaskList)           \
  X(TaskWait)           \
  X(TaskResult)         \
  X(TaskCancel)         \
  X(TaskExplain)        \
  X(WorkerRun)          \
  X(WorkerList)         \
  X(WorkerShow)         \
  X(WorkerDrain)        \
  X(WorkerUndrain)      \
  X(QueueList)          \
  X(QueueShow)          \
  X(QueuePause)         \
  X(QueueResume)        \
  X(DeadList)           \
  X(DeadShow)           \
  X(DeadReplay)         \
  X(DeadDrop)           \
  X(StrategyList)       \
  X(StrategySet)        \
  X(Stats)              \
  X(StateInspect)       \
  X(Doctor)             \
  X(Bench)              \
  X(Version)            \
  X(Completion)

namespace muster::cli {

#define MUSTER_DECLARE(name) Verb name##Verb();
MUSTER_VERBS(MUSTER_DECLARE)
#undef MUSTER_DECLARE

const std::vector<Verb>& Verbs() {
#define MUSTER_LIST(name) name##Verb(),
  static const std::vector<Verb> kVerbs = {MUSTER_VERBS(MUSTER_LIST)};
#undef MUSTER_LIST
  return kVerbs;
}

}  // namespace muster::cli
