#pragma once
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "vitrine/physics/counting/acquire.hpp"
#include "vitrine/physics/projector.hpp"
#include "vitrine/recon/rebin.hpp"
#include "vitrine/trial/detail/calibrated_beam.hpp"
#include "vitrine/trial/detail/image_data.hpp"
#include "vitrine/trial/detail/measurer.hpp"
#include "vitrine/trial/detail/patient_scatter.hpp"
#include "vitrine/trial/detail/shared_readings.hpp"
#include "vitrine/trial/detail/stage_ledger.hpp"
#include "vitrine/trial/detail/streaming.hpp"
#include "vitrine/trial/dose.hpp"
#include "vitrine/trial/stage_store.hpp"

namespace vitrine::trial::detail {

class ScanOutput;

/// A noisy scan that is wanted: its dose, and the arms whose images are made of it, one at least.
struct ReadOut {
  double tube_load = 0.0;  ///< mAs per rotation
  DoseIndices dose;
  std::vector<const Arm*> made;
  std::string noise = {};  ///< of a scan that is read out again: noise1, ...
};

/// Where a scan's data come from and go to.
struct ScanSurroundings {
  Sink& sink;
  StageStore* kept;  ///< null: nothing is loaded or kept
  StageLedger& ledger;
  Isa isa;
};

/// The rays of one beam, or of several that share them. With dual energy those of a second scan
/// follow the first's, if the two do not share theirs.
struct RayTracer {
  std::unique_ptr<physics::Projector> first, second;
  std::size_t further = 0;  ///< floats of a reading beside the first beam's signal and quanta
};

/// One visit of one patient to one scanner: its rays are traced once, and read out without noise
/// and at several doses.
///
/// Signal and quanta exist for a block of views at a time where `streams` says that all outputs are
/// made as they come, and where scans are traced together; otherwise for all views until this goes.
class PatientScan {
 public:
  /// Ready to be traced, which comes next. Raw data go to `sink` if the scenario asks for them. All
  /// that is given must live as long as this does. `noiseless`: arms of which an image without
  /// noise is wanted, each of another one. If an earlier run kept all of these, nothing is read out
  /// for them.
  PatientScan(const Plan& plan, const std::string& case_id, const Measurer& patient,
              const CalibratedBeam& calibrated, std::size_t scanner, double motion,
              std::vector<const Arm*> noiseless, std::vector<ReadOut> read_outs,
              const ScanSurroundings& surroundings);
  ~PatientScan();
  /// Once, all in one pass: several must be of one patient by one scanner on the same rays, and of
  /// beams that share these, of a patient at rest, if they differ in their voltages. What the store
  /// has is not traced.
  static void trace(std::span<const std::unique_ptr<PatientScan>> scans);
  PatientScan(const PatientScan&) = delete;
  PatientScan& operator=(const PatientScan&) = delete;

  /// The bins that images are made of: `total` alone unless the detector counts photons.
  const std::vector<std::string>& series() const { return series_; }
  /// The image without noise of an arm, if an earlier run kept it: once.
  std::optional<Image> kept_image(const Arm& arm);
  /// It is there for runs to come.
  void keep_image(const Arm& arm, const Image& image) const;
  /// Each can be had once of each series: the scan without noise if one of its images was not kept,
  /// and the i-th read-out with the files that its raw data became.
  ImageData noiseless(const std::string& bins);
  std::pair<ImageData, std::vector<FileRecord>> read_out(std::size_t i, const std::string& bins);

  Image reconstruct(ImageData& data, const Arm& arm) const;
  /// An arm's image of a read-out (null: without noise) wants its features, and they all that they
  /// are made of.
  void want(const ReadOut* what, const Arm& arm) const;
  const physics::Beam& beam() const { return calibrated_.beam; }
  /// In one reading of the middle column with nothing but air in the beam: equivalent quanta, or
  /// the counts of the arm's bins.
  double photons(const Arm& arm) const;

