#pragma once
#include <memory>
#include <string>

#include "vitrine/trial/plan.hpp"
#include "vitrine/trial/sink.hpp"

namespace vitrine::trial {

namespace detail {
class Measurer;
class ProtocolViews;
}  // namespace detail

/// A patient as one of a trial's images shows it, made again from the plan: what the engine handed
/// to its sink with the image, and where the organs were. No ray is traced.
class ShownPatient {
 public:
  /// `replicate`: as the table `images` names it: `scan`, `noise1`, `reposition1`, `visit2` ...
  /// Throws Error (data) if the plan has no such one.
  ShownPatient(const Plan& plan, const std::string& case_id, const std::string& arm,
               const std::string& replicate);
  ~ShownPatient();
  ShownPatient(const ShownPatient&) = delete;
  ShownPatient& operator=(const ShownPatient&) = delete;

  /// Whether an image shows just this: the same case, visit and contrast medium.
  bool is(const std::string& case_id, const std::string& arm, const std::string& replicate) const;
  /// `ctdi_vol`: as the table `images` has it, mGy. Valid as long as this and the plan.
  ImageContext context(const std::string& arm, const std::string& replicate, double ctdi_vol);
  /// As the patient lay, without a motion during the scan.
  const Scene& scene() const;
  const Grid& grid() const;

 private:
  const Arm& arm_of(const std::string& name) const;

  const Plan& plan_;
  std::unique_ptr<detail::ProtocolViews> views_;
  const Arm& shown_;
  std::unique_ptr<detail::Measurer> patient_;
  Visit visit_;
};

}  // namespace vitrine::trial
