#pragma once
#include <optional>
#include <string>
#include <vector>

#include "vitrine/core/isa.hpp"
#include "vitrine/core/table.hpp"
#include "vitrine/physics/carlo/ctdi.hpp"
#include "vitrine/physics/carlo/dose_indices.hpp"
#include "vitrine/trial/plan.hpp"

namespace vitrine::trial {

/// A scanner's output at a tube voltage, mGy per mAs of a rotation, pitch 1.
struct Output {
  std::size_t scanner = 0;
  double tube_voltage = 0.0;        ///< keV
  double collimation = 0.0;         ///< mm at the isocentre, all rows
  double kerma = 0.0;               ///< air kerma at the isocentre, free in air
  double energy = 0.0;              ///< effective energy of the beam, keV
  physics::carlo::Ctdi body, head;  ///< 32 and 16 cm of PMMA, by Monte Carlo
};

struct OrganDose {
  std::string organ;              ///< as in `vitrine phantom`; `rest` for what belongs to no organ
  double mass = 0.0;              ///< g, of its voxels
  physics::carlo::Estimate dose;  ///< mGy
};

/// What a scan's dose report says of it; CTDIvol and DLP are those of the 32 cm phantom.
struct DoseIndices {
  double ctdi_vol = 0.0;                   ///< mGy
  double dlp = 0.0;                        ///< mGy mm
  double water_equivalent_diameter = 0.0;  ///< mm, mean over the protocol's slices
  std::optional<double> ssde;              ///< mGy; none where the diameter is out of range
};

/// One scan of one patient.
struct ScanDose {
  std::string case_id, scan;
  DoseIndices indices;
  double ctdi_vol_head = 0.0;     ///< mGy; 16 cm phantom
  std::vector<OrganDose> organs;  ///< empty if not asked for
};

struct DoseOptions {
  double spacing = 4.0;  ///< mm, of the patient's voxels
  bool organs = true;
  physics::carlo::Precision ctdi{.relative = 0.01};
  /// Of organs of 10 g or more that get at least a tenth of the largest dose.
  physics::carlo::Precision organ{.relative = 0.05};
};

/// CTDI of a plan's scanner; the same numbers wherever they are asked for.
physics::carlo::Ctdi ctdi(const Plan& plan, std::size_t scanner, double tube_voltage,
                          physics::carlo::CtdiPhantom phantom,
                          const physics::carlo::Precision& precision, Isa isa);

/// Indices of a scan whose CTDIw per mAs is that of `body`, of a patient of `diameter` mm.
DoseIndices dose_indices(const physics::carlo::Ctdi& body, const Scanner& scanner,
                         const ScanGeometry& geometry, double tube_load, double diameter);

/// Outputs of all scanners and voltages of a plan's arms.
std::vector<Output> outputs(const Plan& plan, const DoseOptions& options, Isa isa);

/// All scans of a case that differ in scanner, voltage or load, without repeats and later visits.
/// Contrast medium is that of the first arm.
std::vector<ScanDose> scan_doses(const Plan& plan, const std::string& case_id,
                                 const std::vector<Output>& outputs, const DoseOptions& options,
                                 Isa isa);

/// Tidy: case, scan, organ, quantity, unit, value, standard_error.
Table dose_table(const Plan& plan, const std::vector<Output>& outputs,
                 const std::vector<ScanDose>& doses);

}  // namespace vitrine::trial
