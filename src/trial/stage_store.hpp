#pragma once
#include <memory>
#include <span>
#include <string>

#include "vitrine/core/buffer.hpp"
#include "vitrine/core/floats.hpp"
#include "vitrine/model/volume.hpp"

namespace vitrine::trial {

/// An array that is kept, [step][value][cell]. Rays: so many floats (signal, quanta, and what else
/// the detector tells apart) of every cell in every view. Lines, an image: a step is a line or a
/// slice, which has one value a cell.
struct KeptShape {
  Index steps = 0, cells = 0, values = 1;
};

/// An array that was kept, block of steps by block.
class KeptArray {
 public:
  virtual ~KeptArray() = default;
  /// The next steps, [value][step][cell] at the front of `block`, which grows if it has to. Their
  /// number; 0 where no step is left, or what is left is damaged.
  virtual Index next(Buffer<float>& block) = 0;
};

/// Where an array goes that is to be kept. If this ends before `finish`, nothing is.
class ArrayToKeep {
 public:
  virtual ~ArrayToKeep() = default;
  /// The next steps: the parts after each other are [value][step][cell].
  virtual void steps(Index count, std::span<const std::span<const float>> parts) = 0;
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
  virtual std::unique_ptr<KeptArray> load(const std::string& key, const KeptShape& shape) = 0;
  /// All steps of an array that was kept in one go, where they lie: writing to them changes nothing
  /// that is kept. None if there is none; what is damaged is discarded.
  virtual Floats map(const std::string& key, const KeptShape& shape) = 0;
  /// None if there is no room.
  virtual std::unique_ptr<ArrayToKeep> keep(const std::string& key, const KeptShape& shape) = 0;
  /// Whether it has room for the parallel lines of every scan too.
  virtual bool keeps_lines() const { return false; }
  /// What was loaded turned out to be damaged: it is thrown away.
  virtual void discard(const std::string& key) = 0;
};

}  // namespace vitrine::trial
