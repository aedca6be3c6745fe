#include "vitrine/trial/case_results.hpp"

#include <algorithm>

namespace vitrine::trial {

void CaseResults::add(CaseResult result) {
  ids_.push_back(result.id);
  held_.emplace(ids_.size() - 1, std::move(result));
}

void CaseResults::add_stored(Store& store, std::string id) {
  VITRINE_EXPECT(store_ == nullptr || store_ == &store);
  store_ = &store;
  ids_.push_back(std::move(id));
}

CaseResult CaseResults::operator[](std::size_t i) const {
  const auto held = held_.find(i);
  if (held != held_.end()) return held->second;
  auto read = store_->load(ids_[i]);
  require(read.has_value(), Error::Kind::data, "the case '", ids_[i],
          "' is no longer stored. Run the same command again: it makes what is missing anew");
  return std::move(*read);
}

void CaseResults::each(FunctionRef<void(const CaseResult&)> take) const {
  const auto most = std::size_t(4 * thread_count());
  std::vector<CaseResult> now, next(most);
  // One thread takes what was read, in order, while the others read on.
  for (std::size_t taken = 0; taken < ids_.size(); taken += now.size(), std::swap(now, next)) {
    const std::size_t first = taken + now.size();
    next.resize(std::min(most, ids_.size() - first));
    parallel_for(1 + std::ssize(next), [&](std::int64_t i) {
      if (i > 0) {
        const std::size_t at = first + std::size_t(i - 1);
        if (!held_.contains(at)) next[std::size_t(i - 1)] = (*this)[at];
        return;
      }
      for (std::size_t n = 0; n < now.size(); ++n) {
        const auto held = held_.find(taken + n);
        take(held != held_.end() ? held->second : now[n]);
        now[n] = {};
      }
    });
  }
}

}  // namespace vitrine::trial
