#pragma once
// A trial in milliseconds a view, for tests of what is measured in its images.
#include "coarse_scanner.hpp"
#include "kept_images.hpp"
#include "vitrine/trial/plan.hpp"

namespace vitrine::test {

/// Two chests with a nodule each at two doses, in a scanner whose views take milliseconds.
inline trial::Scenario two_chests(const Value& measure, Diagnostics& problems,
                                  const Value::List& analyse = {}) {
  const Value scanner = coarse_scanner(160.0);
  const Value protocol = Value()
                             .set("kernel", Value("soft"))
                             .set("slices", Value(12.0))
                             .set("slice_thickness_mm", Value(2.0))
                             .set("slice_increment_mm", Value(2.0))
                             .set("matrix", Value(128.0))
                             .set("field_of_view_mm", Value(200.0));
  const Value lesion = Value().set(
      "shape",
      Value()
          .set("kind", Value("sphere"))
          .set("diameter_mm", Value().set("uniform", Value::List{Value(12.0), Value(16.0)})));
  const Value arms =
      Value()
          .set("scanners", Value::List{scanner})
          .set("protocol", protocol)
          .set("vary", Value().set("tube_load_mas", Value::List{Value(80.0), Value(20.0)}))
          .set("repeat", Value().set("count", Value(2.0)));
  const Value root =
      Value()
          .set("vitrine", Value(1.0))
          .set("trial", Value().set("name", Value("perturbed")).set("seed", Value(7.0)))
          .set("patients",
               Value()
                   .set("count", Value(2.0))
                   .set("anatomy",
                        Value().set("kind", Value("thorax")).set("vessel_twigs", Value(4.0)))
                   .set("lesions", Value::List{lesion}))
          .set("arms", arms)
          .set("measure", measure);
  return trial::Scenario::schema().read(
      analyse.empty() ? root : Value(root).set("analyse", analyse), problems);
}

inline trial::TrialResult run(const trial::Plan& plan) {
  KeptImages kept;
  return trial::run(plan, kept, kept, kept, best_isa(), [] { return false; });
}

}  // namespace vitrine::test
