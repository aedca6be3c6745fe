#pragma once
#include "vitrine/physics/carlo/simulation.hpp"

namespace vitrine::physics::carlo {

enum class CtdiPhantom { head, body };
/// Of the PMMA cylinder, mm.
constexpr double diameter_of(CtdiPhantom phantom) {
  return phantom == CtdiPhantom::head ? 160.0 : 320.0;
}

/// One axial rotation's dose indices in a cylinder of PMMA, mGy per mAs.
struct Ctdi {
  Estimate centre, periphery;  ///< CTDI100
  Estimate weighted;           ///< CTDIw, and CTDIvol at pitch 1
  double collimation = 0.0;    ///< mm, what was simulated
  std::int64_t histories = 0;
};

/// CTDI100 (IEC 60601-2-44) of a scanner at a tube voltage: air kerma in a chamber of 100 mm in the
/// centre and 10 mm below the surface, times 100 mm over the collimation; CTDIw is a third of the
/// first and two thirds of the second.
///
/// The phantom is 150 mm long and of `diameter` mm: 160 (head) or 320 (body); its holes are filled
/// and the chamber, 10 mm wide, disturbs nothing. Beams wider than 40 mm are measured at 20 mm, as
/// the standard has it; the simulated beam has no penumbra, so that its output per width is the
/// same. The table is left out. Throws Error where the precision of CTDIw is not reached.
Ctdi ctdi(const Scanner& scanner, double kv, double diameter, const Precision& precision,
          const Stream& stream, Isa isa);

}  // namespace vitrine::physics::carlo
