// muster stats: the dispatcher at a glance.
#include <chrono>
#include <thread>

#include "dispatcher/cli/human.h"
#include "dispatcher/cli/simple_ask.h"

namespace muster::cli {
namespace {

std::string Latency(const v1::LatencySummary& summary) {
  if (summary.count() == 0) return "-";
  return "p50 " + ShortDuration(summary.p50()) + ", p90 " + ShortDuration(summary.p90()) + ", p99 " +
         ShortDuration(summary.p99()) + ", max " + ShortDuration(summary.max());
}

// "12 what" where it is not zero.
void AddCount(std::string& text, std::uint64_t count, std::string_view what) {
  if (count > 0) text += (text.empty() ? "" : ", ") + HumanCount(count) + " " + std::string(what);
}

std::string Rate(std::uint64_t now, std::uint64_t before, double seconds) {
  if (seconds <= 0 || now < before) return "-";
  return Fixed(static_cast<double>(now - before) / seconds, now - before < 100 ? 1 : 0) + "/s";
}

std::uint64_t Ended(const v1::Stats& stats) {
  return stats.succeeded() + stats.failed() + stats.dead() + stats.cancelled() + stats.expired();
}

Sheet StatsSheet(const v1::Stats& stats) {
  Sheet sheet;
  sheet.Add("musterd", stats.version() + ", up " + ShortDuration(static_cast<double>(stats.uptime_ms())) + ", epoch " +
                           std::to_string(stats.epoch()) + ", strategy " + stats.strategy());
  sheet.Add("workers",
            HumanCount(stats.workers()) + ", " + HumanCount(stats.slots_busy()) + " of " + HumanCount(stats.slots()) +
                " slots busy",
            stats.workers() == 0 ? Colour::kYellow : Colour::kNone);
  std::string waiting = HumanCount(stats.stored() + stats.queued());
  std::string special;
  AddCount(special, stats.delayed(), "delayed");
  AddCount(special, stats.blocked(), "blocked");
  AddCount(special, stats.parked(), "parked");
  sheet.Add("waiting", waiting + (special.empty() ? "" : ", and " + special));
  sheet.Add("running", HumanCount(stats.assigned() + stats.running()));
  sheet.Add("accepted", HumanCount(stats.accepted()));
  sheet.Add("succeeded", HumanCount(stats.succeeded()), Colour::kGreen);
  std::string ended_badly;
  AddCount(ended_badly, stats.failed(), "failed");
  AddCount(ended_badly, stats.dead(), "dead");
  AddCount(ended_badly, stats.cancelled(), "cancelled");
  AddCount(ended_badly, stats.expired(), "expired");
  sheet.Add("not so", ended_badly, Colour::kRed);
  std::string again;
  AddCount(again, stats.retried(), "retried");
  AddCount(again, stats.reassigned(), "taken from lost workers");
  AddCount(again, stats.duplicates(), "submitted twice");
  AddCount(again, stats.stale_reports(), "late reports ignored");
  AddCount(again, stats.given_back(), "given back to the stream");
  sheet.Add("repaired", again);
  std::string bad;
  AddCount(bad, stats.undecodable(), "undecodable tasks");
  AddCount(bad, stats.bad_worker_messages(), "bad worker messages");
  sheet.Add("bad input", bad, Colour::kYellow);
  sheet.Add("to a worker in", Latency(stats.wait()));
  sheet.Add("to the end in", Latency(stats.total()));
  return sheet;
}

void Print(Context& context, const v1::Stats& stats, const v1::Stats* before, double seconds) {
  Output& out = context.out();
  if (out.json()) {
    before == nullptr ? out.Json(stats) : out.JsonLine(stats);
    return;
  }
  std::string text = StatsSheet(stats).Print(out.colours());
  if (before != nullptr) {
    text += "rate:  " + Rate(stats.accepted(), before->accepted(), seconds) + " accepted, " +
            Rate(Ended(stats), Ended(*before), seconds) + " ended\n";
  }
  if (before != nullptr && out.terminal().out_is_tty) text.insert(0, "\x1b[H\x1b[J");
  out.Write(text);
}

Exit Watch(Context& context, Api& api, std::chrono::milliseconds every) {
  v1::Stats before;
  auto before_at = std::chrono::steady_clock::now();
  while (context.out().stream().good()) {
    const Result<v1::ApiReply> reply = api.Ask("stats", "show", v1::StatsRequest());
    const auto now = std::chrono::steady_clock::now();
    if (!reply.ok()) {
      // It may be restarting: the watch goes on.
      context.out().Error(reply.status());
    } else {
      Print(context, reply->stats(), &before, std::chrono::duration<double>(now - before_at).count());
      before = reply->stats();
      before_at = now;
    }
    std::this_thread::sleep_for(every);
  }
  return Exit::kOk;
}

Exit Run(Context& context) {
  auto api = Api::Connect(context.args());
  if (!api.ok()) return context.Fail(api.status());
  const Result<v1::ApiReply> reply = (*api)->Ask("stats", "show", v1::StatsRequest());
  if (!reply.ok()) return context.Fail(reply.status());
  if (context.args().Has("watch")) {
    const auto every = std::max(context.args().Duration("watch", {}), std::chrono::milliseconds(100));
    return Watch(context, **api, every);
  }
  Print(context, reply->stats(), nullptr, 0);
  return Exit::kOk;
}

}  // namespace

Verb StatsVerb() {
  return {.noun = "stats",
          .verb = "",
          .summary = "the dispatcher at a glance",
          .options = {{.flags = "--watch",
                       .kind = Kind::kDuration,
                       .value = "DURATION",
                       .help = "again and again, this far apart, with rates"}},
          .examples = {{"now", "muster stats"}, {"every two seconds", "muster stats --watch 2s"}},
          .run = Run};
}

}  // namespace muster::cli
