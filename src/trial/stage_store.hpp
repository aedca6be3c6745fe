#pragma once
#include <memory>
#include <span>
#include <string>

#include "vitrine/core/buffer.hpp"
#include "vitrine/model/volume.hpp"

namespace vitrine::trial {

/// What is kept of a scan's rays before any noise: so many floats per reading (signal, quanta, and
/// what else the detector tells apart).
struct RaysShape {
  Index views = 0, cells = 0, values = 0;
};

/// Rays that were kept, block of views by block.
class KeptRays {
 public:
  virtual ~KeptRays() = default;
  /// The next views, [value][view][cell] at the front of `block`, which grows if it has to. Their
  /// number; 0 where no view is left, or what is left is damaged.
  virtual Index next(Buffer<float>& block) = 0;
};

/// Where rays go that are to be kept. If this ends before `finish`, nothing is.
class RaysToKeep {
 public:
  virtual ~RaysToKeep() = default;
  /// The next views: the parts after each other are [value][view][cell].
  virtual void views(Index count, std::span<const std::span<const float>> parts) = 0;
  virtual void finish() = 0;
};

/// Keeps what is expensive to make and may be wanted again, by another run or another scenario.
///
/// A trial needs nothing of it: whatever fails in here (a full disk, a damaged file) is told to the
/// user by whoever implements it, and never thrown. Keys are content keys (stages.hpp) without the
/// program's version, which the store has to add.
class StageStore {
 public:
  virtual ~StageStore() = default;
  /// None if there is nothing of this key and shape.
  virtual std::unique_ptr<KeptRays> load(const std::string& key, const RaysShape& shape) = 0;
  /// None if there is no room.
  virtual std::unique_ptr<RaysToKeep> keep(const std::string& key, const RaysShape& shape) = 0;
  /// What was loaded turned out to be damaged: it is thrown away.
  virtual void discard(const std::string& key) = 0;
};

}  // namespace vitrine::trial
