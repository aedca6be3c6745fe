#pragma once
#include <memory>
#include <mutex>
#include <vector>

#include "vitrine/core/buffer.hpp"

namespace vitrine::recon::detail {

/// Working memory that the tasks of a parallel loop borrow and give back: as many buffers as tasks
/// run at the same time, not one a task. Nothing is promised about what is in them.
class ScratchPool {
 public:
  explicit ScratchPool(std::size_t floats) : floats_(floats) {}

  class Loan {
   public:
    Loan(ScratchPool& pool, std::unique_ptr<Buffer<float>> buffer)
        : pool_(&pool), buffer_(std::move(buffer)) {}
    Loan(Loan&&) = default;
    ~Loan() {
      if (buffer_) pool_->give_back(std::move(buffer_));
    }
    float* data() const { return buffer_->data(); }
    std::span<float> span() const { return buffer_->span(); }

   private:
    ScratchPool* pool_;
    std::unique_ptr<Buffer<float>> buffer_;
  };

  Loan borrow() {
    {
      const std::lock_guard lock(mutex_);
      if (!idle_.empty()) {
        auto buffer = std::move(idle_.back());
        idle_.pop_back();
        return {*this, std::move(buffer)};
      }
    }
    return {*this, std::make_unique<Buffer<float>>(floats_)};
  }

 private:
  void give_back(std::unique_ptr<Buffer<float>> buffer) {
    const std::lock_guard lock(mutex_);
    idle_.push_back(std::move(buffer));
  }

  std::size_t floats_;
  std::mutex mutex_;
  std::vector<std::unique_ptr<Buffer<float>>> idle_;
};

}  // namespace vitrine::recon::detail
