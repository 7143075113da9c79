// The exit codes of musterd, listed in docs/operating.md.
#ifndef MUSTER_DISPATCHER_DAEMON_EXIT_CODE_H_
#define MUSTER_DISPATCHER_DAEMON_EXIT_CODE_H_

namespace muster::daemon {

inline constexpr int kExitOk = 0;           // asked to stop, and stopped
inline constexpr int kExitFailed = 1;       // the journal failed, or something that a restart may cure
inline constexpr int kExitUsage = 2;        // flags or configuration; a restart changes nothing
inline constexpr int kExitUnavailable = 4;  // the place is taken: another musterd has the directory, or took over

}  // namespace muster::daemon

#endif  // MUSTER_DISPATCHER_DAEMON_EXIT_CODE_H_
