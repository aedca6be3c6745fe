// Scans that come after the first: of the same day, and of later ones.
#include <algorithm>
#include <functional>

#include "vitrine/trial/scenario.hpp"

namespace vitrine::trial {

const Schema<Repeat>& Repeat::schema() {
  static const auto s =
      Schema<Repeat>("repeat", "Repeated scans of every patient")
          .optional("kind", &Repeat::kind,
                    "what changes between repeats: reposition (the patient lies down again and is "
                    "scanned again) or noise (the same scan is read out again)")
          .one_of({"reposition", "noise"})
          .optional(
              "count", &Repeat::count,
              "repeats per patient (0: none; repeatability needs 2 repositions, or 1 of noise "
              "beside the scan itself)")
          .between(0, 20)
          .optional("of", &Repeat::of,
                    "the arm that is repositioned, what is left out at its first level; with kind: "
                    "noise all arms with these levels, every arm if nothing is said")
          .optional("shift", &Repeat::shift, unit::mm, "largest displacement along x and y")
          .between(0, 50)
          .optional("rotation", &Repeat::rotation, unit::deg, "largest rotation about each axis")
          .between(0, 15)
          .optional("inspiration", &Repeat::inspiration, unit::percent,
                    "largest change of lung volume")
          .between(0, 20)
          .rule("count must be 0 or at least 2 (one scan has no within-patient variance)",
                [](const Repeat& r) { return r.repositions() != 1; });
  return s;
}

const Schema<FollowUp>& FollowUp::schema() {
  static const auto s =
      Schema<FollowUp>("follow_up", "Later visits of every patient")
          .optional("days", &FollowUp::days, "planned days since the baseline (none: no follow-up)")
          .between(1, 3650)
          .optional("late_days", &FollowUp::late, "how much later than planned a visit is")
          .between(0, 365)
          .optional("missed", &FollowUp::missed, unit::percent, "visits that do not take place")
          .between(0, 90)
          .optional("scans", &FollowUp::scans,
                    "which arms scan them: one_arm (that of `of`) or every_arm")
          .one_of({"one_arm", "every_arm"})
          .unless_default()
          .optional("of", &FollowUp::of, "the one arm that scans them")
          .rule("days must grow from visit to visit",
                [](const FollowUp& f) {
                  return std::adjacent_find(f.days.begin(), f.days.end(), std::greater_equal<>()) ==
                         f.days.end();
                })
          .rule("scans: every_arm goes without `of` (which names one arm). Leave one of them out",
                [](const FollowUp& f) { return !f.in_every_arm() || f.of == ArmSelector{}; });
  return s;
}

}  // namespace vitrine::trial
