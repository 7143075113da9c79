#include "dispatcher/adapters/metrics.h"

#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <set>
#include <string>

#include "dispatcher/adapters/prometheus_observer.h"
#include "dispatcher/engine/engine.h"
#include "tests/support/catch.h"

namespace muster::adapters {
namespace {

using engine::FromUnixMillis;
using engine::TaskState;
using engine::TaskTransition;
using engine::Turn;

bool Has(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

std::string Row(const MetricInfo& info) {
  std::string row = "| `" + std::string(info.name) + "` | " + std::string(MetricTypeName(info.type)) + " | ";
  row += info.labels.empty() ? "" : "`" + std::string(info.labels) + "` ";
  return row + "| " + std::string(info.help) + " |";
}

engine::TaskSpecPtr Spec() {
  auto spec = std::make_shared<engine::TaskSpec>();
  spec->id = {1, 2};
  spec->name = "t1";
  spec->queue = "mail";
  spec->priority = Priority::kHigh;
  return spec;
}

TaskTransition Move(TaskState from, TaskState to, const std::string& worker, std::uint32_t attempt) {
  TaskTransition told;
  told.from = from;
  told.to = to;
  told.spec = Spec();
  told.worker = worker;
  told.attempt = attempt;
  told.stored = FromUnixMillis(1000);
  return told;
}

// A task that is lost with worker a and succeeds on b.
Turn Story() {
  Turn turn;
  turn.transitions.emplace_back(Move(TaskState::kNone, TaskState::kQueued, "", 0));
  turn.transitions.emplace_back(Move(TaskState::kQueued, TaskState::kAssigned, "a", 1));
  turn.transitions.emplace_back(Move(TaskState::kAssigned, TaskState::kRunning, "a", 1));
  turn.transitions.emplace_back(engine::WorkerTransition{engine::WorkerTransition::What::kLost, "a", 1, "silent", 1});
  TaskTransition lost = Move(TaskState::kRunning, TaskState::kQueued, "a", 1);
  lost.reason = Status(ErrorCode::kWorkerLost, "silent");
  turn.transitions.emplace_back(lost);
  turn.transitions.emplace_back(Move(TaskState::kQueued, TaskState::kAssigned, "b", 2));
  TaskTransition done = Move(TaskState::kRunning, TaskState::kSucceeded, "b", 2);
  auto outcome = std::make_shared<engine::Outcome>();
  outcome->queue = "mail";
  outcome->worker = "b";
  outcome->stored = FromUnixMillis(1000);
  outcome->assigned = FromUnixMillis(1200);
  outcome->finished = FromUnixMillis(1500);
  outcome->run = std::chrono::milliseconds(250);
  done.outcome = outcome;
  turn.transitions.emplace_back(done);
  turn.transitions.emplace_back(engine::IncidentTold{engine::Incident::kStaleReport, ""});
  engine::Signal signal;
  signal.scaling_class = "gpu";
  signal.to = 4;
  turn.effects.emplace_back(signal);
  return turn;
}

TEST_CASE("metrics: docs/metrics.md lists the table, row for row") {
  const char* source = std::getenv("MUSTER_SOURCE");
  REQUIRE(source != nullptr);
  std::ifstream file(std::string(source) + "/docs/metrics.md");
  const std::string page{std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
  std::set<std::string> names;
  std::size_t rows = 0;
  for (const MetricInfo& info : kMetrics) {
    INFO(Row(info));
    CHECK(Has(page, Row(info)));
    CHECK(names.emplace(info.name).second);
  }
  for (std::size_t at = page.find("\n| `"); at != std::string::npos; at = page.find("\n| `", at + 1)) ++rows;
  CHECK(rows == kMetrics.size());
}

TEST_CASE("metrics: a turn's transitions become the counts they mean") {
  PrometheusObserver observer;
  runtime::TurnFacts facts;
  facts.events = 5;
  facts.changes = 3;
  facts.commit = std::chrono::microseconds(700);
  observer.OnTurn(FromUnixMillis(1300), Story(), facts);
  const std::string text = observer.Text();
  INFO(text);
  CHECK(Has(text, "muster_tasks_total{state=\"assigned\"} 2"));
  CHECK(Has(text, "muster_tasks_total{state=\"succeeded\"} 1"));
  CHECK(Has(text, "load_balancer_requests_total{agent_id=\"a\",status=\"lost\",strategy=\"unknown\"} 1"));
  CHECK(Has(text, "load_balancer_requests_total{agent_id=\"b\",status=\"succeeded\",strategy=\"unknown\"} 1"));
  CHECK(Has(text, "failover_events_total{from_agent=\"a\",to_agent=\"\",type=\"worker_lost\"} 1"));
  CHECK(Has(text, "failover_events_total{from_agent=\"a\",to_agent=\"b\",type=\"task_reassigned\"} 1"));
  CHECK(Has(text, "load_balancer_response_time_seconds_sum{strategy=\"unknown\"} 0.3"));
  CHECK(Has(text, "muster_task_run_seconds_bucket{le=\"0.25\"} 1"));
  CHECK(Has(text, "muster_task_run_seconds_bucket{le=\"0.1\"} 0"));
  CHECK(Has(text, "muster_task_turnaround_seconds_sum 0.5"));
  CHECK(Has(text, "muster_task_wait_seconds_count{priority=\"high\"} 1"));
  CHECK(Has(text,
            "muster_incidents_total{kind=\"" + std::string(IncidentName(engine::Incident::kStaleReport)) + "\"} 1"));
  CHECK(Has(text, "muster_scaling_desired_workers{class=\"gpu\"} 4"));
  CHECK(Has(text, "muster_loop_events_total 5"));
  CHECK(Has(text, "muster_journal_commit_seconds_count 1"));
}

TEST_CASE("metrics: an idle engine's sample shows its gauges") {
  PrometheusObserver observer;
  engine::Engine engine{engine::EngineOptions{}};
  engine::Recovered recovered;
  recovered.epoch = 7;
  Turn turn;
  engine.Begin(FromUnixMillis(1000), recovered, &turn);
  observer.OnSample(FromUnixMillis(1001), engine);
  const std::string text = observer.Text();
  CHECK(Has(text, "muster_epoch 7"));
  CHECK(Has(text, "muster_tasks{state=\"running\"} 0"));
  CHECK(Has(text, "muster_workers{state=\"live\"} 0"));
}

TEST_CASE("metrics: the daemon's totals only ever grow") {
  PrometheusObserver observer;
  ProcessFacts facts;
  facts.received = 10;
  facts.nats_connected = true;
  facts.store_bytes = 4096;
  observer.Tell(facts);
  facts.received = 15;
  observer.Tell(facts);
  observer.Tell(facts);
  CHECK(Has(observer.Text(), "muster_nats_received_total 15"));
  CHECK(Has(observer.Text(), "muster_nats_connected 1"));
  CHECK(Has(observer.Text(), "muster_store_bytes 4096"));
}

TEST_CASE("metrics: more workers than the bound share one label") {
  PrometheusObserver observer;
  Turn turn;
  for (int i = 0; i < 300; ++i) {
    turn.transitions.emplace_back(Move(TaskState::kRunning, TaskState::kQueued, "w" + std::to_string(i), 1));
  }
  observer.OnTurn(FromUnixMillis(1300), turn, {});
  CHECK(Has(observer.Text(),
            "load_balancer_requests_total{agent_id=\"other\",status=\"failed\",strategy=\"unknown\"} 100"));
}

TEST_CASE("metrics: promtool finds nothing to say about the exposition") {
  if (std::system("command -v promtool >/dev/null 2>&1") != 0) {
    WARN("promtool is not installed");
    return;
  }
  PrometheusObserver observer;
  engine::Engine engine{engine::EngineOptions{}};
  Turn begun;
  engine.Begin(FromUnixMillis(1000), {}, &begun);
  observer.OnTurn(FromUnixMillis(1300), Story(), {});
  observer.OnSample(FromUnixMillis(1400), engine);
  observer.Tell({});
  FILE* promtool = popen("promtool check metrics 2>&1", "w");
  REQUIRE(promtool != nullptr);
  const std::string text = observer.Text();
  std::fwrite(text.data(), 1, text.size(), promtool);
  CHECK(pclose(promtool) == 0);
}

}  // namespace
}  // namespace muster::adapters
