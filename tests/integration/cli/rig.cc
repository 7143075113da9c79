#include "tests/integration/cli/rig.h"

#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>
#include <fstream>
#include <iterator>
#include <sstream>
#include <stdexcept>

#include "dispatcher/cli/app.h"
#include "tests/support/eventually.h"

namespace muster::cli {

Process::Process(const std::string& program, std::vector<std::string> arguments, const std::string& log) {
  const char* bin = std::getenv("MUSTER_BIN");
  const std::string path = std::string(bin == nullptr ? "" : bin) + "/" + program;
  arguments.insert(arguments.begin(), path);
  std::vector<char*> pointers;
  for (std::string& argument : arguments) pointers.push_back(argument.data());
  pointers.push_back(nullptr);
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
  posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, log.c_str(), O_WRONLY | O_CREAT | O_APPEND, 0600);
  posix_spawn_file_actions_adddup2(&actions, STDOUT_FILENO, STDERR_FILENO);
  const int error = posix_spawn(&pid_, path.c_str(), &actions, nullptr, pointers.data(), environ);
  posix_spawn_file_actions_destroy(&actions);
  if (error != 0) throw std::runtime_error("cannot start " + path);
}

Process::~Process() {
  if (pid_ <= 0) return;
  kill(pid_, SIGKILL);
  waitpid(pid_, nullptr, 0);
}

int Process::Stop() {
  kill(pid_, SIGTERM);
  int status = 0;
  waitpid(pid_, &status, 0);
  pid_ = -1;
  return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

Rig::Rig()
    : daemon_("musterd", {"--nats", nats.url(), "--data", scratch.File("data"), "--http", "off"},
              scratch.File("musterd.log")) {
  const bool ready = tests::Eventually(
      [this] {
        return Muster({"stats"}).code == Exit::kOk && Muster({"queue", "list"}).code == Exit::kOk;
      },
      std::chrono::seconds(20));
  if (ready) return;
  std::ifstream log(scratch.File("musterd.log"));
  throw std::runtime_error("musterd is not ready: " +
                           std::string((std::istreambuf_iterator<char>(log)), std::istreambuf_iterator<char>()));
}

Ran Rig::Muster(std::vector<std::string> words) {
  std::ostringstream out;
  std::ostringstream err;
  words.insert(words.begin(), {"--server", nats.url()});
  const Exit code = RunApp(words, out, err);
  return {code, out.str(), err.str()};
}

Process Rig::Worker(const std::string& name, std::vector<std::string> words) {
  words.insert(words.begin(), {"worker", "run", "--server", nats.url(), "--name", name});
  Process process("muster", std::move(words), scratch.File(name + ".log"));
  if (!tests::Eventually([&] { return Muster({"worker", "show", name}).code == Exit::kOk; })) {
    throw std::runtime_error("musterd does not see worker " + name);
  }
  return process;
}

bool Rig::Becomes(const std::string& id, const std::string& state) {
  return tests::Eventually([&] {
    return Muster({"task", "show", id, "--json"}).out.find("TASK_STATE_" + state) != std::string::npos;
  });
}

std::vector<std::string> Lines(const std::string& text) {
  std::vector<std::string> lines;
  std::istringstream in(text);
  for (std::string line; std::getline(in, line);) lines.push_back(line);
  return lines;
}

}  // namespace muster::cli
