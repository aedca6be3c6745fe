#include "vitrine/cli/recon_orders.hpp"

#include <algorithm>
#include <cmath>

#include "vitrine/config/yaml.hpp"
#include "vitrine/io/json.hpp"
#include "vitrine/recon/image_grid.hpp"
#include "vitrine/recon/orientation.hpp"
#include "vitrine/recon/sinogram_file.hpp"

namespace vitrine::cli {

std::string canonical(const recon::Corrections& corrections) {
  return corrections.any() ? to_json(recon::Corrections::schema().write(corrections)) : "";
}

std::string kind_of(const Pick<recon::Algorithm>& algorithm) {
  return *algorithm.canonical.find("kind")->as<std::string>();
}

std::string canonical(const Pick<recon::Algorithm>& algorithm) {
  return kind_of(algorithm) == "fbp" ? "" : to_json(algorithm.canonical);
}

namespace {

recon::Corrections corrections_of(const Value& node) {
  Diagnostics problems;
  recon::Corrections made = recon::Corrections::schema().read(node, problems);
  problems.throw_if_any();
  return made;
}

/// What an option says, as the key of that name would in a scenario; `otherwise` tells what it is
/// not, and where to look.
Value option_value(const std::string& key, const std::string& text, const std::string& otherwise) {
  Diagnostics problems;
  const Value tree = config::parse_yaml(key + ": " + text, "--" + key, problems);
  problems.throw_if_any();
  const Value* node = tree.find(key);
  require(node != nullptr, Error::Kind::input, "--", key, " '", text, "' ", otherwise);
  return *node;
}

/// As in a scenario; `none` for nothing.
recon::Corrections corrections_named(const std::string& text) {
  if (text == "none") return {};
  return corrections_of(option_value("corrections", text,
                                     "names no corrections. See `vitrine explain corrections`."));
}

/// A kernel or an algorithm.
template <class Thing>
Pick<Thing> pick_of(const Catalogue<Thing>& catalogue, const Value& node) {
  Diagnostics problems;
  auto pick = catalogue.make(node, problems);
  problems.throw_if_any();
  return pick;
}

template <class Thing>
Pick<Thing> named(const Catalogue<Thing>& catalogue, const std::string& text) {
  const std::string& family = catalogue.info().family;
  return pick_of(
      catalogue,
      option_value(family, text, str("is no ", family, ". See `vitrine list ", family, "`.")));
}

Pick<recon::Algorithm> algorithm_of(const std::string& json, const std::string& file) {
  if (json.empty()) return recon::default_algorithm();
  return pick_of(recon::algorithms(), io::parse_json(json, file));
}

bool same(const RawScan::Box& a, const RawScan::Box& b) {
  return a.field_of_view == b.field_of_view && a.slice_increment == b.slice_increment &&
         a.centre == b.centre && a.matrix == b.matrix && a.slices == b.slices && a.axes == b.axes;
}

/// Names, boxes and numbers; whether images can be made of the scan is not asked yet.
std::vector<ReconOrder> ordered(const ReconOptions& options, const RawScan& raw) {
  std::vector<ReconOrder> made;
  for (const RawScan::Made& image : raw.images)
    made.push_back({image.series,
                    pick_of(recon::kernels(), io::parse_json(image.kernel, options.file)),
                    image.slice_thickness,
                    raw.box,
                    {image.noise_reduction, image.edge_contrast},
                    algorithm_of(image.algorithm, options.file),
                    image.corrections.empty()
                        ? recon::Corrections{}
                        : corrections_of(io::parse_json(image.corrections, options.file))});
  if (!options.order()) {
    require(!made.empty(), Error::Kind::input, "'", options.file,
            "' tells of no image that was made of it. Give --kernel and --thickness.");
    return made;
  }
  require(!made.empty() || (!options.kernel.empty() && options.thickness), Error::Kind::input, "'",
          options.file, "' tells of no image that was made of it. Give --kernel and --thickness.");
  ReconOrder order = made.empty() ? ReconOrder{} : made.front();
  RawScan::Box& box = order.box = raw.box;
  if (!options.kernel.empty()) order.kernel = named(recon::kernels(), options.kernel);
  if (!options.algorithm.empty()) order.algorithm = named(recon::algorithms(), options.algorithm);
  order.thickness = options.thickness.value_or(order.thickness);
  if (!options.corrections.empty()) order.corrections = corrections_named(options.corrections);
  if (options.noise_reduction) order.denoise.reduction = 0.01 * *options.noise_reduction;
  box.field_of_view = options.field_of_view.value_or(box.field_of_view);
  box.matrix = options.matrix.value_or(box.matrix);
  if (options.increment) {
    const double length = double(box.slices) * box.slice_increment;
    box.slice_increment = *options.increment;
    box.slices = std::max<std::int64_t>(1, std::llround(length / box.slice_increment));
  }
  box.slices = options.slices.value_or(box.slices);
  if (!options.orientation.empty()) {
    const Mat3 gantry = raw.geometry.gantry_axes();
    const Mat3 axes = named(recon::orientations(), options.orientation)->axes(gantry);
    box.axes = axes == gantry ? std::nullopt : std::optional(axes);
  }
  if (!options.centre.empty())
    box.centre = Vec3(options.centre[0], options.centre[1], options.centre[2]);
  const std::string& kind = *order.kernel.canonical.find("kind")->as<std::string>();
  order.name = str(raw.origin.scan, '_', kind, '_', to_text(order.thickness), "mm");
  if (kind_of(order.algorithm) != "fbp") order.name += '_' + kind_of(order.algorithm);
  if (order.denoise.reduction > 0.0)
    order.name += str("_nr", to_text(std::round(100.0 * order.denoise.reduction)));
  if (order.corrections.any()) order.name += "_corrected";
  if (box.axes) order.name += '_' + recon::plane_of(*box.axes);
  for (const ReconOrder& known : made)
    if (canonical(known.corrections) == canonical(order.corrections) &&
        canonical(known.algorithm) == canonical(order.algorithm) &&
        to_json(known.kernel.canonical) == to_json(order.kernel.canonical) &&
        known.thickness == order.thickness && same(known.box, box) &&
        known.denoise.reduction == order.denoise.reduction)
      order.name = known.name;
  return {order};
}

/// Of a trial's scan. Slices where nothing was measured would be made of the nearest rows, and look
/// real.
void require_measured(const RawScan& raw, const RawScan::Box& box) {
  const ScanGeometry& g = raw.geometry;
  const auto [low, high] = std::minmax_element(g.table_positions.begin(), g.table_positions.end());
  const double half = 0.5 * double(g.rows) * g.row_pitch_at_iso();
  const auto [first, last] =
      recon::reach_along(recon::image_grid(box, g), recon::table_direction(g.tilt));
  constexpr double rounding = 1e-6;
  require(first >= *low - half - rounding && last <= *high + half + rounding, Error::Kind::input,
          "slices that reach from ", first, " to ", last,
          " mm are asked for (the scan saw the axis from ", *low - half, " to ", *high + half,
          " mm). Choose another --centre, fewer --slices",
          box.axes ? ", or a smaller --fov." : ".");
}

/// Names come from the file: they must stay in the directory that the user named.
void require_file_name(const std::string& name, const std::string& file) {
  require(!name.empty() && name.size() <= 200 && name.front() != '.' &&
              name.find('/') == std::string::npos,
          Error::Kind::data, "'", file, "' cannot be used ('", name,
          "' is no name for an image). Make the file again.");
}

void require_possible(const ReconOrder& order, const ScanSource& source) {
  require_file_name(order.name, source.file());
  if (source.simulated()) {
    require_measured(source.scan(), order.box);
  } else {
    const auto misfits = recon::misfits(source.scan().geometry, order.box, order.thickness);
    if (!misfits.empty()) throw Error(Error::Kind::input, misfits.front().message);
  }
  require(!order.corrections.any() || !order.algorithm->wants_measured(), Error::Kind::input,
          "--algorithm ", kind_of(order.algorithm),
          " takes rays as measured (the corrections act on parallel lines). Use --corrections "
          "none.");
}

}  // namespace

std::vector<ReconOrder> orders_of(const ReconOptions& options, const ScanSource& source) {
  std::vector<ReconOrder> orders = ordered(options, source.scan());
  for (const ReconOrder& order : orders) require_possible(order, source);
  return orders;
}

}  // namespace vitrine::cli
