// Health: what is well and what is not, item by item: the answer of /readyz and of health.show. Threads: any.
#ifndef MUSTER_DISPATCHER_RUNTIME_HEALTH_H_
#define MUSTER_DISPATCHER_RUNTIME_HEALTH_H_

#include <string>
#include <string_view>
#include <vector>

#include "dispatcher/runtime/mutex.h"

namespace muster::runtime {

struct HealthItem {
  std::string name;  // "nats", "journal", "recovery"
  bool ok = false;
  std::string detail;  // one sentence; why, when it is not ok
};

class Health {
 public:
  void Set(std::string_view name, bool ok, std::string detail) {
    MutexLock lock(&mutex_);
    for (HealthItem& item : items_) {
      if (item.name != name) continue;
      item.ok = ok;
      item.detail = std::move(detail);
      return;
    }
    items_.push_back(HealthItem{std::string(name), ok, std::move(detail)});
  }
  // In the order in which they were first set.
  std::vector<HealthItem> Items() const {
    MutexLock lock(&mutex_);
    return items_;
  }
  // Every item is ok, and there is one.
  bool ready() const {
    MutexLock lock(&mutex_);
    for (const HealthItem& item : items_) {
      if (!item.ok) return false;
    }
    return !items_.empty();
  }

 private:
  mutable Mutex mutex_;
  std::vector<HealthItem> items_ GUARDED_BY(mutex_);
};

}  // namespace muster::runtime

#endif  // MUSTER_DISPATCHER_RUNTIME_HEALTH_H_
