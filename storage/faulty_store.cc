#include "storage/faulty_store.h"

namespace muster::storage {
namespace {

class FaultyStore final : public Store {
 public:
  FaultyStore(Store* base, FaultPlan plan) : base_(base), plan_(plan) {}

  Status Write(const WriteBatch& batch) override {
    if (failed_) return Failure();
    if (++writes_ == plan_.fail_write_at) {
      failed_ = true;
      if (plan_.applied_but_failed) {
        if (Status status = base_->Write(batch); !status.ok()) return status;
      }
      return Failure();
    }
    return base_->Write(batch);
  }

  Result<std::string> Get(Family family, std::string_view key) override {
    if (failed_) return Failure();
    return base_->Get(family, key);
  }

  Status Scan(Family family, std::string_view begin, std::string_view end,
              const std::function<bool(std::string_view, std::string_view)>& visit) override {
    if (failed_ || ++scans_ == plan_.fail_scan_at) return Failure();
    return base_->Scan(family, begin, end, visit);
  }

  std::uint64_t ApproximateBytes() override { return base_->ApproximateBytes(); }

 private:
  static Status Failure() { return Status(ErrorCode::kUnavailable, "the write failed, as planned", "faulty store"); }

  Store* const base_;
  const FaultPlan plan_;
  std::uint64_t writes_ = 0;
  std::uint64_t scans_ = 0;
  bool failed_ = false;
};

}  // namespace

std::unique_ptr<Store> NewFaultyStore(Store* base, FaultPlan plan) {
  return std::make_unique<FaultyStore>(base, plan);
}

}  // namespace muster::storage
