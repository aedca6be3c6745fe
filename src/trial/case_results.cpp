#include "vitrine/trial/case_results.hpp"

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
  for (std::size_t i = 0; i < ids_.size(); ++i) {
    const auto held = held_.find(i);
    if (held != held_.end())
      take(held->second);
    else
      take((*this)[i]);
  }
}

}  // namespace vitrine::trial
