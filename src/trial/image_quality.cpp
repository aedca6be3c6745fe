#include "vitrine/trial/image_quality.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>

#include "vitrine/core/math.hpp"
#include "vitrine/core/value.hpp"
#include "vitrine/evaluation/image_quality/inserts.hpp"
#include "vitrine/evaluation/image_quality/mtf.hpp"
#include "vitrine/evaluation/image_quality/nps.hpp"
#include "vitrine/evaluation/image_quality/slice_profile.hpp"

namespace vitrine::trial {
namespace {

using namespace evaluation;

constexpr double missing = std::numeric_limits<double>::quiet_NaN();
constexpr double beyond_slice = 2.0;  // mm that rows and their interpolation see of what is beside
constexpr double noise_margin = 5.0;  // mm from a part to a region of noise
constexpr double least_contrast = 10.0;  // of an edge, standard deviations (AAPM TG-233)
constexpr double least_spot = 20.0;      // of a wire or bead, likewise: its far flanks count, too

/// Slices of a grid, by their heights.
struct Stack {
  const Grid& grid;
  double half;  // of what a slice sees, mm

  Index count() const { return grid.size[2]; }
  double z(Index k) const { return slice_position(grid, k); }
  /// The slices of which all lies between two heights.
  std::optional<Slices> within(double low, double high) const {
    std::optional<Slices> found;
    for (Index k = 0; k < count(); ++k)
      if (z(k) - half >= low && z(k) + half <= high) {
        if (!found) found = {k, k};
        found->last = k;
      }
    return found;
  }
  std::optional<Slices> of(const Rod& rod) const {
    return within(rod.centre.z() - rod.half_length, rod.centre.z() + rod.half_length);
  }
  std::optional<Index> nearest(double height) const {
    const double k = std::round((height - z(0)) / grid.spacing.z());
    if (k < 0.0 || k > double(count() - 1)) return {};
    return Index(k);
  }
  bool shows(const Vec2& at, double radius) const {
    const Vec2 first = grid.origin.head<2>();
    const Vec2 last = grid.centre(grid.size[0] - 1, grid.size[1] - 1, 0).head<2>();
    return ((at - first).array() >= radius).all() && ((last - at).array() >= radius).all();
  }
};

Stack stack_of(const Grid& grid, double thickness) {
  return {grid, 0.5 * thickness + beyond_slice};
}

Index middle(const Slices& s) { return s.first + (s.last - s.first) / 2; }

/// Adds rows about one measure of one part.
class Recorder {
 public:
  Recorder(QualityTables& tables, const QualityImage& which, const Stack& stack)
      : tables_(tables), which_(which), stack_(stack) {}

  void about(std::string measure, std::string target, Slices slices) {
    measure_ = std::move(measure);
    target_ = std::move(target);
    low_ = std::min(stack_.z(slices.first), stack_.z(slices.last));
    high_ = std::max(stack_.z(slices.first), stack_.z(slices.last));
  }
  void number(const char* quantity, double value, const char* unit, const std::string& note = {}) {
    tables_.numbers.add({which_.case_id, which_.arm, measure_, target_, std::string(quantity),
                         value, std::string(unit), low_, high_, note});
  }
  void curve(const std::vector<double>& x, const char* x_unit, const std::vector<double>& y,
             const char* y_unit) {
    for (std::size_t i = 0; i < x.size(); ++i)
      tables_.curves.add({which_.case_id, which_.arm, measure_, target_, x[i], std::string(x_unit),
                          y[i], std::string(y_unit)});
  }
  void mtf(const Mtf& mtf) {
    number("mtf50", mtf.frequency_at(0.5), "1/mm", below(mtf, 0.5));
    number("mtf10", mtf.frequency_at(0.1), "1/mm", below(mtf, 0.1));
    number("peak", mtf.peak(), "");
    curve(mtf.frequency, "1/mm", mtf.value, "");
  }
  void profile(const SliceProfile& profile) {
    number("fwhm", profile.fwhm, "mm");
    number("fwtm", profile.fwtm, "mm",
           std::isnan(profile.fwtm) ? "the profile does not fall to a tenth" : "");
    std::vector<double> from_middle;
    for (const double at : profile.position) from_middle.push_back(at - profile.middle);
    curve(from_middle, "mm", profile.value, "");
  }

 private:
  static std::string below(const Mtf& mtf, double level) {
    return std::isnan(mtf.frequency_at(level))
               ? "the MTF does not fall so far below Nyquist's frequency"
               : "";
  }

