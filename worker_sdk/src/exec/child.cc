#include "worker_sdk/src/exec/child.h"

#include <fcntl.h>
#include <poll.h>
#include <spawn.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <utility>

extern char** environ;

namespace muster {
namespace {

using Clock = std::chrono::steady_clock;
using std::chrono::milliseconds;

// How often `stop` is asked, and the program's end looked for where the kernel has no pidfd.
constexpr milliseconds kLookEvery{20};

class Fd {
 public:
  Fd() = default;
  explicit Fd(int fd) : fd_(fd) {}
  Fd(Fd&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  Fd& operator=(Fd&& other) noexcept {
    std::swap(fd_, other.fd_);
    return *this;
  }
  ~Fd() { Close(); }

  void Close() {
    if (fd_ >= 0) ::close(fd_);
    fd_ = -1;
  }
  int get() const { return fd_; }
  bool open() const { return fd_ >= 0; }

 private:
  int fd_ = -1;
};

struct Pipe {
  Fd read;
  Fd write;
};

// Both ends above the three standard numbers, so that none is overwritten while the child's are put in place.
bool MakePipe(Pipe& made) {
  int fds[2];
  if (::pipe2(fds, O_CLOEXEC) != 0) return false;
  made.read = Fd(fds[0]);
  made.write = Fd(fds[1]);
  for (Fd* end : {&made.read, &made.write}) {
    if (end->get() > 2) continue;
    Fd higher(::fcntl(end->get(), F_DUPFD_CLOEXEC, 3));
    if (!higher.open()) return false;
    *end = std::move(higher);
  }
  return true;
}

void SetNonBlocking(int fd) {
  ::fcntl(fd, F_SETFL, ::fcntl(fd, F_GETFL) | O_NONBLOCK);
}

std::vector<char*> Pointers(const std::vector<std::string>& words) {
  std::vector<char*> pointers;
  pointers.reserve(words.size() + 1);
  for (const auto& word : words) pointers.push_back(const_cast<char*>(word.c_str()));
  pointers.push_back(nullptr);
  return pointers;
}

// 0, or errno.
int Spawn(const ChildSpec& spec, const Pipe& in, const Pipe& out, const Pipe& err, pid_t& pid) {
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_adddup2(&actions, in.read.get(), 0);
  posix_spawn_file_actions_adddup2(&actions, out.write.get(), 1);
  posix_spawn_file_actions_adddup2(&actions, err.write.get(), 2);
  // Libraries open sockets without close-on-exec; none of them is the program's business.
  posix_spawn_file_actions_addclosefrom_np(&actions, 3);

  posix_spawnattr_t attributes;
  posix_spawnattr_init(&attributes);
  posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
  posix_spawnattr_setpgroup(&attributes, 0);
  sigset_t none;
  sigemptyset(&none);
  posix_spawnattr_setsigmask(&attributes, &none);
  sigset_t defaults;
  sigemptyset(&defaults);
  for (int signal : {SIGPIPE, SIGTERM, SIGINT, SIGHUP, SIGCHLD}) sigaddset(&defaults, signal);
  posix_spawnattr_setsigdefault(&attributes, &defaults);

  std::vector<char*> arguments = Pointers(spec.command);
  std::vector<char*> environment = Pointers(spec.environment);
  environment.pop_back();
  const auto ours = [&spec](const char* entry) {
    const std::string_view text(entry);
    const std::string_view name = text.substr(0, text.find('=') + 1);
    return std::any_of(spec.environment.begin(), spec.environment.end(),
                       [name](const std::string& own) { return own.rfind(name, 0) == 0; });
  };
  for (char** entry = environ; *entry != nullptr; ++entry) {
    if (!ours(*entry)) environment.push_back(*entry);
  }
  environment.push_back(nullptr);

  const int error = ::posix_spawnp(&pid, arguments[0], &actions, &attributes, arguments.data(), environment.data());
  posix_spawnattr_destroy(&attributes);
  posix_spawn_file_actions_destroy(&actions);
  return error;
}

// Has ended, and is still a zombie: its number and that of its group are not given to anybody else.
bool HasEnded(pid_t pid) {
  siginfo_t info{};
  return ::waitid(P_PID, static_cast<id_t>(pid), &info, WEXITED | WNOHANG | WNOWAIT) == 0 && info.si_pid == pid;
}

class Conversation {
 public:
  Conversation(const ChildSpec& spec, pid_t pid, Fd in, Fd out, Fd err)
      : spec_(spec), pid_(pid), in_(std::move(in)), out_(std::move(out)), err_(std::move(err)), left_(spec.input) {
    exit_ = Fd(static_cast<int>(::syscall(SYS_pidfd_open, pid, 0)));
    for (const Fd* fd : {&in_, &out_, &err_}) SetNonBlocking(fd->get());
    if (left_.empty()) in_.Close();
  }

