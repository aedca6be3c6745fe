#pragma once
#include <cstdint>
#include <memory>
#include <type_traits>

namespace vitrine {

/// A borrowed callable: no allocation, one indirect call. Valid during the call it is passed to.
template <class>
class FunctionRef;
template <class R, class... Args>
class FunctionRef<R(Args...)> {
 public:
  template <class F>
  requires(!std::is_same_v<std::remove_cvref_t<F>, FunctionRef>) FunctionRef(F&& f)
  noexcept
      : object_(const_cast<void*>(static_cast<const void*>(std::addressof(f)))),
        call_([](void* o, Args... a) -> R {
          return (*static_cast<std::remove_reference_t<F>*>(o))(a...);
        }) {}
  R operator()(Args... a) const { return call_(object_, a...); }

 private:
  void* object_;
  R (*call_)(void*, Args...);
};

/// Run body(i) for every i in [0, n) on all cores.
///
/// Each i writes only memory owned by i (gather, never scatter), so the result has
/// the same bits for every thread count. Inside another parallel_for it runs serially:
/// the outermost caller decides the grain. If bodies throw, the exception of the
/// smallest i is rethrown when the loop has ended.
void parallel_for(std::int64_t n, FunctionRef<void(std::int64_t)> body);

/// Threads that `parallel_for` uses: for sizing scratch memory and for the run record, never for
/// results.
int thread_count();

}  // namespace vitrine
