#include "dispatcher/cli/dead_letters.h"

#include <optional>
#include <utility>

#include "schemas/subjects.h"

namespace muster::cli {
namespace {

constexpr std::size_t kPage = 100;

StoredLetter Decode(const StreamMessage& message) {
  StoredLetter stored;
  stored.sequence = message.sequence;
  stored.queue = std::string(subjects::LastToken(message.subject));
  if (!stored.letter.ParseFromString(message.data)) {
    // Somebody else wrote here: shown all the same.
    stored.letter.Clear();
    stored.letter.set_id("sequence-" + std::to_string(message.sequence));
    stored.letter.set_raw(message.data);
    stored.letter.mutable_error()->set_message("this letter cannot be read");
  }
  if (stored.letter.dead_ms() == 0) stored.letter.set_dead_ms(message.stored_ms);
  return stored;
}

}  // namespace

Status ReadDeadLetters(Api& api, const std::string& queue, const std::function<bool(StoredLetter)>& visit) {
  const std::string filter = queue.empty() ? std::string(subjects::kDeadStreamSubjects) : subjects::Dead(queue);
  std::uint64_t next = 1;
  while (true) {
    const auto page = api.link().ReadStream(subjects::kDeadStream, filter, next, kPage, api.timeout());
    if (!page.ok()) {
      if (page.status().code() != ErrorCode::kNotFound && page.status().code() != ErrorCode::kUnavailable)
        return page.status();
      return Status(ErrorCode::kUnavailable, "there is no stream " + std::string(subjects::kDeadStream) + " on " +
                                                 api.servers() + "; musterd makes it when it starts");
    }
    for (const StreamMessage& message : *page) {
      if (!visit(Decode(message))) return Status();
      next = message.sequence + 1;
    }
    if (page->size() < kPage) return Status();
  }
}

Result<StoredLetter> FindDeadLetter(Api& api, const std::string& id) {
  std::optional<StoredLetter> found;
  const Status status = ReadDeadLetters(api, "", [&](StoredLetter stored) {
    if (stored.letter.id() == id) found = std::move(stored);
    return true;
  });
  if (!status.ok()) return status;
  if (!found) return Status(ErrorCode::kNotFound, "no dead letter has this id (see muster dead list)", id);
  return *std::move(found);
}

}  // namespace muster::cli
