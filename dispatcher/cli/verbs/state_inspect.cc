// muster state inspect: what a journal holds, read without musterd and without a lock.
#include <sys/stat.h>

#include <algorithm>
#include <cstdint>
#include <map>
#include <string>

#include "dispatcher/cli/context.h"
#include "dispatcher/cli/human.h"
#include "dispatcher/cli/json.h"
#include "dispatcher/cli/printable.h"
#include "dispatcher/cli/table.h"
#include "muster/store/v1/record.pb.h"
#include "storage/store.h"

namespace muster::cli {
namespace {

using storage::Family;

// One record, as a message; nullptr for bytes that are none.
std::unique_ptr<google::protobuf::Message> Decode(Family family, std::string_view value) {
  std::unique_ptr<google::protobuf::Message> message;
  switch (family) {
    case Family::kMeta: message = std::make_unique<store::v1::Meta>(); break;
    case Family::kInFlight: message = std::make_unique<store::v1::InFlight>(); break;
    case Family::kDone: message = std::make_unique<store::v1::Done>(); break;
    case Family::kQueues: message = std::make_unique<store::v1::Queue>(); break;
    case Family::kDelayed: message = std::make_unique<store::v1::Delayed>(); break;
  }
  if (!message->ParseFromArray(value.data(), static_cast<int>(value.size()))) return nullptr;
  return message;
}

struct Summary {
  store::v1::Meta meta;
  std::map<std::string, std::uint64_t> records;    // by family
  std::map<std::string, std::uint64_t> in_flight;  // by state
  std::map<std::string, std::uint64_t> done;
  std::map<std::string, std::uint64_t> workers;  // tasks assigned or running
  std::uint64_t pending = 0;                     // ended, but the result is not published yet
  std::uint64_t paused = 0;
  std::uint64_t damaged = 0;
  std::uint64_t bytes = 0;
};

void Count(Family family, std::string_view value, Summary& summary) {
  ++summary.records[std::string(storage::kFamilyNames[static_cast<std::size_t>(family)])];
  const auto message = Decode(family, value);
  if (message == nullptr) {
    ++summary.damaged;
    return;
  }
  if (family == Family::kMeta) {
    summary.meta.CopyFrom(*message);
  } else if (family == Family::kInFlight) {
    const auto& record = static_cast<const store::v1::InFlight&>(*message);
    ++summary.in_flight[StateName(record.state())];
    if (record.state() == v1::TASK_STATE_ASSIGNED || record.state() == v1::TASK_STATE_RUNNING) {
      ++summary.workers[record.worker()];
    }
  } else if (family == Family::kDone) {
    const auto& record = static_cast<const store::v1::Done&>(*message);
    ++summary.done[StateName(record.state())];
    if (record.has_pending_result() || record.has_pending_dead_letter()) ++summary.pending;
  } else if (family == Family::kQueues) {
    if (static_cast<const store::v1::Queue&>(*message).paused()) ++summary.paused;
  }
}

Result<Summary> Summarise(storage::Store& journal) {
  Summary summary;
  for (int i = 0; i < storage::kFamilies; ++i) {
    const auto family = static_cast<Family>(i);
    summary.records[std::string(storage::kFamilyNames[static_cast<std::size_t>(i)])] = 0;
    const Status status = journal.Scan(family, "", "", [&](std::string_view, std::string_view value) {
      Count(family, value, summary);
      return true;
    });
    if (!status.ok()) return status;
  }
  summary.bytes = journal.ApproximateBytes();
  return summary;
}

std::string Listed(const std::map<std::string, std::uint64_t>& counts) {
  std::string text;
  for (const auto& entry : counts) text += (text.empty() ? "" : ", ") + HumanCount(entry.second) + " " + entry.first;
  return text;
}

JsonObject ToJson(const std::map<std::string, std::uint64_t>& counts) {
  JsonObject object;
  for (const auto& entry : counts) object.Set(entry.first, entry.second);
  return object;
}

void PrintSummary(Output& out, const std::string& directory, const Summary& summary) {
  if (out.json()) {
    out.Line(JsonObject()
                 .Set("directory", directory)
                 .Set("schema", std::uint64_t{summary.meta.schema()})
                 .Set("epoch", std::uint64_t{summary.meta.epoch()})
                 .Set("cluster", summary.meta.cluster())
                 .Set("bytes", summary.bytes)
                 .Set("records", ToJson(summary.records))
                 .Set("in_flight", ToJson(summary.in_flight))
                 .Set("done", ToJson(summary.done))
                 .Set("pending", summary.pending)
                 .Set("paused_queues", summary.paused)
                 .Set("workers", ToJson(summary.workers))
                 .Set("damaged", summary.damaged)
                 .Print());
    return;
  }
  Sheet sheet;
  sheet.Add("journal", directory + ", " + HumanSize(summary.bytes));
  sheet.Add("epoch", std::to_string(summary.meta.epoch()) + ", schema " + std::to_string(summary.meta.schema()));
  sheet.Add("cluster", summary.meta.cluster());
  const std::string in_flight = Listed(summary.in_flight);
  sheet.Add("in flight", in_flight.empty() ? "nothing" : in_flight);
  sheet.Add("on workers", Listed(summary.workers));
  const std::string done = Listed(summary.done);
  sheet.Add("ended", done.empty() ? "nothing" : done);
  sheet.Add("pending", HumanCount(summary.pending) + " ended, whose result is not confirmed as published");
  sheet.Add("waiting long", HumanCount(summary.records.at("delayed")) + " in MUSTER_DELAYED");
  sheet.Add("queues", HumanCount(summary.records.at("queues")) + ", " + HumanCount(summary.paused) + " paused");
  if (summary.damaged > 0) sheet.Add("damaged", HumanCount(summary.damaged) + " records cannot be read", Colour::kRed);
  out.Write(sheet.Print(out.colours()));
}

std::string Hex(std::string_view bytes) {
  static constexpr std::string_view kDigits = "0123456789abcdef";
  std::string out;
  for (const char c : bytes) {
    const auto byte = static_cast<unsigned char>(c);
    out += kDigits[byte >> 4];
    out += kDigits[byte & 0xfu];
  }
  return out;
}

// Keys of numbers are no text: those are printed as hexadecimal digits.
std::string KeyText(std::string_view key) {
  return std::all_of(key.begin(), key.end(), [](char c) { return c > ' ' && c < 0x7f; }) ? std::string(key) : Hex(key);
}

Exit PrintRecords(Context& context, storage::Store& journal, Family family) {
  Output& out = context.out();
  const std::uint64_t limit = context.args().Count("limit", 20);
  std::uint64_t shown = 0;
  bool more = false;
  const Status status = journal.Scan(family, "", "", [&](std::string_view key, std::string_view value) {
    if (shown == limit) {
      more = true;
      return false;
    }
    ++shown;
    const auto message = Decode(family, value);
    const std::string record = message == nullptr ? "" : cli::ToJson(*message, false);
    if (out.json()) {
      JsonObject object;
      object.Set("key", KeyText(key));
      message == nullptr ? object.Set("damaged", Hex(value)) : object.SetRaw("record", record);
      out.Line(object.Print());
    } else {
      out.Line(KeyText(key) + "  " +
               (message == nullptr ? "damaged: " + Hex(value.substr(0, 64)) : EscapeText(record)));
    }
    return true;
  });
  if (!status.ok()) return context.Fail(status);
  if (more) out.Note("there are more: --limit shows them");
  return Exit::kOk;
}

Exit Run(Context& context) {
  const Args& args = context.args();
  const std::string directory = args.Text("directory");
  struct stat info {};
  if (stat(directory.c_str(), &info) != 0 || !S_ISDIR(info.st_mode)) {
    return context.Fail(ErrorCode::kNotFound, "there is no directory " + directory);
  }
  storage::StoreOptions options;
  options.directory = directory;
  options.read_only = true;
  options.quarantine = false;  // looking must not move anything
  auto opened = storage::OpenStore("rocksdb", options);
  if (!opened.ok()) return context.Fail(opened.status());
  storage::Store& journal = *opened->store;
  if (args.Has("family")) {
    for (int i = 0; i < storage::kFamilies; ++i) {
      if (storage::kFamilyNames[static_cast<std::size_t>(i)] == args.Text("family")) {
        return PrintRecords(context, journal, static_cast<Family>(i));
      }
    }
  }
  const Result<Summary> summary = Summarise(journal);
  if (!summary.ok()) return context.Fail(summary.status());
  PrintSummary(context.out(), directory, *summary);
  return summary->damaged == 0 ? Exit::kOk : Exit::kFailed;
}

}  // namespace

Verb StateInspectVerb() {
  return {.noun = "state",
          .verb = "inspect",
          .summary = "read a journal off line",
          .details =
              "Needs neither NATS nor musterd, changes nothing, and may look while musterd runs. The exit code is 1 "
              "where a record cannot be read.",
          .options = {{.flags = "directory", .value = "DIR", .help = "the journal's directory", .required = true},
                      {.flags = "--family",
                       .value = "NAME",
                       .help = "print the records of this part, rather than a summary",
                       .choices = "meta|inflight|done|queues|delayed"},
                      {.flags = "--limit,-n",
                       .kind = Kind::kCount,
                       .value = "COUNT",
                       .help = "at most so many records; 20 when not given"}},
          .examples = {{"a summary", "muster state inspect /var/lib/muster/journal"},
                       {"what was in flight", "muster state inspect /var/lib/muster/journal --family inflight --json"}},
          .reach = Reach::kOffline,
          .run = Run};
}

}  // namespace muster::cli
