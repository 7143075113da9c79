#include "dispatcher/cli/app.h"

#include <sstream>

#include "muster/store/v1/record.pb.h"
#include "storage/store.h"
#include "tests/support/catch.h"
#include "tests/support/scratch.h"

namespace muster::cli {
namespace {

struct Ran {
  Exit code;
  std::string out;
  std::string err;
};

Ran Muster(const std::vector<std::string>& words) {
  std::ostringstream out;
  std::ostringstream err;
  const Exit code = RunApp(words, out, err);
  return {code, out.str(), err.str()};
}

TEST_CASE("app: exit codes for help, wrong words and nobody there") {
  CHECK(Muster({}).code == Exit::kOk);
  CHECK(Muster({"help", "task", "submit"}).out.find("Examples") != std::string::npos);
  CHECK(Muster({"task", "submti"}).code == Exit::kUsage);
  CHECK(Muster({"state", "inspect", "/nonexistent"}).code == Exit::kNotFound);
  // Port 1 is for nobody.
  const Ran ran = Muster({"stats", "--server", "nats://127.0.0.1:1", "--timeout", "200ms"});
  CHECK(ran.code == Exit::kUnavailable);
  CHECK(ran.err.find("musterd --dev") != std::string::npos);
  CHECK(ran.out.empty());
}

TEST_CASE("app: with --json an error is JSON too") {
  const Ran ran = Muster({"task", "show", "--json"});
  CHECK(ran.code == Exit::kUsage);
  CHECK(ran.err.find(R"({"error": {"code": "bad_request")") == 0);
}

TEST_CASE("app: a password in a server's address is not shown") {
  const Ran ran = Muster({"stats", "--server", "nats://ada:secret@127.0.0.1:1", "--timeout", "200ms"});
  CHECK(ran.err.find("secret") == std::string::npos);
}

TEST_CASE("app: version and completion answer without a server") {
  CHECK(Muster({"--version"}).out.find("muster ") == 0);
  CHECK(Muster({"version", "--json"}).out.find("{\"version\": \"") == 0);
  CHECK(Muster({"completion", "bash"}).out.find("complete -o filenames -F _muster muster") != std::string::npos);
  CHECK(Muster({"completion", "tcsh"}).code == Exit::kUsage);
}

TEST_CASE("state inspect: shows epoch, what is in flight and what is pending; damage is exit code 1") {
  const tests::Scratch scratch;
  const std::string directory = scratch.File("journal");
  const auto write = [&](storage::Family family, const std::string& key, const std::string& value) {
    storage::StoreOptions options;
    options.directory = directory;
    auto opened = storage::OpenStore("rocksdb", options);
    REQUIRE(opened.ok());
    storage::WriteBatch batch;
    batch.Put(family, key, value);
    REQUIRE(opened->store->Write(batch).ok());
  };
  store::v1::Meta meta;
  meta.set_epoch(42);
  write(storage::Family::kMeta, "meta", meta.SerializeAsString());
  store::v1::InFlight running;
  running.set_id("t1");
  running.set_state(v1::TASK_STATE_RUNNING);
  running.set_worker("w\x1b[1m");
  write(storage::Family::kInFlight, "k1", running.SerializeAsString());
  store::v1::Done done;
  done.set_state(v1::TASK_STATE_SUCCEEDED);
  done.mutable_pending_result()->set_task_id("t0");
  write(storage::Family::kDone, "k0", done.SerializeAsString());

  const Ran shown = Muster({"state", "inspect", directory});
  CHECK(shown.code == Exit::kOk);
  CHECK(shown.out.find("42") != std::string::npos);
  CHECK(shown.out.find("1 running") != std::string::npos);
  CHECK(shown.out.find("1 ended, whose result") != std::string::npos);
  CHECK(shown.out.find('\x1b') == std::string::npos);
  CHECK(Muster({"state", "inspect", directory, "--json"}).out.find(R"("in_flight": {"running": 1})") !=
        std::string::npos);
  const Ran records = Muster({"state", "inspect", directory, "--family", "inflight", "--json"});
  CHECK(records.out.find(R"({"key": "k1", "record": {"id":"t1")") == 0);

  write(storage::Family::kInFlight, "k2", "\xff\xff\xff");
  CHECK(Muster({"state", "inspect", directory}).code == Exit::kFailed);
}

}  // namespace
}  // namespace muster::cli
