#include "dispatcher/adapters/nats/delayed.h"

#include <charconv>

#include "dispatcher/adapters/nats/message.h"
#include "schemas/subjects.h"

namespace muster::adapters::nats {
namespace {

constexpr std::chrono::seconds kRepeatAfter{2};

}  // namespace

void DelayedReader::Begin(std::uint64_t sequence, bool remove) {
  std::lock_guard lock(mutex_);
  const std::uint64_t number = next_++;
  Pending& pending = pending_[number];
  pending = {sequence, remove, std::chrono::steady_clock::now()};
  Send(number, pending);
}

void DelayedReader::Send(std::uint64_t number, const Pending& pending) {
  const std::string reply = inbox_ + "." + std::to_string(number);
  const std::string what = pending.remove ? "$JS.API.STREAM.MSG.DELETE." : "$JS.API.DIRECT.GET.";
  std::string body = "{\"seq\":" + std::to_string(pending.sequence);
  // Without no_erase the server overwrites the bytes on disk, which costs a synchronous write each.
  body += pending.remove ? ",\"no_erase\":true}" : "}";
  bulk_->Publish((what + std::string(subjects::kDelayedStream)).c_str(), reply.c_str(), body);
}

void DelayedReader::OnAnswer(std::string_view number_text, natsMsg* message) {
  std::uint64_t number = 0;
  std::from_chars(number_text.data(), number_text.data() + number_text.size(), number);
  const int status = StatusOf(message);
  // 503: the stream is not there at the moment, as after a restart. 408: the request was not understood in time.
  if (status == 503 || status == 408) return;
  runtime::DelayedFetched fetched;
  {
    std::lock_guard lock(mutex_);
    const auto found = pending_.find(number);
    if (found == pending_.end()) return;
    const Pending pending = found->second;
    if (pending.remove) {
      // {"error":…} with a code of 5xx other than "no such message" (err_code 10057) is a server in trouble: repeat.
      const std::string_view answer = Data(message);
      if (answer.find("\"code\":50") != std::string_view::npos && answer.find("10057") == std::string_view::npos)
        return;
      pending_.erase(found);
      return;
    }
    pending_.erase(found);
    fetched.sequence = pending.sequence;
  }
  if (status == 0) {
    fetched.message = ToStoredDirect(message);
    fetched.found = fetched.message.sequence == fetched.sequence;
  }
  sink_->Post(std::move(fetched));
}

void DelayedReader::Tick() {
  if (!bulk_->connected()) return;
  const auto now = std::chrono::steady_clock::now();
  std::lock_guard lock(mutex_);
  for (auto& [number, pending] : pending_) {
    if (now - pending.sent < kRepeatAfter) continue;
    pending.sent = now;
    Send(number, pending);
  }
}

}  // namespace muster::adapters::nats
