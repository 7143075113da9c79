// SIGKILL in the middle of writing: what returned ok is there, and no batch is there by half.
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <set>

#include "tests/contract/storage/scratch.h"

extern char** environ;

namespace muster::storage {
namespace {

// Runs the child until it has said `batches` numbers, kills it, and returns the last number it said.
int WriteAndKill(const std::string& directory, const char* durability, int batches) {
  int pipe_ends[2];
  REQUIRE(pipe(pipe_ends) == 0);
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_adddup2(&actions, pipe_ends[1], STDOUT_FILENO);
  posix_spawn_file_actions_addclose(&actions, pipe_ends[0]);
  std::string binary = MUSTER_STORAGE_CHILD;
  std::string mode = "write";
  std::string where = directory;
  std::string how = durability;
  char* arguments[] = {binary.data(), mode.data(), where.data(), how.data(), nullptr};
  pid_t child = 0;
  REQUIRE(posix_spawn(&child, binary.c_str(), &actions, nullptr, arguments, environ) == 0);
  posix_spawn_file_actions_destroy(&actions);
  close(pipe_ends[1]);
  std::string said;
  int lines = 0;
  char buffer[4096];
  ssize_t count = 0;
  while ((count = read(pipe_ends[0], buffer, sizeof buffer)) > 0) {
    said.append(buffer, static_cast<std::size_t>(count));
    for (ssize_t i = 0; i < count; ++i) lines += buffer[i] == '\n' ? 1 : 0;
    // Read on after the kill: what is in the pipe was said.
    if (lines >= batches) kill(child, SIGKILL);
  }
  close(pipe_ends[0]);
  int status = 0;
  REQUIRE(waitpid(child, &status, 0) == child);
  REQUIRE(WIFSIGNALED(status));
  said.resize(said.rfind('\n'));
  const std::size_t line = said.rfind('\n');
  return std::stoi(said.substr(line == std::string::npos ? 0 : line + 1));
}

void CheckWhole(Store* store, int last_said) {
  std::set<std::string> numbers;
  std::size_t keys = 0;
  for (Family family : {Family::kInFlight, Family::kDone}) {
    for (const auto& [key, value] : Scanned(store, family)) {
      numbers.insert(value);
      ++keys;
    }
  }
  CHECK(keys == 50);
  // One number everywhere: no batch is half there. It may be one that was written and not yet said.
  REQUIRE(numbers.size() == 1);
  const int last = std::stoi(*numbers.begin());
  CHECK(last >= last_said);
  std::vector<int> found(static_cast<std::size_t>(last) + 1);
  for (const auto& [key, value] : Scanned(store, Family::kQueues)) {
    const int number = std::stoi(key);
    REQUIRE(number <= last);
    ++found[static_cast<std::size_t>(number)];
  }
  for (int count : found) REQUIRE(count == 50);
}

TEST_CASE("rocksdb: killed while writing, it keeps every batch that returned ok, whole, and nothing by half") {
  for (const char* durability : {"process", "sync"}) {
    for (int batches : {1, 37, 400}) {
      INFO(durability << " " << batches);
      Scratch scratch;
      const int said = WriteAndKill(scratch.directory(), durability, batches);
      REQUIRE(said + 1 >= batches);
      OpenedStore opened = OpenOrFail("rocksdb", scratch.Options());
      CHECK(opened.quarantined.empty());
      CheckWhole(opened.store.get(), said);
    }
  }
}

}  // namespace
}  // namespace muster::storage
