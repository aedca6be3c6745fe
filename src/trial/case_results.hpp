#pragma once
#include <map>
#include <string>
#include <vector>

#include "vitrine/core/parallel.hpp"
#include "vitrine/trial/sink.hpp"

namespace vitrine::trial {

/// The finished cases of a trial, in the plan's order: held here, or read back from a store one at
/// a time, so that their number takes no memory.
class CaseResults {
 public:
  /// Hold a case.
  void add(CaseResult result);
  /// Have it read back whenever it is asked for; `store`, the same for all, must be there then.
  void add_stored(Store& store, std::string id);

  std::size_t size() const { return ids_.size(); }
  bool empty() const { return ids_.empty(); }
  /// Throws Error (data) if the store has lost the case, or finds it damaged.
  CaseResult operator[](std::size_t i) const;
  CaseResult front() const { return (*this)[0]; }
  const std::string& id(std::size_t i) const { return ids_[i]; }
  /// One after the other, in order, while others are read ahead; by any thread, one at a time.
  void each(FunctionRef<void(const CaseResult&)> take) const;

 private:
  std::vector<std::string> ids_;
  std::map<std::size_t, CaseResult> held_;
  Store* store_ = nullptr;
};

}  // namespace vitrine::trial