 private:
  struct Exposure {
    double tube_load;                ///< mAs per rotation
    std::vector<double> modulation;  ///< of each view over the mean; none: constant
  };
  std::unique_ptr<ScanOutput> plain_output(const Series& series, const Exposure& exposure) const;
  /// Some series of a read-out, or of the scan without noise.
  struct Wanted {
    const ReadOut* what = nullptr;  ///< null: without noise
    std::size_t first = 0, last = 1;
  };
  std::vector<std::unique_ptr<ScanOutput>> outputs_of(const Wanted& wanted) const;
  std::vector<std::unique_ptr<ScanOutput>> shared(const Wanted& wanted,
                                                  const std::shared_ptr<SharedReadings>& readings,
                                                  const Exposure& exposure) const;
  std::shared_ptr<SharedReadings> counts(const Wanted& wanted, physics::Counting counting,
                                         const Exposure& exposure) const;
  std::shared_ptr<SharedReadings> both_scans(const Wanted& wanted, const Exposure& exposure) const;
  double load_share() const;  ///< tube load of a second scan over that of the first
  /// Where raw data of a read-out go, if the scenario asks for such: counts, or those of a series.
  std::unique_ptr<RawData> raw_counts(const ReadOut& what, const Exposure& exposure,
                                      const physics::AirCounts& air) const;
  std::unique_ptr<RawData> raw_series(const ReadOut& what, const Exposure& exposure,
                                      const Series& series) const;
  RawScan raw_scan(const ReadOut& what, const Exposure& exposure, std::span<const Arm* const> arms,
                   const Series& series) const;
  ScanSize size() const;
  /// One output; not streamed, those that are asked for next are made along with it.
  std::unique_ptr<ScanOutput> take_output(const ReadOut* what, std::size_t series);
  /// How uncertain the readings of a series are.
  recon::RayNoise ray_noise(const Series& series, const Exposure& exposure) const;
  void open_outputs();
  physics::Sampling sampling() const;
  /// What the noise of a read-out is drawn from, with dual energy of its second scan.
  Stream noise_of(const ReadOut& what, const char* which = "") const;
  std::string read_out_key(const ReadOut* what) const;
  /// What is near enough to the scan to be met.
  Scene met(const Scene& scene, double margin = 0.0) const;
  void prepare();
  std::unique_ptr<physics::Projector> projector(const physics::Beam& beam) const;
  /// Scans, one at least, whose rays bring the same signal and quanta.
  using Alike = std::vector<PatientScan*>;
  static RayTracer tracer(std::span<const Alike> beams);
  /// Views from `start` on are taken.
  static void trace(std::span<const Alike> beams, Index start);
  KeptShape shape() const;
  Grid grid_of(const Arm& arm) const;
  std::string image_key_of(const ReadOut* what, const Arm& arm) const;
  std::optional<Image> load_image(const Arm& arm) const;
  void load_images();
  std::string lines_key(const ReadOut* what, const std::string& bins) const;
  bool takes_kept_lines() const;
  std::optional<recon::Rebinned> load_lines(const ReadOut* what, const std::string& bins) const;
  void load_lines();
  void keep_lines(const ReadOut* what, const std::string& bins, recon::Rebinned& lines) const;
  /// What is read out: without noise first, if it is.
  std::vector<const ReadOut*> outputs_wanted() const;
  /// Of an output among all.
  std::size_t place_of(const ReadOut* what, std::size_t series) const;
  /// All take the views that the store has: their number.
  static Index load(const Alike& scans);
  /// Once per view, in order: the signals and quanta of some views, to which scatter is added. All
  /// but the last add theirs to a copy.
  static void take(const Alike& scans, Index first, Index count, std::span<float> signal,
                   std::span<float> quanta, std::span<const float> higher);
  void take(Index first, Index count, std::span<float> signal, std::span<float> quanta,
            std::span<const float> higher);
  std::pair<ImageData, std::vector<FileRecord>> finish(const ReadOut* what,
                                                       const std::string& bins);

  const Plan& plan_;
  const std::string& case_id_;
  const Measurer& patient_;
  const CalibratedBeam& calibrated_;
  std::vector<ReadOut> read_outs_;
  ScanSurroundings around_;
  Isa isa_;
  const Scanner& scanner_;
  double motion_;
  Stream chance_;  ///< of motion: a patient moves alike in all arms that differ in strength alone
  Scene resting_;  ///< what is met, until it is traced; nothing of a patient who moves
  ScanGeometry geometry_;
  Stream hardware_;                  ///< of the scanner's cells and air scan
  std::vector<double> attenuation_;  ///< of every view, if the tube current follows it
  std::optional<physics::ScatterField> scatter_;
  bool measured_;          ///< whether an image is made of rays as they were measured
  std::string noise_key_;  ///< what the noise of all doses has in common
  std::string trace_key_, known_key_;
  std::vector<std::string> series_;
  /// Streamed: without noise first, then the read-outs; of each, all series. Else those of one
  /// that were made along with another, [series].
  std::vector<std::unique_ptr<ScanOutput>> outputs_;
  const ReadOut* of_ = nullptr;  ///< likewise: null without noise
  std::vector<const Arm*> noiseless_;
  bool has_noiseless_;                ///< the scan without noise is read out
  std::map<const Arm*, Image> kept_;  ///< all of `noiseless_`, or none
  /// Not streamed: what the rays bring.
  struct Block {
    Index first = 0, count = 0;
    Buffer<float> signal, quanta, higher;
  };
  std::vector<Block> blocks_;
  bool streamed_ = false;
  std::vector<recon::Rebinned> lines_;  ///< kept by an earlier run: of all outputs, or none
  bool met_something_ = false;
};

}  // namespace vitrine::trial::detail