  void Run(ChildEnd& end) {
    while (!HasEnded(pid_)) {
      MindStop(end);
      Wait();
      Write();
      Read(end);
      if (end.output_too_large) ::kill(-pid_, SIGKILL);
    }
    // What it left behind in its group ends with it, and whatever it wrote before its end is in the pipes already.
    ::kill(-pid_, SIGKILL);
    Read(end);
    int status = 0;
    while (::waitpid(pid_, &status, 0) < 0 && errno == EINTR) {
    }
    if (WIFEXITED(status)) end.exit_code = WEXITSTATUS(status);
    if (WIFSIGNALED(status)) end.signal = WTERMSIG(status);
  }

 private:
  void MindStop(ChildEnd& end) {
    const auto now = Clock::now();
    if (!end.stopped && spec_.stop && spec_.stop()) {
      end.stopped = true;
      kill_at_ = now + spec_.kill_grace;
      ::kill(-pid_, SIGTERM);
      ::kill(-pid_, SIGCONT);  // a stopped program could not hear the other
    }
    if (end.stopped && now >= kill_at_) ::kill(-pid_, SIGKILL);
  }

  void Wait() {
    std::array<pollfd, 4> items{};
    nfds_t count = 0;
    if (in_.open()) items[count++] = {in_.get(), POLLOUT, 0};
    if (out_.open()) items[count++] = {out_.get(), POLLIN, 0};
    if (err_.open()) items[count++] = {err_.get(), POLLIN, 0};
    if (exit_.open()) items[count++] = {exit_.get(), POLLIN, 0};
    ::poll(items.data(), count, static_cast<int>(kLookEvery.count()));
  }

  void Write() {
    while (in_.open()) {
      const ssize_t n = ::write(in_.get(), left_.data(), left_.size());
      if (n < 0 && errno == EINTR) continue;
      if (n < 0 && errno == EAGAIN) return;
      // A program may close its input early (EPIPE): it has read what it wants.
      if (n >= 0) left_.remove_prefix(static_cast<std::size_t>(n));
      if (n < 0 || left_.empty()) in_.Close();
    }
  }

  void Read(ChildEnd& end) {
    char buffer[65536];
    // One buffer for each turn, so that a program that writes without end does not keep us from minding the rest.
    for (std::size_t got = 1; got > 0 && out_.open() && !end.output_too_large;) {
      got = ReadSome(out_, buffer);
      end.output.append(buffer, got);
      end.output_too_large = end.output.size() > spec_.output_bytes_max;
    }
    for (std::size_t got = 1, sum = 0; got > 0 && err_.open() && sum < sizeof buffer * 16; sum += got) {
      got = ReadSome(err_, buffer);
      end.errors.append(buffer, got);
      if (end.errors.size() > spec_.error_bytes_max) end.errors.erase(0, end.errors.size() - spec_.error_bytes_max);
    }
  }

  static std::size_t ReadSome(Fd& fd, char (&buffer)[65536]) {
    for (;;) {
      const ssize_t n = ::read(fd.get(), buffer, sizeof buffer);
      if (n > 0) return static_cast<std::size_t>(n);
      if (n < 0 && errno == EINTR) continue;
      if (n == 0 || errno != EAGAIN) fd.Close();
      return 0;
    }
  }

  const ChildSpec& spec_;
  const pid_t pid_;
  Fd in_;
  Fd out_;
  Fd err_;
  Fd exit_;
  std::string_view left_;
  Clock::time_point kill_at_{};
};

}  // namespace

ChildEnd RunChild(const ChildSpec& spec) {
  ChildEnd end;
  Pipe in;
  Pipe out;
  Pipe err;
  if (!MakePipe(in) || !MakePipe(out) || !MakePipe(err)) {
    end.spawn_error = errno;
    return end;
  }
  pid_t pid = -1;
  end.spawn_error = Spawn(spec, in, out, err, pid);
  if (end.spawn_error != 0) return end;
  in.read.Close();
  out.write.Close();
  err.write.Close();
  Conversation(spec, pid, std::move(in.write), std::move(out.read), std::move(err.read)).Run(end);
  return end;
}

}  // namespace muster
