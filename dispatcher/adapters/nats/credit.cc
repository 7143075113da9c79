#include "dispatcher/adapters/nats/credit.h"

#include <algorithm>

namespace muster::adapters::nats {

void Credit::Delivered(Time now) {
  --owed_;
  requested_ = std::max<std::int64_t>(0, requested_ - 1);
  heard_ = now;
}

std::int64_t Credit::Wanted() const {
  const std::int64_t missing = owed_ - requested_;
  if (missing <= 0) return 0;
  return requested_ == 0 || missing * 4 >= owed_ ? missing : 0;
}

std::uint32_t Credit::Requested(std::int64_t count, Time now, Time expires) {
  if (requested_ == 0) heard_ = now;
  requested_ += count;
  expires_ = expires;
  return next_id_++;
}

bool Credit::Ended(std::uint32_t id, std::int64_t unserved) {
  if (id < first_live_id_ || id >= next_id_) return false;
  requested_ = std::max<std::int64_t>(0, requested_ - std::max<std::int64_t>(0, unserved));
  return true;
}

void Credit::Forget() {
  requested_ = 0;
  first_live_id_ = next_id_;
}

void Credit::Expire(Time now, std::chrono::milliseconds grace, std::chrono::milliseconds silence) {
  if (requested_ > 0 && (now - heard_ > silence || now > expires_ + grace)) Forget();
}

}  // namespace muster::adapters::nats
