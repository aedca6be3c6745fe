#pragma once
#include <vector>

#include "vitrine/model/scanner.hpp"
#include "vitrine/physics/spectrum.hpp"

/// How the tube's emission differs from row to row; for beam.cpp only.
namespace vitrine::physics::detail {

/// A few rows; between two of them the beam is a mixture of theirs.
struct Heel {
  std::vector<double> rows;                ///< ascending, the first and the last among them
  std::vector<std::vector<double>> ratio;  ///< [row][energy]: fluence over the central ray's
};

/// Nothing without a heel effect. A row sees the target under anode_angle + atan(slope of its ray):
/// the anode is towards -z. Throws Error if the first row would be behind the target's face.
Heel heel_of(const Scanner& scanner, double kv);

}  // namespace vitrine::physics::detail
