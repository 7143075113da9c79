#include "dispatcher/adapters/nats/credit.h"

#include "tests/support/catch.h"

namespace muster::adapters::nats {
namespace {

using std::chrono::seconds;
const Credit::Time kStart{};

std::uint32_t Send(Credit* credit) {
  return credit->Requested(credit->Wanted(), kStart, kStart + seconds(30));
}

TEST_CASE("credit: the first is asked for at once, small additions wait for company") {
  Credit credit;
  CHECK(credit.Wanted() == 0);
  credit.Ask(8);
  CHECK(credit.Wanted() == 8);
  Send(&credit);
  CHECK(credit.Wanted() == 0);
  credit.Ask(1);
  CHECK(credit.Wanted() == 0);
  credit.Ask(2);
  CHECK(credit.Wanted() == 3);
}

TEST_CASE("credit: a request served in full leaves nothing to ask") {
  Credit credit;
  credit.Ask(2);
  Send(&credit);
  credit.Delivered(kStart);
  credit.Delivered(kStart);
  CHECK(credit.owed() == 0);
  CHECK(credit.requested() == 0);
  CHECK(credit.Wanted() == 0);
}

TEST_CASE("credit: what an ended request left unserved is asked for again") {
  Credit credit;
  credit.Ask(10);
  const std::uint32_t id = Send(&credit);
  for (int i = 0; i < 4; ++i) credit.Delivered(kStart);
  CHECK(credit.Ended(id, 6));
  CHECK(credit.Wanted() == 6);
}

TEST_CASE("credit: the end of a forgotten request changes nothing") {
  Credit credit;
  credit.Ask(10);
  const std::uint32_t old = Send(&credit);
  credit.Forget();
  CHECK(credit.Wanted() == 10);
  Send(&credit);
  CHECK_FALSE(credit.Ended(old, 10));
  CHECK_FALSE(credit.Ended(99, 10));
  CHECK(credit.requested() == 10);
}

TEST_CASE("credit: what came beyond it is paid back out of later credit") {
  Credit credit;
  credit.Ask(3);
  Send(&credit);
  for (int i = 0; i < 5; ++i) credit.Delivered(kStart);
  CHECK(credit.owed() == -2);
  credit.Ask(2);
  CHECK(credit.Wanted() == 0);
  credit.Ask(1);
  CHECK(credit.Wanted() == 1);
}

TEST_CASE("credit: silence and age end every request") {
  Credit credit;
  credit.Ask(4);
  Send(&credit);
  credit.Expire(kStart + seconds(10), seconds(5), seconds(11));
  CHECK(credit.Wanted() == 0);
  credit.Heard(kStart + seconds(10));
  credit.Expire(kStart + seconds(20), seconds(5), seconds(11));
  CHECK(credit.Wanted() == 0);
  credit.Expire(kStart + seconds(22), seconds(5), seconds(11));
  CHECK(credit.Wanted() == 4);
  Send(&credit);
  credit.Heard(kStart + seconds(35));
  credit.Expire(kStart + seconds(36), seconds(5), seconds(11));
  CHECK(credit.Wanted() == 4);
}

}  // namespace
}  // namespace muster::adapters::nats
