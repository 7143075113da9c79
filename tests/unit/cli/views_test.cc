#include "dispatcher/cli/views.h"

#include "tests/support/catch.h"

namespace muster::cli {
namespace {

TEST_CASE("explain: says why it waits, what would unblock it, and who was considered") {
  v1::Explanation explanation;
  explanation.set_id("t1");
  explanation.set_state(v1::TASK_STATE_PARKED);
  explanation.set_summary("No worker has gpu.");
  explanation.set_never(true);
  explanation.set_ahead(3);
  explanation.add_unblocked_by("a worker with the capability gpu");
  v1::Candidate& candidate = *explanation.add_candidates();
  candidate.set_worker("w1");
  candidate.set_ruled_out_by("gpu");
  candidate.set_slots(2);
  explanation.set_candidates_total(4);
  const std::string text = ExplanationText(explanation, false, 0);
  CHECK(text.find("t1 is parked.\nNo worker has gpu.\n") == 0);
  CHECK(text.find("No registered worker could ever run it.") != std::string::npos);
  CHECK(text.find("3 tasks are served before it.") != std::string::npos);
  CHECK(text.find("  - a worker with the capability gpu\n") != std::string::npos);
  CHECK(text.find("w1      no      -   0/2  gpu") != std::string::npos);
  CHECK(text.find("… and 3 more") != std::string::npos);
}

TEST_CASE("tasks: a hostile error message cannot write to the terminal") {
  v1::TaskList list;
  v1::TaskView& task = *list.add_tasks();
  task.set_id("t1");
  task.mutable_error()->set_message("\x1b]0;owned\x07");
  CHECK(TaskTable(list, 0).Print(0, false).find('\x1b') == std::string::npos);
  CHECK(TaskSheet(task, 0).Print(false).find('\x1b') == std::string::npos);
}

TEST_CASE("queues: a paused queue and the reason of what is parked are shown") {
  v1::QueueList list;
  v1::QueueView& queue = *list.add_queues();
  queue.set_name("mail");
  queue.set_priority(v1::PRIORITY_HIGH);
  queue.set_parked(2);
  queue.set_parked_reason("no worker has gpu");
  const std::string table = QueueTable(list).Print(0, false);
  CHECK(table.find("no worker has gpu") != std::string::npos);
  queue.set_paused(true);
  CHECK(QueueTable(list).Print(0, false).find("paused") != std::string::npos);
}

}  // namespace
}  // namespace muster::cli
