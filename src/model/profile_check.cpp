#include <algorithm>
#include <cmath>

#include "vitrine/core/math.hpp"
#include "vitrine/core/units.hpp"
#include "vitrine/model/detail/check_profile.hpp"
#include "vitrine/model/scan.hpp"

namespace vitrine::detail {
namespace {

constexpr double rounding = 0.01;  // of lengths that sheets state to two or three digits

/// A length or an angle as a message shows it.
std::string shown(double x) { return to_text(std::round(1000.0 * x) / 1000.0); }

class Checker {
 public:
  Checker(const Scanner& scanner, const Value& node, Diagnostics& problems)
      : x_(scanner), node_(node), problems_(problems) {}

  void fan() {
    const ScanGeometry g = hardware_geometry(x_);
    const double seen = 2.0 * g.field_of_view_radius(), wanted = console().scan_field;
    if (seen < wanted * (1.0 - rounding))
      error({"columns"},
            str("scanner: the detector sees a field of ", shown(seen), " mm (its columns, pitch ",
                "and distances) but the console offers ", shown(wanted),
                ". Check columns, column_pitch_mm and profile.console.scan_field_mm."));
    const auto& angles = x_.bowtie.angles;
    const double half_fan = math::asin(std::min(1.0, 0.5 * wanted / x_.source_to_iso));
    if (angles.size() > 1 && angles.back() < half_fan * (1.0 - rounding))
      error({"bowtie", "angles_deg"},
            str("scanner: the bowtie's table ends at ", shown(angles.back() / units::deg),
                " degrees (half the fan of a field of ", shown(wanted), " mm is ",
                shown(half_fan / units::deg), "). Give thicknesses up to there."));
  }

  void collimation() {
    const double rows = double(x_.rows) * x_.row_pitch * x_.source_to_iso / x_.source_to_detector;
    const double wanted = console().collimation;
    if (std::abs(rows - wanted) > rounding * wanted)
      error({"row_pitch_mm"},
            str("scanner: ", x_.rows, " rows of this pitch are ", shown(rows),
                " mm at the isocentre and the console's collimation is ", shown(wanted),
                " (row_pitch_mm is at the detector: its size at the isocentre times "
                "source_to_detector_mm / source_to_iso_mm). That would be a pitch of ",
                shown(wanted / double(x_.rows) * x_.source_to_detector / x_.source_to_iso), "."));
  }

  void voltages() {
    const auto& offered = console().tube_voltages;
    const double wanted = x_.profile->targets.tube_voltage;
    if (std::ranges::find(offered, wanted) == offered.end())
      error({"profile", "targets"},
            str("targets: the console does not offer ", to_text(wanted),
                " kV (profile.console.tube_voltages_kv). Use one of them."));
  }

  void provenance() {
    const Value written = Scanner::schema().write(x_);
    const auto& all = x_.profile->provenance;
    for (std::size_t i = 0; i < all.size(); ++i)
      for (std::size_t k = 0; k < all[i].keys.size(); ++k) {
        const Value* there = find(written, all[i].keys[k]);
        const Location& where = place(i, k);
        if (!there) {
          problems_.error(where, str("provenance: the scanner has no '", all[i].keys[k],
                                     "' (keys are those of its file, as detector.thickness_mm "
                                     "or filters[0].thickness_mm). Check the spelling."));
        } else if (!all[i].range.empty()) {
          in_range(all[i], all[i].keys[k], *there, where);
        }
      }
  }

 private:
  const Console& console() const { return x_.profile->console; }

  void in_range(const Provenance& p, const std::string& key, const Value& there,
                const Location& where) {
    const double* number = there.as<double>();
    if (!number)
      problems_.error(where, str("provenance: '", key, "' is ", name_of_type(there),
                                 " (range is of a single number). Use range_percent."));
    else if (*number < p.range[0] || *number > p.range[1])
      problems_.error(where, str("provenance: '", key, "' is ", to_text(*number),
                                 " (outside of its own range, ", to_text(p.range[0]), " to ",
                                 to_text(p.range[1]), "). Correct either."));
  }

  void error(std::initializer_list<const char*> path, std::string message) {
    const Value* node = &node_;
    for (const char* key : path)
      if (const Value* next = node->find(key)) node = next;
    problems_.error(node->where, std::move(message));
  }

  /// Where key k of entry i is written.
  Location place(std::size_t i, std::size_t k) const {
    const Value* list = node_.find("profile")->find("provenance");
    const auto* entries = list ? list->as<Value::List>() : nullptr;
    const Value* keys = entries ? (*entries)[i].find("keys") : nullptr;
    const auto* names = keys ? keys->as<Value::List>() : nullptr;
    return names ? (*names)[k].where : node_.where;
  }

  const Scanner& x_;
  const Value& node_;
  Diagnostics& problems_;
};

}  // namespace

void check_profile(const Scanner& scanner, const Value& node, Diagnostics& problems) {
  if (!scanner.profile) return;
  Checker check(scanner, node, problems);
  check.fan();
  check.collimation();
  check.voltages();
  check.provenance();
}

}  // namespace vitrine::detail
