#include "dispatcher/engine/ledger.h"

namespace muster::engine {

std::size_t DoneLedger::Place(const TaskId& id) const {
  const std::size_t mask = table_.size() - 1;
  std::size_t at = TaskIdHash()(id) * 0x9e3779b97f4a7c15ULL >> 20 & mask;
  while (table_[at].state != TaskState::kNone && table_[at].id != id) at = (at + 1) & mask;
  return at;
}

std::optional<TaskState> DoneLedger::Find(const TaskId& id) const {
  if (table_.empty()) return std::nullopt;
  const Entry& entry = table_[Place(id)];
  if (entry.state == TaskState::kNone) return std::nullopt;
  return entry.state;
}

void DoneLedger::Add(const TaskId& id, TaskState state, Time finished) {
  if (Find(id)) return;
  if ((order_.size() + 1) * 3 >= table_.size() * 2) Grow();
  table_[Place(id)] = Entry{id, state};
  order_.push_back({id, finished});
  if (order_.size() > entries_max_) {
    Remove(order_.front().id);
    order_.pop_front();
  }
}

bool DoneLedger::ForgetBefore(Time before) {
  bool forgot = false;
  while (!order_.empty() && order_.front().finished < before) {
    Remove(order_.front().id);
    order_.pop_front();
    forgot = true;
  }
  return forgot;
}

void DoneLedger::Grow() {
  std::vector<Entry> old;
  old.swap(table_);
  table_.resize(old.empty() ? 1024 : old.size() * 2);
  for (const Entry& entry : old) {
    if (entry.state != TaskState::kNone) table_[Place(entry.id)] = entry;
  }
}

// Backward-shift deletion (Knuth, TAOCP 3, 6.4 algorithm R): no tombstones, so look-ups never slow down with age.
void DoneLedger::Remove(const TaskId& id) {
  const std::size_t mask = table_.size() - 1;
  std::size_t hole = Place(id);
  if (table_[hole].state == TaskState::kNone) return;
  table_[hole].state = TaskState::kNone;
  for (std::size_t at = (hole + 1) & mask; table_[at].state != TaskState::kNone; at = (at + 1) & mask) {
    const Entry entry = table_[at];
    table_[at].state = TaskState::kNone;
    table_[Place(entry.id)] = entry;
  }
}

}  // namespace muster::engine
