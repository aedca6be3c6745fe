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
  std::vector<CaseResult> ahead(std::size_t(2 * thread_count()));
  for (std::size_t first = 0; first < ids_.size(); first += ahead.size()) {
    const std::size_t count = std::min(ahead.size(), ids_.size() - first);
    parallel_for(std::int64_t(count), [&](std::int64_t i) {
      const std::size_t at = first + std::size_t(i);
      if (!held_.contains(at)) ahead[std::size_t(i)] = (*this)[at];
    });
    for (std::size_t i = 0; i < count; ++i) {
      const auto held = held_.find(first + i);
      take(held != held_.end() ? held->second : ahead[i]);
      ahead[i] = {};
    }
  }
}

}  // namespace vitrine::trial
