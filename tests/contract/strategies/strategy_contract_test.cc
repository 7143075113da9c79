// What every strategy must do, over the table of strategies.
#include <map>
#include <set>
#include <string>

#include "dispatcher/engine/strategies/strategy.h"
#include "tests/support/catch.h"

namespace muster::engine {
namespace {

struct Fleet {
  Roster roster;
  ReadyQueue ready;
  Classes classes{&roster, &ready};
  Random random{42};
  TaskSpec spec;
  ClassIndex task_class = 0;

  Fleet(int workers, const TaskSpec& wanted) : spec(wanted) {
    Random shape(workers + 1);
    for (int i = 0; i < workers; ++i) {
      WorkerInfo info;
      info.name = "w" + std::to_string(i);
      info.slots = 1 + shape.Below(4);
      info.prefetch = shape.Below(2);
      info.speed_milli = 500 + shape.Below(2000);
      if (shape.Below(2) == 0) info.capabilities.insert("gpu");
      info.resources["vram"] = shape.Below(30);
      roster.Add(std::move(info), Time());
    }
    task_class = classes.Join(spec);
  }
  Selection Select() { return Selection{roster, classes.at(task_class), spec, random, kNoWorker}; }
  bool AnyAllowed() {
    for (WorkerIndex i = 0; i < roster.end(); ++i) {
      if (Select().Allowed(i)) return true;
    }
    return false;
  }
};

TaskSpec GpuTask() {
  TaskSpec spec;
  spec.queue = spec.type = "q";
  spec.require = *Requirement::Parse("gpu");
  spec.resources["vram"] = 5;
  return spec;
}

}  // namespace

TEST_CASE("strategies: the table has the default and distinct names, found with either dash") {
  std::set<std::string_view> names;
  for (const StrategyInfo& info : Strategies()) {
    CHECK(names.insert(info.name).second);
    CHECK_FALSE(info.summary.empty());
    std::string dashed(info.name);
    for (char& c : dashed) c = c == '_' ? '-' : c;
    CHECK(FindStrategy(dashed) == FindStrategy(info.name));
  }
  CHECK(names.contains("least_loaded"));
  CHECK(FindStrategy("nonsense") == nullptr);
}

TEST_CASE("strategies: only allowed workers are chosen, and one whenever there is one") {
  for (const StrategyInfo& info : Strategies()) {
    CAPTURE(std::string(info.name));
    for (int workers : {0, 1, 3, 63, 64, 65, 130, 300}) {
      CAPTURE(workers);
      Fleet fleet(workers, GpuTask());
      const std::unique_ptr<Strategy> strategy = info.make();
      // Until the fleet is full; now and then something ends, somebody drains.
      Random churn(9);
      int placed = 0;
      for (int step = 0; step < 2000; ++step) {
        const bool any = fleet.AnyAllowed();
        const WorkerIndex chosen = strategy->Select(fleet.Select());
        REQUIRE((chosen != kNoWorker) == any);
        if (chosen != kNoWorker) {
          REQUIRE(fleet.Select().Allowed(chosen));
          fleet.roster.Reserve(chosen, fleet.classes.at(fleet.task_class).needs);
          ++placed;
        }
        if (workers == 0) continue;
        const WorkerIndex other = churn.Below(static_cast<std::uint32_t>(workers));
        const std::uint32_t what = churn.Below(any ? 8 : 2);
        if (what == 0 && fleet.roster.at(other).active > 0) {
          fleet.roster.Release(other, fleet.classes.at(fleet.task_class).needs);
        }
        if (what == 1) fleet.roster.SetDraining(other, churn.Below(2) == 0);
        if (!any && step > 1000) break;
      }
      CHECK((workers < 63 || placed > workers / 3));
    }
  }
}

TEST_CASE("strategies: the worker to avoid is passed over while there is another") {
  for (const StrategyInfo& info : Strategies()) {
    CAPTURE(std::string(info.name));
    TaskSpec spec;
    spec.queue = spec.type = "q";
    Fleet fleet(2, spec);
    const std::unique_ptr<Strategy> strategy = info.make();
    for (int i = 0; i < 20; ++i) {
      Selection selection = fleet.Select();
      selection.avoid = 1;
      CHECK(strategy->Select(selection) == 0);
    }
  }
}

TEST_CASE("strategies: equal seeds choose equally") {
  for (const StrategyInfo& info : Strategies()) {
    CAPTURE(std::string(info.name));
    TaskSpec spec;
    spec.queue = spec.type = "q";
    Fleet one(100, spec);
    Fleet two(100, spec);
    const std::unique_ptr<Strategy> first = info.make();
    const std::unique_ptr<Strategy> second = info.make();
    for (int i = 0; i < 300; ++i) {
      const WorkerIndex a = first->Select(one.Select());
      const WorkerIndex b = second->Select(two.Select());
      REQUIRE(a == b);
      if (a == kNoWorker) break;
      one.roster.Reserve(a, {});
      two.roster.Reserve(b, {});
    }
  }
}

TEST_CASE("least_loaded: the chosen worker is within one level of the exact minimum") {
  TaskSpec spec;
  spec.queue = spec.type = "q";
  Fleet fleet(200, spec);
  const std::unique_ptr<Strategy> strategy = FindStrategy("least_loaded")->make();
  for (int step = 0; step < 400; ++step) {
    double least = 1e9;
    bool free_slot = false;
    for (WorkerIndex i = 0; i < fleet.roster.end(); ++i) free_slot |= fleet.roster.free_slot().Test(i);
    for (WorkerIndex i = 0; i < fleet.roster.end(); ++i) {
      if (!fleet.Select().Allowed(i) || (free_slot && !fleet.roster.free_slot().Test(i))) continue;
      least = std::min(least, fleet.roster.Score(i));
    }
    const WorkerIndex chosen = strategy->Select(fleet.Select());
    if (chosen == kNoWorker) break;
    REQUIRE(fleet.roster.free_slot().Test(chosen) == free_slot);  // a free slot always first
    REQUIRE(fleet.roster.Score(chosen) <= least * 1.19);          // 2^(1/4)
    fleet.roster.Reserve(chosen, {});
  }
}

TEST_CASE("round_robin: over k rounds each of n eligible workers is chosen k times") {
  TaskSpec spec;
  spec.queue = spec.type = "q";
  Roster roster;
  ReadyQueue ready;
  Classes classes(&roster, &ready);
  Random random(1);
  for (int i = 0; i < 70; ++i) {
    WorkerInfo info;
    info.name = "w" + std::to_string(i);
    info.slots = 100;
    roster.Add(std::move(info), Time());
  }
  const ClassIndex index = classes.Join(spec);
  const std::unique_ptr<Strategy> strategy = FindStrategy("round_robin")->make();
  std::map<WorkerIndex, int> count;
  for (int i = 0; i < 70 * 10; ++i) {
    const WorkerIndex chosen = strategy->Select(Selection{roster, classes.at(index), spec, random, kNoWorker});
    ++count[chosen];
    roster.Reserve(chosen, {});
  }
  for (const auto& [worker, times] : count) CHECK(times == 10);
  CHECK(count.size() == 70);
}

TEST_CASE("random: every eligible worker is chosen about equally often") {
  TaskSpec spec;
  spec.queue = spec.type = "q";
  Roster roster;
  ReadyQueue ready;
  Classes classes(&roster, &ready);
  Random random(1);
  for (int i = 0; i < 100; ++i) {
    WorkerInfo info;
    info.name = "w" + std::to_string(i);
    roster.Add(std::move(info), Time());
  }
  const ClassIndex index = classes.Join(spec);
  const std::unique_ptr<Strategy> strategy = FindStrategy("random")->make();
  std::vector<int> count(100);
  for (int i = 0; i < 100000; ++i)
    ++count[strategy->Select(Selection{roster, classes.at(index), spec, random, kNoWorker})];
  double chi = 0;
  for (int times : count) chi += (times - 1000.0) * (times - 1000.0) / 1000.0;
  CHECK(chi < 148.2);  // 99 degrees of freedom, p = 0.001
}

}  // namespace muster::engine
