// muster doctor: is everything in order, and what to do where it is not.
#include "dispatcher/cli/doctor.h"

#include "dispatcher/cli/context.h"
#include "dispatcher/cli/json.h"
#include "dispatcher/cli/printable.h"

namespace muster::cli {
namespace {

void Print(Output& out, const Finding& finding) {
  const Colour colour = finding.verdict == Verdict::kGood      ? Colour::kGreen
                        : finding.verdict == Verdict::kWarning ? Colour::kYellow
                                                               : Colour::kRed;
  const char* sign = finding.verdict == Verdict::kGood ? "✓" : finding.verdict == Verdict::kWarning ? "!" : "✗";
  out.Line(Paint(sign, colour, out.colours()) + " " + EscapeText(finding.what) +
           (finding.detail.empty() ? "" : ": " + EscapeText(finding.detail)));
  if (!finding.advice.empty()) out.Line("    " + EscapeText(finding.advice));
}

std::string ToJsonLine(const Finding& finding) {
  const char* verdict = finding.verdict == Verdict::kGood      ? "ok"
                        : finding.verdict == Verdict::kWarning ? "warning"
                                                               : "failed";
  return JsonObject()
      .Set("verdict", verdict)
      .Set("what", finding.what)
      .Set("detail", finding.detail)
      .Set("advice", finding.advice)
      .Print();
}

Exit Run(Context& context) {
  Output& out = context.out();
  std::vector<Finding> findings;
  auto api = Api::Connect(context.args());
  if (api.ok()) {
    findings = CheckServer(**api);
  } else if (api.status().code() == ErrorCode::kBadRequest) {
    return context.Fail(api.status());
  } else {
    findings.push_back({Verdict::kBad, "NATS", api.status().message(),
                        "is the address right, is the server up, does a firewall stand between?"});
  }
  for (const std::string& directory : context.args().All("directory")) {
    for (Finding& finding : CheckDirectory(directory)) findings.push_back(std::move(finding));
  }
  int bad = 0;
  int warnings = 0;
  for (const Finding& finding : findings) {
    bad += finding.verdict == Verdict::kBad ? 1 : 0;
    warnings += finding.verdict == Verdict::kWarning ? 1 : 0;
    if (out.json()) {
      out.Line(ToJsonLine(finding));
    } else {
      Print(out, finding);
    }
  }
  if (!out.json()) {
    out.Line("");
    out.Line(bad > 0        ? std::to_string(bad) + " wrong, " + std::to_string(warnings) + " to look at"
             : warnings > 0 ? "nothing wrong, " + std::to_string(warnings) + " to look at"
                            : "all is well");
  }
  return bad > 0 ? Exit::kFailed : Exit::kOk;
}

}  // namespace

Verb DoctorVerb() {
  return {
      .noun = "doctor",
      .verb = "",
      .summary = "check everything and say what to do",
      .details =
          "Looks at NATS, its version, JetStream, the streams and their settings, consumers and their epochs, "
          "musterd, workers, queues, clocks, and with --directory at a journal's disk and permissions. With --json, "
          "one object per check: verdict (ok, warning, failed), what, detail, advice. The exit code is 1 where "
          "something is wrong; warnings alone are 0.",
      .options = {{.flags = "--directory",
                   .value = "DIR",
                   .help = "a directory of musterd to look at as well",
                   .repeated = true}},
      .examples = {{"everything", "muster doctor --directory /var/lib/muster"},
                   {"what is wrong, for a script", "muster doctor --json | jq -c 'select(.verdict == \"failed\")'"}},
      .run = Run};
}

}  // namespace muster::cli
