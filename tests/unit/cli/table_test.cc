#include "dispatcher/cli/table.h"

#include "dispatcher/cli/human.h"
#include "dispatcher/cli/output.h"
#include "dispatcher/cli/printable.h"
#include "tests/support/catch.h"

namespace muster::cli {
namespace {

TEST_CASE("printable: what a terminal would obey is written as an escape") {
  CHECK(EscapeText("a\x1b[31mb") == "a\\x1b[31mb");
  CHECK(EscapeText("line\nnext\ttab\r") == "line\\nnext\\ttab\\r");
  CHECK(EscapeText(std::string("nul\0", 4)) == "nul\\x00");
  CHECK(EscapeText("\xc2\x9b"
                   "31m") == "\\x9b31m");  // the one-byte CSI, as UTF-8
  CHECK(EscapeText("\xe2\x80\xae"
                   "cod") == "\\u202ecod");                // right-to-left override
  CHECK(EscapeText("\xff\xfe") == "\\xff\\xfe");           // no UTF-8
  CHECK(EscapeText("\xc0\xaf") == "\\xc0\\xaf");           // an overlong form
  CHECK(EscapeText("\xed\xa0\x80") == "\\xed\\xa0\\x80");  // a surrogate
  CHECK(EscapeText("gr\xc3\xbc\xc3\x9f \xe6\x97\xa5\xe6\x9c\xac") == "gr\xc3\xbc\xc3\x9f \xe6\x97\xa5\xe6\x9c\xac");
}

TEST_CASE("printable: lines of a payload stay lines") {
  CHECK(EscapeLines("a\n\tb\x07") == "a\n\tb\\x07");
  CHECK(IsPlainText("a\n\tb"));
  CHECK_FALSE(IsPlainText("a\x07"));
  CHECK_FALSE(IsPlainText("\xff"));
}

TEST_CASE("printable: text is as wide as a terminal shows it") {
  CHECK(DisplayWidth("abc") == 3);
  CHECK(DisplayWidth("\xe6\x97\xa5\xe6\x9c\xac") == 4);
  CHECK(DisplayWidth("e\xcc\x81") == 1);
  CHECK(CutToWidth("abcdef", 4) == "abc…");
  CHECK(CutToWidth("abc", 3) == "abc");
  CHECK(CutToWidth("\xe6\x97\xa5\xe6\x9c\xac\xe8\xaa\x9e", 4) == "\xe6\x97\xa5…");
}

TEST_CASE("table: columns are aligned, whatever the script") {
  Table table({{"NAME"}, {"COUNT", Column::Align::kRight}});
  table.Add({"\xe6\x97\xa5\xe6\x9c\xac", "7"});
  table.Add({"worker-1", "1234"});
  CHECK(table.Print(0, false) ==
        "NAME      COUNT\n"
        "\xe6\x97\xa5\xe6\x9c\xac          7\n"
        "worker-1   1234\n");
}

TEST_CASE("table: the widest column that may shrink is cut to the terminal, the id is not") {
  Table table({{"ID", Column::Align::kLeft, false}, {"WHY"}});
  table.Add({"0123456789abcdef", "a long reason that does not fit"});
  CHECK(table.Print(30, false) == "ID                WHY\n0123456789abcdef  a long reas…\n");
  CHECK(table.Print(0, false).find("does not fit") != std::string::npos);
}

TEST_CASE("table: a cell cannot break its row or colour the rest") {
  Table table({{"NAME"}});
  table.Add({"a\nb\x1b[2J"});
  CHECK(table.Print(0, false) == "NAME\na\\nb\\x1b[2J\n");
}

TEST_CASE("table: colours only where they are wanted") {
  Table table({{"STATE"}});
  table.Add({Cell("live", Colour::kGreen)});
  CHECK(table.Print(0, false).find('\x1b') == std::string::npos);
  CHECK(table.Print(0, true).find("\x1b[32mlive\x1b[0m") != std::string::npos);
}

TEST_CASE("sheet: values are aligned and absent ones are not shown") {
  Sheet sheet;
  sheet.Add("task", "t1");
  sheet.Add("reason", "");
  sheet.Add("submitted", "now");
  CHECK(sheet.Print(false) == "task:       t1\nsubmitted:  now\n");
}

TEST_CASE("human: times are told as people do") {
  constexpr std::int64_t kNow = 1772366400000;
  CHECK(Ago(kNow - 500, kNow) == "just now");
  CHECK(Ago(kNow - 45000, kNow) == "45s ago");
  CHECK(Ago(kNow - 185000, kNow) == "3m ago");
  CHECK(Ago(kNow + 7300000, kNow) == "in 2h");
  CHECK(Ago(kNow - std::int64_t{3} * 86400000, kNow) == "3d ago");
  CHECK(Ago(0, kNow) == "-");
  CHECK(UtcTime(kNow) == "2026-03-01T12:00:00Z");
  CHECK(ShortDuration(0.25) == "0.25ms");
  CHECK(ShortDuration(1.5) == "1.5ms");
  CHECK(ShortDuration(12.4) == "12ms");
  CHECK(ShortDuration(1500) == "1.5s");
  CHECK(ShortDuration(180000) == "3m");
}

TEST_CASE("human: sizes and counts") {
  CHECK(HumanSize(512) == "512 B");
  CHECK(HumanSize(4096) == "4.0 KiB");
  CHECK(HumanSize(1024 * 1024 - 1) == "1.0 MiB");
  CHECK(HumanCount(7) == "7");
  CHECK(HumanCount(1234567) == "1,234,567");
}

TEST_CASE("human: states and priorities have the names of flags") {
  CHECK(StateName(v1::TASK_STATE_RUNNING) == "running");
  CHECK(ParseState("parked") == v1::TASK_STATE_PARKED);
  CHECK(ParseState("flying") == v1::TASK_STATE_UNSPECIFIED);
  CHECK(PriorityText(v1::PRIORITY_HIGH) == "high");
  CHECK(PriorityText(v1::PRIORITY_UNSPECIFIED) == "normal");
  for (Priority priority : kAllPriorities) CHECK(PriorityText(ToProto(priority)) == PriorityName(priority));
}

TEST_CASE("progress: a bar fits its line and says how far, how fast and how long still") {
  const std::string line = Progress::Render("wait", 50, 100, 10, "", 79);
  CHECK(DisplayWidth(line) <= 79);
  CHECK(line.find("50%") != std::string::npos);
  CHECK(line.find("50/100") != std::string::npos);
  CHECK(line.find("5/s") != std::string::npos);
  CHECK(line.find("10s left") != std::string::npos);
  CHECK(line.find("####") != std::string::npos);
  CHECK(DisplayWidth(Progress::Render("wait", 50, 100, 10, "a note that is long", 20)) <= 20);
}

}  // namespace
}  // namespace muster::cli
