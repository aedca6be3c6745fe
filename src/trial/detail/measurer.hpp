#pragma once
#include <limits>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "vitrine/evaluation/recist.hpp"
#include "vitrine/model/volume.hpp"
#include "vitrine/phantoms/patient.hpp"
#include "vitrine/radiomics/extract.hpp"
#include "vitrine/radiomics/perturbation.hpp"
#include "vitrine/radiomics/preprocessing/preprocessing.hpp"
#include "vitrine/trial/dose.hpp"
#include "vitrine/trial/plan.hpp"
#include "vitrine/trial/sink.hpp"

namespace vitrine::trial::detail {

inline constexpr double not_measured = std::numeric_limits<double>::quiet_NaN();

/// Standard deviation of image - noiseless within 25 mm of the axis, in their unit.
double noise_level(const Image& image, const Image& noiseless);

/// True response at every visit; a missed visit's assessment is empty.
void record_response(CaseResult& result, const std::vector<Visit>& visits,
                     const std::vector<evaluation::Assessment>& assessments);

/// Features of all lesions in one image.
struct Measured {
  using OfLesions = std::vector<std::vector<radiomics::FeatureValue>>;
  OfLesions of;                  ///< each lesion
  std::vector<OfLesions> after;  ///< each preprocessing under test
  bool is_map = false;
};

/// What was done to mask or image before a measurement, and what intensities count afterwards.
struct Condition {
  std::string_view perturbation = radiomics::Perturbation::unperturbed;
  std::string_view preprocessing = radiomics::Preprocessing::unprocessed;
  std::string_view unit = "HU";
};

/// A patient at one visit, ready to be measured: scene, image grid and truth masks.
class Measurer {
 public:
  /// Builds the patient; appends the columns of the result's tables if they are empty.
  Measurer(const Plan& plan, std::string case_id, const Visit& visit, CaseResult& result);
  /// The patient of `same`, with the slices of another protocol, that of `plan`, whose scans trace
  /// the same rays.
  Measurer(const Plan& plan, const Measurer& same);

  /// Content key of the patient at this visit.
  const std::string& key() const { return key_; }
  const Scene& scene() const { return patient_.scene; }
  const Visit& visit() const { return visit_; }
  const std::string& case_id() const { return case_id_; }
  const Plan& plan() const { return plan_; }
  const Grid& grid() const { return grid_; }
  /// The scene at a moment of a scan in which the patient moves; `stream` holds the motion's
  /// chance.
  Scene scene_at(double time, double strength, const Stream& stream) const;
  const Visit::Aim& aimed() const { return aim_; }
  double table_position() const { return aim_.table; }  ///< mm, centre of the scan
  /// Middle of the images of a protocol that traces the same rays, mm.
  Vec3 image_centre(const Protocol& protocol) const;
  /// `visit`: this one, or a noise repeat of it.
  ImageContext context(const Arm& arm, double ctdi_vol, const Visit& visit) const;

  /// Sampled parameters.
  void record_patient(Table& patients) const;
  /// Lesion truth, and what the lesions' masks are on these slices.
  void record_lesions(Table& lesions) const;
  void record_image(Table& images, const Arm& arm, const std::string& replicate,
                    const DoseIndices& dose, double photons, double noise) const;
  /// HU along x through the middle of each lesion, one row a pixel.
  void record_profiles(Table& profiles, const Image& image, const std::string& arm) const;
  /// All features of all lesions in one image, as it is and after every preprocessing. What the
  /// settings say in HU (a range, whole numbers) does not hold for a map.
  Measured measured(const Image& image, recon::VoxelUnit unit, Isa isa) const;
  void record(Table& features, const Measured& values, const std::string& arm,
              const std::string& replicate) const;
  /// Both, and of an arm's own scan under every perturbation.
  void measure(Table& features, const Image& image, const std::string& arm,
               const std::string& replicate, recon::VoxelUnit unit, Isa isa) const;
  /// What perturbations make of the lesions' masks on these slices, the unperturbed ones first;
  /// nothing if the scenario has no perturbations.
  void record_masks(Table& masks) const;
  /// Truth level T0: the object itself on the image grid, as arm `name`, replicate `truth`.
  void measure_object(Table& features, Table& profiles, const std::string& name, Isa isa) const;
  /// Iodine of every compartment and lesion, if there is contrast medium.
  void record_contrast(Table& contrast) const;
  /// The lesions' true sizes on the visit's day, as RECIST takes them, and as rows of a table.
  evaluation::Assessment assessment() const;
  void record_visit(Table& visit_lesions) const;
  std::vector<FileRecord> write_masks(Sink& sink, const Arm& arm) const;

 private:
  void lay_grid();
  void add_columns(CaseResult& result) const;
  /// What slices are aimed at in a patient with these lesions (before the visit's pose).
  Visit::Aim aim(std::span<const LesionTruth> lesions) const;
  /// The heights of the patient (before the visit's pose) that a scan may see.
  phantoms::Slab slab() const;
  /// How far about a lesion's mask preprocessing looks, mm; 0 without any.
  double preprocessed_margin() const;
  void add_rows(Table& features, std::size_t lesion, const std::string& arm,
                const std::string& replicate, const Condition& condition,
                std::span<const radiomics::FeatureValue> values) const;
  radiomics::PerturbedMask perturbed(std::size_t lesion,
                                     const radiomics::Perturbation& perturbation) const;
  phantoms::Patient build(const phantoms::PatientState& state,
                          const phantoms::SlabOf& slab_of) const;

  const Plan& plan_;
  std::string case_id_;
  Visit visit_;
  std::string key_;
  phantoms::Patient patient_;
  Visit::Aim aim_;
  Grid grid_;
  std::vector<Mask> masks_;                                       // one per lesion, on grid_
  std::vector<double> partial_volume_;                            // of each mask, its fraction
  std::vector<std::vector<radiomics::PerturbedMask>> perturbed_;  // per lesion, of own scans
};

}  // namespace vitrine::trial::detail
