#include "schemas/subjects.h"

#include <array>
#include <charconv>
#include <initializer_list>

#include "schemas/charset.h"
#include "schemas/limits.h"
#include "schemas/text.h"

namespace muster::subjects {
namespace {

std::string Join(std::initializer_list<std::string_view> parts) {
  std::size_t size = 0;
  for (std::string_view part : parts) size += part.size();
  std::string joined;
  joined.reserve(size);
  for (std::string_view part : parts) joined.append(part);
  return joined;
}

Status BadPriority(std::string_view token) {
  std::array<std::string_view, kPriorities> names;
  for (Priority priority : kAllPriorities) names[static_cast<std::size_t>(priority)] = PriorityName(priority);
  std::string message = "unknown priority " + charset::Quote(token);
  const std::string_view nearest = NearestName(token, names);
  if (!nearest.empty()) message.append("; did you mean ").append(nearest).append("?");
  message.append(" It is one of critical, high, normal, low, background.");
  return Status(ErrorCode::kBadQueue, std::move(message), "subject");
}

// The address behind `prefix` ("muster.tasks.").
muster::Result<TaskAddress> ParseAddress(std::string_view subject, std::string_view prefix) {
  if (!subject.starts_with(prefix)) {
    return Status(ErrorCode::kBadQueue, Join({charset::Quote(subject), " is not ", prefix, "<priority>.<queue>"}),
                  "subject");
  }
  const std::string_view rest = subject.substr(prefix.size());
  const std::size_t dot = rest.find('.');
  if (dot == std::string_view::npos) {
    return Status(ErrorCode::kBadQueue,
                  Join({charset::Quote(subject), " lacks the queue: ", prefix, "<priority>.<queue>"}), "subject");
  }
  const std::optional<Priority> priority = ParsePriority(rest.substr(0, dot));
  if (!priority) return BadPriority(rest.substr(0, dot));
  const std::string_view queue = rest.substr(dot + 1);
  if (Status status = CheckName("queue", queue); !status.ok()) return status;
  return TaskAddress{*priority, std::string(queue)};
}

}  // namespace

Status CheckName(std::string_view what, std::string_view name) {
  const auto bad = [&](std::string message) {
    return Status(what == "queue" ? ErrorCode::kBadQueue : ErrorCode::kBadRequest, std::move(message),
                  std::string(what));
  };
  if (name.empty()) return bad("the name is empty; use 1 to 64 of A-Z a-z 0-9 - _");
  if (name.size() > limits::kNameBytesMax) {
    return bad(Join({"the name ", charset::Quote(name), " has ", std::to_string(name.size()), " characters; at most ",
                     std::to_string(limits::kNameBytesMax)}));
  }
  const std::size_t other = charset::FindOther(charset::kName, name);
  if (other < name.size()) {
    return bad(Join({"the name ", charset::Quote(name), " has ", charset::Quote(name.substr(other, 1)),
                     " in it; a name is one token of A-Z a-z 0-9 - _"}));
  }
  if (name.front() == '_') {
    return bad(Join({"the name ", charset::Quote(name), " begins with _, which is kept for Muster's own"}));
  }
  return Status();
}

std::string Task(Priority priority, std::string_view queue) {
  return Join({"muster.tasks.", PriorityName(priority), ".", queue});
}

muster::Result<TaskAddress> ParseTask(std::string_view subject) {
  return ParseAddress(subject, "muster.tasks.");
}

std::string TaskStream(Priority priority) {
  std::string stream = "MUSTER_TASKS_";
  for (char c : PriorityName(priority)) stream.push_back(static_cast<char>(c - 'a' + 'A'));
  return stream;
}

std::string TaskStreamSubjects(Priority priority) {
  return Join({"muster.tasks.", PriorityName(priority), ".>"});
}

std::string TaskConsumer(std::string_view queue, std::uint64_t epoch) {
  return Join({"q-", queue, "-e", std::to_string(epoch)});
}

std::uint64_t ParseConsumerEpoch(std::string_view consumer) {
  // A queue's name may itself contain "-e7": the last one counts.
  const std::size_t mark = consumer.rfind("-e");
  if (!consumer.starts_with("q-") || mark == std::string_view::npos || mark < 3) return 0;
  const std::string_view digits = consumer.substr(mark + 2);
  std::uint64_t epoch = 0;
  const auto parsed = std::from_chars(digits.data(), digits.data() + digits.size(), epoch);
  if (parsed.ec != std::errc() || parsed.ptr != digits.data() + digits.size()) return 0;
  return epoch;
}

std::string Assign(std::string_view worker) {
  return Join({"muster.assign.", worker});
}
std::string Control(std::string_view worker) {
  return Join({"muster.control.", worker});
}
std::string Hello(std::string_view worker) {
  return Join({"muster.worker.hello.", worker});
}
std::string Beat(std::string_view worker) {
  return Join({"muster.worker.beat.", worker});
}
std::string Bye(std::string_view worker) {
  return Join({"muster.worker.bye.", worker});
}
std::string Inventory(std::string_view worker) {
  return Join({"muster.worker.inventory.", worker});
}
std::string Report(std::string_view worker) {
  return Join({"muster.report.", worker});
}

std::string Result(std::string_view task) {
  return Join({"muster.results.", task});
}
std::string Dead(std::string_view queue) {
  return Join({"muster.dead.", queue});
}
std::string Delayed(Priority priority, std::string_view queue) {
  return Join({"muster.delayed.", PriorityName(priority), ".", queue});
}
muster::Result<TaskAddress> ParseDelayed(std::string_view subject) {
  return ParseAddress(subject, "muster.delayed.");
}

std::string Event(std::string_view noun, std::string_view verb) {
  return Join({"muster.events.", noun, ".", verb});
}
std::string Scaling(std::string_view scaling_class) {
  return Join({"muster.scaling.", scaling_class});
}
std::string Api(std::string_view noun, std::string_view verb) {
  return Join({"muster.api.", noun, ".", verb});
}

std::string_view LastToken(std::string_view subject) {
  const std::size_t dot = subject.rfind('.');
  return dot == std::string_view::npos ? std::string_view() : subject.substr(dot + 1);
}

std::string_view Token(std::string_view subject, int index) {
  if (index < 0) return {};
  for (; index > 0; --index) {
    const std::size_t dot = subject.find('.');
    if (dot == std::string_view::npos) return {};
    subject.remove_prefix(dot + 1);
  }
  return subject.substr(0, subject.find('.'));
}

}  // namespace muster::subjects
