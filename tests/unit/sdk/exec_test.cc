#include <dirent.h>
#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <fstream>
#include <thread>

#include "schemas/limits.h"
#include "tests/support/catch.h"
#include "tests/support/eventually.h"
#include "tests/support/scratch.h"
#include "tests/unit/sdk/fake_context.h"
#include "worker_sdk/src/exec/exec_handler.h"

namespace muster {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using tests::FakeContext;

Handler Shell(const std::string& script, ExecOptions options = {}) {
  options.command = {"sh", "-c", script};
  auto handler = MakeExecHandler(std::move(options));
  REQUIRE(handler.ok());
  return std::move(handler).value();
}

Outcome RunScript(const std::string& script, FakeContext& task, ExecOptions options = {}) {
  return Shell(script, std::move(options))(task);
}

Outcome RunScript(const std::string& script) {
  FakeContext task;
  return RunScript(script, task);
}

int OpenDescriptors() {
  int count = 0;
  DIR* folder = ::opendir("/proc/self/fd");
  while (::readdir(folder) != nullptr) ++count;
  ::closedir(folder);
  return count;
}

std::string FirstLine(const std::string& path) {
  std::ifstream file(path);
  std::string line;
  std::getline(file, line);
  return line;
}

// Ended, or a zombie whose parent is not us.
bool Gone(pid_t pid) {
  if (::kill(pid, 0) != 0) return errno == ESRCH;
  std::ifstream file("/proc/" + std::to_string(pid) + "/stat");
  std::string text;
  std::getline(file, text);
  return text.find(") Z") != std::string::npos;
}

TEST_CASE("exec: the payload is the input, the output is the result") {
  FakeContext task;
  task.payload_text = std::string("bytes\0and\xFF", 10);
  const Outcome outcome = RunScript("cat", task);
  REQUIRE(outcome.kind() == Outcome::Kind::kSuccess);
  CHECK(outcome.result() == task.payload_text);
}

TEST_CASE("exec: a large payload passes while the program writes") {
  FakeContext task;
  task.payload_text.assign(900000, 'x');
  const Outcome outcome = RunScript("cat", task);
  REQUIRE(outcome.kind() == Outcome::Kind::kSuccess);
  CHECK(outcome.result() == task.payload_text);
}

TEST_CASE("exec: the environment tells which attempt this is") {
  FakeContext task;
  task.end = std::chrono::system_clock::time_point(milliseconds(1772366400000));
  const Outcome outcome = RunScript(
      "echo $MUSTER_TASK_ID $MUSTER_TASK_TYPE $MUSTER_QUEUE $MUSTER_ATTEMPT $MUSTER_FENCING $MUSTER_DEADLINE_MS "
      "$MUSTER_CONTENT_TYPE; test -n \"$PATH\"",
      task);
  REQUIRE(outcome.kind() == Outcome::Kind::kSuccess);
  CHECK(outcome.result() == "t1 kind mail 3 77 1772366400000 text/plain\n");
}

TEST_CASE("exec: the exit code is the outcome") {
  CHECK(RunScript("exit 0").kind() == Outcome::Kind::kSuccess);
  for (int code : {1, 2, 70, 75, 127, 255}) {
    INFO(code);
    CHECK(RunScript("exit " + std::to_string(code)).kind() == Outcome::Kind::kRetry);
  }
  for (int code : {64, 65, 77, 78, 100}) {
    INFO(code);
    CHECK(RunScript("exit " + std::to_string(code)).kind() == Outcome::Kind::kFail);
  }
  CHECK(RunScript("kill -9 $$").kind() == Outcome::Kind::kRetry);
}

TEST_CASE("exec: which codes are permanent can be chosen") {
  FakeContext task;
  ExecOptions options;
  options.permanent_exits = {3, 4};
  options.retry_exits = {4};
  CHECK(RunScript("exit 3", task, options).kind() == Outcome::Kind::kFail);
  CHECK(RunScript("exit 4", task, options).kind() == Outcome::Kind::kRetry);
  CHECK(RunScript("exit 65", task, options).kind() == Outcome::Kind::kRetry);
}

TEST_CASE("exec: the end of standard error becomes the message") {
  const Outcome outcome = RunScript("i=0; while [ $i -lt 2000 ]; do echo line $i >&2; i=$((i+1)); done; exit 3");
  REQUIRE(outcome.kind() == Outcome::Kind::kRetry);
  const std::string& text = outcome.error().message();
  CHECK(text.find("exit code 3: ") == 0);
  CHECK(text.size() <= limits::kTextBytesMax);
  CHECK(text.substr(text.size() - 9) == "line 1999");
}

TEST_CASE("exec: a program that closes its input early is not at fault") {
  FakeContext task;
  task.payload_text.assign(900000, 'x');
  CHECK(RunScript("exec 0<&-; echo done", task).kind() == Outcome::Kind::kSuccess);
  CHECK(RunScript("head -c 3", task).result() == "xxx");
}

TEST_CASE("exec: too much output is a permanent failure, and the program is ended") {
  const Outcome outcome = RunScript("yes");
  CHECK(outcome.kind() == Outcome::Kind::kFail);
}

TEST_CASE("exec: a cancelled program ends with its whole group") {
  tests::Scratch scratch;
  const std::string pids = scratch.File("pid");
  FakeContext task;
  const Handler handler = Shell("sleep 1000 & echo $! > " + pids + ".new; mv " + pids + ".new " + pids + "; wait");
  Outcome outcome = Outcome::Success();
  std::thread runner([&] { outcome = handler(task); });
  const bool started = tests::Eventually([&] { return !FirstLine(pids).empty(); });
  task.is_cancelled = true;
  runner.join();
  REQUIRE(started);
  CHECK(outcome.kind() == Outcome::Kind::kCancelled);
  CHECK(tests::Eventually([&] { return Gone(std::stoi(FirstLine(pids))); }));
}

TEST_CASE("exec: a program that does not hear SIGTERM is killed after the grace") {
  tests::Scratch scratch;
  FakeContext task;
  ExecOptions options;
  options.kill_grace = milliseconds(50);
  const Handler handler =
      Shell("trap '' TERM; echo up > " + scratch.File("up") + "; while :; do sleep 0.05; done", options);
  Outcome outcome = Outcome::Success();
  std::thread runner([&] { outcome = handler(task); });
  const bool started = tests::Eventually([&] { return !FirstLine(scratch.File("up")).empty(); });
  task.is_cancelled = true;
  runner.join();
  REQUIRE(started);
  CHECK(outcome.kind() == Outcome::Kind::kCancelled);
}

TEST_CASE("exec: what SIGTERM makes a program say in time still counts") {
  tests::Scratch scratch;
  FakeContext task;
  const Handler handler =
      Shell("trap 'echo saved; exit 0' TERM; echo up > " + scratch.File("up") + "; while :; do sleep 0.05; done");
  Outcome outcome = Outcome::Fail("not run");
  std::thread runner([&] { outcome = handler(task); });
  const bool started = tests::Eventually([&] { return !FirstLine(scratch.File("up")).empty(); });
  task.is_cancelled = true;
  runner.join();
  REQUIRE(started);
  CHECK(outcome.kind() == Outcome::Kind::kSuccess);
  CHECK(outcome.result() == "saved\n");
}

TEST_CASE("exec: a grandchild that keeps the output open does not keep us, and ends") {
  const auto start = std::chrono::steady_clock::now();
  const Outcome outcome = RunScript("sleep 1000 & echo $!");
  CHECK(std::chrono::steady_clock::now() - start < seconds(5));
  REQUIRE(outcome.kind() == Outcome::Kind::kSuccess);
  CHECK(tests::Eventually([&] { return Gone(std::stoi(outcome.result())); }));
}

TEST_CASE("exec: no descriptor is inherited, none is left, and no zombie") {
  const int leaky = ::open("/dev/null", O_RDONLY);  // without close-on-exec, as libraries do
  REQUIRE(leaky > 2);
  const int before = OpenDescriptors();
  // 0, 1, 2, and the one with which ls reads the folder.
  const Outcome outcome = RunScript("ls /proc/self/fd | wc -l");
  CHECK(std::stoi(outcome.result()) == 4);
  for (int i = 0; i < 20; ++i) CHECK(RunScript("exit 1").kind() == Outcome::Kind::kRetry);
  CHECK(OpenDescriptors() == before);
  CHECK(::waitpid(-1, nullptr, WNOHANG) == -1);
  CHECK(errno == ECHILD);
  ::close(leaky);
}

TEST_CASE("exec: a wrong set-up is refused at once") {
  CHECK(MakeExecHandler({}).status().code() == ErrorCode::kBadRequest);
  ExecOptions options;
  options.command = {"no-such-program-anywhere"};
  CHECK(MakeExecHandler(options).status().code() == ErrorCode::kNotFound);
  options.command = {"sh"};
  options.permanent_exits = {256};
  CHECK(MakeExecHandler(options).status().where() == "permanent-exit");
}

TEST_CASE("exec: a program that is gone when the task comes is a reason to try again") {
  tests::Scratch scratch;
  const std::string path = scratch.File("program");
  std::ofstream(path) << "#!/bin/sh\nexit 0\n";
  std::filesystem::permissions(path, std::filesystem::perms::owner_all);
  ExecOptions options;
  options.command = {path};
  auto handler = MakeExecHandler(options);
  REQUIRE(handler.ok());
  std::filesystem::remove(path);
  FakeContext task;
  const Outcome outcome = (*handler)(task);
  CHECK(outcome.kind() == Outcome::Kind::kRetry);
  CHECK(outcome.error().message().find("cannot start") == 0);
}

}  // namespace
}  // namespace muster
