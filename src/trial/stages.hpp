#pragma once
#include <array>
#include <cstdint>
#include <string_view>

namespace vitrine::trial {

/// What the engine makes of one another: a patient's scene, the line integrals of a scan's rays
/// (with all tube voltages that share them), a reading of them with noise or without, its parallel
/// lines, an image, the features of that image.
///
/// Each has a content key: the hash of its inputs' keys, its parameters and the version of the
/// code. What has equal keys is made once.
enum class Stage { scene, trace, read_out, rebin, reconstruct, measure };
inline constexpr std::array<std::string_view, 6> stage_names{"scene", "trace",       "read_out",
                                                             "rebin", "reconstruct", "measure"};

/// How often a stage was asked for by an image, with noise or without, and what that took.
struct StageCount {
  std::uint64_t wanted = 0;
  std::uint64_t different = 0;  ///< keys among them
  std::uint64_t made = 0;
  std::uint64_t loaded = 0;  ///< from what an earlier run kept
  /// Answered by what another image had asked for.
  std::uint64_t shared() const { return wanted - made - loaded; }
  bool operator==(const StageCount&) const = default;
};

/// Of all stages.
struct StageCounts {
  std::array<StageCount, stage_names.size()> of{};

  StageCount& operator[](Stage stage) { return of[std::size_t(stage)]; }
  const StageCount& operator[](Stage stage) const { return of[std::size_t(stage)]; }
  StageCounts& operator+=(const StageCounts& other) {
    for (std::size_t i = 0; i < of.size(); ++i) {
      of[i].wanted += other.of[i].wanted;
      of[i].different += other.of[i].different;
      of[i].made += other.of[i].made;
      of[i].loaded += other.of[i].loaded;
    }
    return *this;
  }
};

}  // namespace vitrine::trial
