#pragma once
#include <optional>

#include "vitrine/io/block_cache.hpp"
#include "vitrine/trial/stage_store.hpp"

namespace vitrine::cli {

/// What a trial's stages made (rays, images without noise, and if they are said to fit, parallel
/// lines) in a directory, for runs to come of this program.
///
/// Trouble with it is told once, on standard error, and the trial goes on without.
class KeptStages final : public trial::StageStore {
 public:
  /// Throws Error (io) if the directory cannot be used, or another run uses it.
  KeptStages(const io::Path& dir, std::uint64_t limit, bool lines_fit);
  std::unique_ptr<trial::KeptArray> load(const std::string& key,
                                         const trial::KeptShape& shape) override;
  Floats map(const std::string& key, const trial::KeptShape& shape) override;
  std::unique_ptr<trial::ArrayToKeep> keep(const std::string& key,
                                           const trial::KeptShape& shape) override;
  bool keeps_lines() const override { return lines_fit_ && keeps_; }
  void discard(const std::string& key) override;

 private:
  class Writing;
  std::string of_this_program(const std::string& key) const;
  /// Keeps nothing any more, and says why.
  void give_up(const Error& error);

  io::BlockCache cache_;
  io::Path dir_;
  std::uint64_t limit_;
  bool lines_fit_;
  std::string program_;  ///< digest of its file
  bool keeps_ = true, told_of_size_ = false;
};

/// Bytes of `2GB`, `500 MB`, `1.5TB` or a plain number. Throws Error (input).
std::uint64_t bytes_of(const std::string& text);

}  // namespace vitrine::cli
