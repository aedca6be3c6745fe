#pragma once
#include <functional>
#include <memory>
#include <mutex>
#include <utility>
#include <vector>

namespace vitrine {

/// Working memory that the tasks of a parallel loop borrow and give back: as many things as tasks
/// run at the same time, not one a task. Nothing is promised about what is in them.
template <class T>
class Pool {
 public:
  /// `make` makes another one when all are lent; it is called by several threads.
  explicit Pool(std::function<std::unique_ptr<T>()> make) : make_(std::move(make)) {}
  /// Of things that are all made of the same arguments.
  template <class... Args>
  static Pool of(Args... args) {
    return Pool([=] { return std::make_unique<T>(args...); });
  }

  /// Gives back what it holds when it goes.
  class Loan {
   public:
    Loan(Pool& pool, std::unique_ptr<T> thing) : pool_(&pool), thing_(std::move(thing)) {}
    Loan(Loan&&) noexcept = default;
    ~Loan() {
      if (thing_) pool_->give_back(std::move(thing_));
    }
    T& operator*() const { return *thing_; }
    T* operator->() const { return thing_.get(); }

   private:
    Pool* pool_;
    std::unique_ptr<T> thing_;
  };

  Loan borrow() {
    {
      const std::lock_guard lock(mutex_);
      if (!idle_.empty()) {
        auto thing = std::move(idle_.back());
        idle_.pop_back();
        return {*this, std::move(thing)};
      }
    }
    return {*this, make_()};
  }

 private:
  void give_back(std::unique_ptr<T> thing) {
    const std::lock_guard lock(mutex_);
    idle_.push_back(std::move(thing));
  }

  std::function<std::unique_ptr<T>()> make_;
  std::mutex mutex_;
  std::vector<std::unique_ptr<T>> idle_;
};

}  // namespace vitrine
