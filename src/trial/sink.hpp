#pragma once
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "vitrine/core/table.hpp"
#include "vitrine/model/raw_scan.hpp"
#include "vitrine/model/volume.hpp"
#include "vitrine/trial/arm.hpp"

namespace vitrine::trial {

/// Everything measured in one patient: the unit of work that is done or not done.
struct CaseResult {
  std::string id;
  Table patients;        ///< case, sex, parameter, value
  Table lesions;         ///< truth: one row a lesion
  Table features;        ///< tidy measurements
  Table masks;           ///< what perturbations made of the masks; empty without them
  Table profiles;        ///< noise-free HU along x through each lesion
  Table images;          ///< one row an image: dose, photons, noise
  Table visits;          ///< one row a visit: true response; empty without follow-up
  Table visit_lesions;   ///< truth: one row a lesion and visit; empty without follow-up
  Table contrast;        ///< truth: iodine of organs and lesions in each scan; empty without it
  Table quality;         ///< image quality of a test phantom; empty where nobody asks for it
  Table quality_curves;  ///< its curves, one row a point
  std::vector<FileRecord> files;
};

/// What an image is of: everything a file header wants to know.
struct ImageContext {
  std::string case_id;
  std::string sex;
  const Arm& arm;
  const Scanner& scanner;
  const Protocol& protocol;
  const Visit& visit;
  double ctdi_vol = 0.0;       ///< mGy
  std::optional<Vec3> lesion;  ///< mm, centre of the patient's first lesion
  std::optional<phantoms::ContrastRecord> contrast;
};

/// Takes the raw data of one scan as its views come; what is not finished is as if it never was.
class RawData {
 public:
  virtual ~RawData() = default;
  /// The values of the next views, in the order of a sinogram.
  virtual void views(std::span<const float> values) = 0;
  /// All views are there.
  virtual std::vector<FileRecord> finish() = 0;
};

/// Receives images and masks as they are made. io and cli implement it; the engine opens no file.
class Sink {
 public:
  virtual ~Sink() = default;
  virtual std::vector<FileRecord> image(const ImageContext& context, const Image& image) = 0;
  virtual std::vector<FileRecord> mask(const ImageContext& context, const std::string& lesion,
                                       const Mask& mask) = 0;
  /// Where the raw data of a scan go; only if the scenario asks for them. None: nowhere.
  virtual std::unique_ptr<RawData> raw(const RawScan&) { return nullptr; }
  /// All images of a case are out: figures that need several of them can be drawn.
  virtual std::vector<FileRecord> finish_case(const std::string& case_id) = 0;
  /// Whether several cases but the plan's first may come at once, from different threads.
  virtual bool takes_several_cases() const { return false; }
};

/// Keeps finished cases, so that an interrupted run continues where it stopped.
class Store {
 public:
  virtual ~Store() = default;
  /// What is kept of a case; none: nothing. May be asked from different threads at once.
  virtual std::optional<CaseResult> load(const std::string& case_id) = 0;
  virtual void save(const CaseResult& result) = 0;
  /// Whether a case is finished: it is kept, and so are all its files. May be asked from different
  /// threads at once.
  virtual bool holds(const std::string& case_id) { return load(case_id).has_value(); }
  /// Whether `load` gives what was saved, so that nobody else must hold it.
  virtual bool keeps() const { return false; }
};

/// Told what the engine does; shows it or not.
class Progress {
 public:
  virtual ~Progress() = default;
  /// `done` of `total` units of work are finished; `stage` is what starts now.
  virtual void step(double done, double total, const std::string& stage) = 0;
  virtual void case_failed(const std::string& case_id, const Error& error) = 0;
};

}  // namespace vitrine::trial
