// DirectoryLock: one musterd per data directory. The kernel gives the lock back when the process ends, however it ends.
#ifndef MUSTER_DISPATCHER_DAEMON_DIRECTORY_LOCK_H_
#define MUSTER_DISPATCHER_DAEMON_DIRECTORY_LOCK_H_

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <string>

namespace muster::daemon {

class DirectoryLock {
 public:
  DirectoryLock() = default;
  ~DirectoryLock() {
    if (fd_ >= 0) close(fd_);
  }
  DirectoryLock(const DirectoryLock&) = delete;
  DirectoryLock& operator=(const DirectoryLock&) = delete;

  // False when another process has it, or the directory cannot be written.
  bool Take(const std::string& directory) {
    fd_ = open((directory + "/musterd.lock").c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    return fd_ >= 0 && flock(fd_, LOCK_EX | LOCK_NB) == 0;
  }

 private:
  int fd_ = -1;
};

}  // namespace muster::daemon

#endif  // MUSTER_DISPATCHER_DAEMON_DIRECTORY_LOCK_H_