  QualityTables& tables_;
  const QualityImage& which_;
  const Stack& stack_;
  std::string measure_, target_;
  double low_ = 0.0, high_ = 0.0;
};

/// What cannot be measured is a row that says why.
template <class Measure>
void attempt(Recorder& to, const char* quantity, const char* unit, Measure measure) {
  try {
    measure();
  } catch (const Error& problem) {
    to.number(quantity, missing, unit, problem.what());
  }
}

/// How far about a part nothing else may be, as the MTF's region and search reach, mm.
double reach_of_edge(const Rod& rod) {
  constexpr double share = 0.8, most = 8.0;  // EdgeOptions::reach
  return rod.radius + std::min(share * rod.radius, most);
}
constexpr double reach_of_point = 10.0;  // the ring about PointOptions::radius

/// The slices that show a rod with nothing else near it, in the image.
std::optional<Slices> clear_slices(const Stack& stack, const PhantomParts& parts, const Rod& rod,
                                   double reach) {
  const auto slices = stack.of(rod);
  if (!slices || !stack.shows(rod.at(0.0), reach)) return {};
  for (Index k = slices->first; k <= slices->last; ++k)
    if (!parts.undisturbed(rod.at(0.0), reach, stack.z(k), stack.half, rod.solid)) return {};
  return slices;
}

std::optional<Index> clear_slice(const Stack& stack, const PhantomParts& parts, const Bead& bead) {
  const auto k = stack.nearest(bead.centre.z());
  const Vec2 at = bead.centre.head<2>();
  if (!k || !stack.shows(at, reach_of_point) ||
      !parts.undisturbed(at, reach_of_point, stack.z(*k), stack.half, bead.solid))
    return {};
  return k;
}

void require_contrast(double contrast, double noise, double least) {
  require(contrast >= least * noise, Error::Kind::data, "it stands ",
          to_text(std::round(contrast / noise)),
          " standard deviations out of the noise (its MTF needs ", to_text(least),
          "). Use a higher dose, more slices or a smoother kernel.");
}

const PointMtf& clear_of_noise(const PointMtf& spot) {
  require_contrast(spot.contrast, spot.noise, least_spot);
  return spot;
}

void measure_wires(const Image& image, const Stack& stack, const PhantomParts& parts,
                   Recorder& to) {
  for (const Rod& wire : parts.wires)
    if (const auto slices = clear_slices(stack, parts, wire, reach_of_point)) {
      to.about("mtf", wire.name, *slices);
      attempt(to, "mtf50", "1/mm", [&] {
        PointOptions options;
        options.near = wire.at(0.0);
        options.diameter = 2.0 * wire.radius;
        to.mtf(clear_of_noise(point_mtf(mean_plane(image, *slices), options)).mtf);
      });
    }
}

void measure_beads(const Image& image, const Stack& stack, const PhantomParts& parts,
                   Recorder& to) {
  for (const Bead& bead : parts.beads)
    if (const auto k = clear_slice(stack, parts, bead)) {
      PointOptions options;
      options.near = bead.centre.head<2>();
      options.diameter = 2.0 * bead.radius;
      options.object = PointObject::bead;
      std::optional<Vec2> seen;
      to.about("mtf", bead.name, {*k, *k});
      attempt(to, "mtf50", "1/mm", [&] {
        const PointMtf spot = point_mtf(mean_plane(image, {*k, *k}), options);
        seen = spot.centre;
        to.mtf(clear_of_noise(spot).mtf);
      });
      if (!seen) continue;
      Slices slices{*k, *k};
      const auto clear = [&](Index slice) {
        return slice >= 0 && slice < stack.count() &&
               parts.undisturbed(*seen, options.radius, stack.z(slice), stack.half, bead.solid);
      };
      while (clear(slices.first - 1)) --slices.first;
      while (clear(slices.last + 1)) ++slices.last;
      constexpr double region = 1.5;  // mm, radius of the mean
      to.about("ssp", bead.name, slices);
      attempt(to, "fwhm", "mm",
              [&] { to.profile(bead_profile(image, slices, *seen, region, options.radius)); });
    }
}

/// In-plane ends of the part of a ramp that a slice may show, in the slice's own height.
struct RampEnds {
  Vec2 from, to;
  double rise = 0.0;  // rad
};
RampEnds ends_of(const Rod& ramp, double z, double thickness) {
  const double run = std::sqrt(1.0 - ramp.along.z() * ramp.along.z());
  const double slope = ramp.along.z() / run;
  const double half = (1.5 * thickness + 2.0 * beyond_slice) / slope;
  const Vec2 middle = ramp.at(z), along = ramp.along.head<2>() / run;
  return {middle - half * along, middle + half * along, math::atan2(ramp.along.z(), run)};
}

void measure_ramps(const Image& image, const Stack& stack, const PhantomParts& parts,
                   double thickness, Recorder& to) {
  constexpr double half_width = 1.0, flanks = 3.0;  // mm; of the width
  for (const Rod& ramp : parts.ramps) {
    const auto k = stack.nearest(ramp.centre.z());
    if (!k) continue;
    const RampEnds ends = ends_of(ramp, stack.z(*k), thickness);
    bool clear = true;
    constexpr int places = 9;
    for (int i = 0; i < places; ++i) {
      const Vec2 at = ends.from + (ends.to - ends.from) * (double(i) / double(places - 1));
      clear = clear && stack.shows(at, flanks * half_width) &&
              parts.undisturbed(at, flanks * half_width, stack.z(*k), stack.half, ramp.solid);
    }
    if (!clear) continue;
    to.about("ssp", ramp.name, {*k, *k});
    attempt(to, "fwhm", "mm", [&] {
      to.profile(
          ramp_profile(mean_plane(image, {*k, *k}), ends.from, ends.to, ends.rise, half_width));
    });
  }
}

void measure_edges(const Image& image, const Stack& stack, const PhantomParts& parts,
                   Recorder& to) {
  for (const Rod& rod : parts.inserts)
    if (const auto slices = clear_slices(stack, parts, rod, reach_of_edge(rod))) {
      to.about("mtf", rod.name, *slices);
      attempt(to, "mtf50", "1/mm", [&] {
        const EdgeMtf edge =
            edge_mtf(mean_plane(image, *slices), rod.at(0.0), rod.radius, EdgeOptions{});
        require_contrast(std::abs(edge.contrast), edge.noise, least_contrast);
        to.mtf(edge.mtf);
      });
    }
}

void measure_inserts(const Image& image, const Stack& stack, const PhantomParts& parts,
                     Recorder& to) {
  constexpr double inside = 0.8;  // of an insert's radius
  std::map<Index, InsertLayout> layouts;
  std::map<Index, std::vector<double>> truths;
  for (const Rod& rod : parts.inserts) {
    const auto slices = stack.of(rod);
    if (!slices || !stack.shows(rod.at(0.0), rod.radius)) continue;
    const Index k = middle(*slices);
    const Vec2 from_axis = rod.at(0.0) - parts.outline(stack.z(k), stack.half)->centre;
    InsertLayout& layout = layouts[k];
    const double roi = inside * rod.radius;
    layout.roi_radius = layout.inserts.empty() ? roi : std::min(layout.roi_radius, roi);
    layout.inserts.push_back({rod.name, from_axis.norm(), math::atan2(from_axis.y(), from_axis.x()),
                              rod.radius, missing, missing});
    truths[k].push_back(rod.attenuation);
  }
  for (const auto& [k, layout] : layouts) {
    const Outline about = *parts.outline(stack.z(k), stack.half);
    const bool comparable =
        parts.undisturbed(about.centre, layout.roi_radius, stack.z(k), stack.half);
    const InsertTable table = read_inserts(mean_plane(image, {k, k}), layout, {about, 0.0});
    for (std::size_t i = 0; i < table.inserts.size(); ++i) {
      const InsertReading& r = table.inserts[i];
      to.about("ct_number", r.insert.name, {k, k});
      to.number("mean", r.region.mean, "HU");
      to.number("sd", r.region.sd, "HU");
      to.number("cnr", comparable ? r.contrast_to_noise : missing, "",
                comparable ? "" : "the phantom's middle is no background");
      to.number("truth", truths.at(k)[i], "HU");
    }
  }
}

/// Where noise is looked at.
struct NoisePlaces {
  Index size = 0;  // pixels
  Slices slices;
  std::vector<Vec2> centres;
};

std::vector<Vec2> quiet_places(const Stack& stack, const PhantomParts& parts, Index k,
                               double edge) {
  const auto about = parts.outline(stack.z(k), stack.half);
  if (!about) return {};
  constexpr double inside = 0.8;  // of the phantom's radius
  const double circle = std::sqrt(0.5) * edge;
  std::vector<Vec2> places = regions_in_disc(about->centre, inside * about->radius, edge);
  std::erase_if(places, [&](const Vec2& at) {
    return !stack.shows(at, 0.5 * edge) ||
           !parts.undisturbed(at, circle + noise_margin, stack.z(k), stack.half);
  });
  return places;
}

std::optional<NoisePlaces> noise_places(const Stack& stack, const PhantomParts& parts) {
  constexpr std::size_t fewest = 4;
  constexpr Index most_slices = 8;
  for (const Index size : {64, 32, 16}) {
    NoisePlaces best{size, {}, {}};
    for (Index k = 0; k < stack.count(); ++k) {
      const auto places = quiet_places(stack, parts, k, double(size) * stack.grid.spacing.x());
      if (places.size() > best.centres.size()) best = {size, {k, k}, places};
      if (places == best.centres && k == best.slices.last + 1) best.slices.last = k;
    }
    if (best.centres.size() < fewest) continue;
    const Index spare = best.slices.last - best.slices.first + 1 - most_slices;
    if (spare > 0) {
      best.slices.first += spare / 2;
      best.slices.last = best.slices.first + most_slices - 1;
    }
    return best;
  }
  return {};
}

void measure_noise(const Image& image, const Stack& stack, const PhantomParts& parts,
                   Recorder& to) {
  const auto places = noise_places(stack, parts);
  if (!places) return;
  std::vector<Plane> planes;
  for (Index k = places->slices.first; k <= places->slices.last; ++k)
    planes.push_back(mean_plane(image, {k, k}));
  const Nps nps = noise_power_spectrum(planes, places->centres, {places->size});
  to.about("nps", "uniform", places->slices);
  to.number("noise", std::sqrt(nps.variance), "HU");
  to.number("mean", nps.mean, "HU");
  to.number("integral", nps.integral(), "HU^2");
  to.number("peak_frequency", nps.peak_frequency(), "1/mm");
  to.number("mean_frequency", nps.mean_frequency(), "1/mm");
  to.number("regions", double(nps.regions), "");
  to.number("region_size", double(nps.size) * nps.pixel, "mm");
  to.curve(nps.frequency, "1/mm", nps.value, "HU^2 mm^2");

  const Index k = middle(places->slices);
  const auto vessel = parts.vessel(stack.z(k), stack.half);
  constexpr double roi = 10.0, gap = 10.0, sides = 4.0;  // mm; of the phantom's radius in regions
  if (vessel->radius < sides * roi || !stack.shows(vessel->centre, vessel->radius - gap)) return;
  const Uniformity u = uniformity(planes[std::size_t(k - places->slices.first)], *vessel, roi, gap);
  if (!std::ranges::all_of(u.centre, [&](const Vec2& at) {
        return parts.undisturbed(at, roi, stack.z(k), stack.half);
      }))
    return;
  to.about("uniformity", "uniform", {k, k});
  to.number("middle", u.region[0].mean, "HU");
  to.number("largest_difference", u.largest_difference, "HU");
}

}  // namespace

QualityTables QualityTables::empty() {
  QualityTables tables;
  tables.numbers.columns = {"case",  "arm",  "measure",  "target",    "quantity",
                            "value", "unit", "z_low_mm", "z_high_mm", "note"};
  tables.curves.columns = {"case", "arm", "measure", "target", "x", "x_unit", "y", "y_unit"};
  return tables;
}

void measure_image_quality(const Image& image, const PhantomParts& parts, const QualityImage& which,
                           QualityTables& tables) {
  const Stack stack = stack_of(image.grid(), which.slice_thickness);
  Recorder to(tables, which, stack);
  measure_wires(image, stack, parts, to);
  measure_beads(image, stack, parts, to);
  measure_edges(image, stack, parts, to);
  measure_noise(image, stack, parts, to);
  measure_inserts(image, stack, parts, to);
  measure_ramps(image, stack, parts, which.slice_thickness, to);
}

bool shows_parts(const Grid& grid, const PhantomParts& parts, double slice_thickness) {
  const Stack stack = stack_of(grid, slice_thickness);
  const auto visible = [&](const Rod& rod) {
    return stack.of(rod) && stack.shows(rod.at(0.0), rod.radius);
  };
  return std::ranges::any_of(parts.inserts, visible) || std::ranges::any_of(parts.wires, visible) ||
         std::ranges::any_of(
             parts.beads,
             [&](const Bead& bead) { return clear_slice(stack, parts, bead).has_value(); }) ||
         noise_places(stack, parts).has_value();
}

}  // namespace vitrine::trial
