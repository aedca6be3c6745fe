#pragma once
#include <functional>

#include "vitrine/core/hash.hpp"
#include "vitrine/io/file.hpp"
#include "vitrine/trial/sink.hpp"

namespace vitrine::cli {

/// Finished cases as JSON below DIR/.state; a case counts only while all its files are there,
/// whole.
class CaseStore final : public trial::Store {
 public:
  /// Told of every record and its digest before it is written.
  using Announce = std::function<void(const trial::CaseResult& result, const Digest& record)>;
  explicit CaseStore(io::Path dir, Announce announce = {});
  /// What is stored of a case, whether its files are still there or not; none if nothing is. Throws
  /// Error (data) if it is damaged.
  std::optional<trial::CaseResult> load(const std::string& case_id) override;
  void save(const trial::CaseResult& result) override;
  /// A case that is stored whole, and whose files are all there with their sizes; none otherwise.
  std::optional<trial::CaseResult> whole(const std::string& case_id);
  bool holds(const std::string& case_id) override { return whole(case_id).has_value(); }
  bool keeps() const override { return true; }
  /// Cases that something is stored of, sorted.
  std::vector<std::string> ids() const;

 private:
  io::Path path_of(const std::string& case_id) const;
  io::Path dir_;
  Announce announce_;
};

}  // namespace vitrine::cli
