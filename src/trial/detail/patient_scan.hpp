#pragma once
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "vitrine/physics/projector.hpp"
#include "vitrine/recon/algorithm.hpp"
#include "vitrine/trial/detail/calibrated_beam.hpp"
#include "vitrine/trial/detail/counted_block.hpp"
#include "vitrine/trial/detail/measurer.hpp"
#include "vitrine/trial/detail/patient_scatter.hpp"
#include "vitrine/trial/dose.hpp"

namespace vitrine::trial::detail {

/// A noisy scan that is wanted: its dose, and the arms whose images are made of it, one at least.
struct ReadOut {
  double tube_load = 0.0;  ///< mAs per rotation
  DoseIndices dose;
  std::vector<const Arm*> made;
};

/// One visit of one patient to one scanner: its rays are traced once, and read out without noise
/// and at several doses.
///
/// Signal and quanta exist for a block of views at a time where `streams` says that all outputs are
/// made as they come; otherwise for all views until this goes.
class PatientScan {
 public:
  /// Traces the rays. Raw data go to `sink` if the scenario asks for them. All that is given must
  /// live as long as this does.
  PatientScan(const Plan& plan, const std::string& case_id, const Measurer& patient,
              const CalibratedBeam& calibrated, std::size_t scanner, double motion, bool noiseless,
              std::vector<ReadOut> read_outs, Sink& sink, Isa isa);
  ~PatientScan();
  PatientScan(const PatientScan&) = delete;
  PatientScan& operator=(const PatientScan&) = delete;

  /// The bins that images are made of: `total` alone unless the detector counts photons.
  const std::vector<std::string>& series() const { return series_; }
  /// Each can be had once of each series: the scan without noise if it was asked for, and the i-th
  /// read-out with the files that its raw data became.
  recon::ScanData noiseless(const std::string& bins);
  std::pair<recon::ScanData, std::vector<FileRecord>> read_out(std::size_t i,
                                                               const std::string& bins);

  Image reconstruct(const recon::ScanData& data, const Arm& arm) const;
  const physics::Beam& beam() const { return calibrated_.beam; }
  /// In one reading of the middle column with nothing but air in the beam: equivalent quanta, or
  /// the counts of the arm's bins.
  double photons(const Arm& arm) const;

 private:
  class Output;
  struct Exposure {
    double tube_load;                ///< mAs per rotation
    std::vector<double> modulation;  ///< of each view over the mean; none: constant
  };
  std::unique_ptr<Output> plain_output(const Series& series, const Exposure& exposure) const;
  std::vector<std::unique_ptr<Output>> noiseless_outputs() const;
  std::vector<std::unique_ptr<Output>> noisy_outputs(const ReadOut& what) const;
  std::vector<std::unique_ptr<Output>> counted(physics::Counting counting,
                                               const Exposure& exposure) const;
  /// How uncertain the readings of a series are.
  recon::RayNoise ray_noise(const Series& series, const Exposure& exposure) const;
  /// Whether any ray met something.
  bool trace_blocks(physics::Projector& projector, FunctionRef<void(const TracedBlock&)> take);
  void trace(double motion);
  std::pair<recon::ScanData, std::vector<FileRecord>> finish(std::unique_ptr<Output> output);

  const Plan& plan_;
  const std::string& case_id_;
  const Measurer& patient_;
  const CalibratedBeam& calibrated_;
  std::vector<ReadOut> read_outs_;
  Sink& sink_;
  Isa isa_;
  const Scanner& scanner_;
  ScanGeometry geometry_;
  Stream hardware_;                  ///< of the scanner's cells and air scan
  std::vector<double> attenuation_;  ///< of every view, if the tube current follows it
  std::optional<physics::ScatterField> scatter_;
  bool measured_;    ///< whether an image is made of rays as they were measured
  std::string key_;  ///< what the noise of all doses has in common
  std::vector<std::string> series_;
  /// Streamed: without noise first, then the read-outs; of each, all series.
  std::vector<std::unique_ptr<Output>> outputs_;
  bool has_noiseless_;
  /// Not streamed: what the rays bring; of a detector that counts, block by block.
  struct Block {
    Index first = 0, count = 0;
    Buffer<float> signal, quanta, higher;
  };
  std::vector<Block> blocks_;
  std::optional<physics::Exposure> held_;
};

}  // namespace vitrine::trial::detail
