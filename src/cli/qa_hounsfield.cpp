#include <cmath>
#include <limits>

#include "vitrine/cli/exit_code.hpp"
#include "vitrine/cli/qa_commands.hpp"
#include "vitrine/cli/qa_image.hpp"
#include "vitrine/core/math.hpp"
#include "vitrine/core/units.hpp"
#include "vitrine/evaluation/image_quality/inserts.hpp"
#include "vitrine/io/csv.hpp"
#include "vitrine/io/image_reader.hpp"

namespace vitrine::cli {
namespace {

using namespace evaluation;

double to_hundredth(double v) { return std::round(100.0 * v) / 100.0 + 0.0; }

struct HuOptions {
  QaInput input;
  std::string phantom, inserts;
};

/// Inserts from a table: name, x_mm, y_mm, radius_mm, and if there are, low_hu and high_hu.
InsertLayout read_layout(const std::string& file) {
  const Table table = io::read_csv(file);
  const std::size_t name = table.column("name"), x = table.column("x_mm"), y = table.column("y_mm"),
                    radius = table.column("radius_mm");
  const auto optional_column = [&](const std::string& wanted) {
    for (std::size_t c = 0; c < table.columns.size(); ++c)
      if (table.columns[c] == wanted) return Index(c);
    return Index(-1);
  };
  const Index low = optional_column("low_hu"), high = optional_column("high_hu");
  InsertLayout layout;
  layout.name = file;
  for (const auto& row : table.rows) {
    const auto number = [&](Index column) {
      if (column < 0) return std::numeric_limits<double>::quiet_NaN();
      const double* v = std::get_if<double>(&row[std::size_t(column)]);
      require(v != nullptr, Error::Kind::data, file, " has text in the column '",
              table.columns[std::size_t(column)],
              "' (a place or a CT number is a number). "
              "Correct the row.");
      return *v;
    };
    Insert insert;
    const auto* text = std::get_if<std::string>(&row[name]);
    insert.name = text ? *text : to_text(std::get<double>(row[name]));
    const double at_x = number(Index(x)), at_y = number(Index(y));
    insert.distance = std::sqrt(at_x * at_x + at_y * at_y);
    insert.angle = math::atan2(at_y, at_x);
    insert.radius = number(Index(radius));
    insert.low = number(low);
    insert.high = number(high);
    require(insert.radius > 0.0 && std::isfinite(insert.distance), Error::Kind::data, file,
            " says that ", insert.name, " has the radius ", insert.radius,
            " mm (a region has one above 0, and a place). Correct the row.");
    layout.roi_radius = std::max(layout.roi_radius, 0.8 * insert.radius);
    layout.inserts.push_back(std::move(insert));
  }
  require(!layout.inserts.empty(), Error::Kind::data, file,
          " has no rows (each is an insert). Write one per insert.");
  return layout;
}

QaResult measure(const HuOptions& o) {
  const Image image = io::read_image(o.input.image);
  const Grid& grid = image.grid();
  auto slices = chosen_slices(o.input, grid);
  QaResult result;
  InsertLayout layout;
  Placement placed;
  if (!o.inserts.empty()) {
    layout = read_layout(o.inserts);
    slices = slices.value_or(Slices{grid.size[2] / 2, grid.size[2] / 2});
    if (const auto centre = point(o.input.centre)) placed.phantom.centre = *centre;
  } else {
    require(!o.phantom.empty(), Error::Kind::input,
            "the inserts' places are not known (a table of CT numbers needs them). Give --phantom "
            "acr464, --phantom catphan_ctp404, or --inserts FILE.");
    layout = insert_layout(o.phantom);
    if (slices) {
      const Plane plane = mean_plane(image, *slices);
      placed = place_layout(plane, layout, chosen_outline(o.input, plane));
    } else if (o.input.phantom_radius > 0.0) {
      slices = Slices{grid.size[2] / 2, grid.size[2] / 2};
      const Plane plane = mean_plane(image, *slices);
      placed = place_layout(plane, layout, chosen_outline(o.input, plane));
    } else {
      const PlacedSlice found = find_layout(image, layout);
      slices = Slices{found.slice, found.slice};
      placed = found.placement;
    }
    result.numbers = {{"centre x", "mm", placed.phantom.centre.x(), 4},
                      {"centre y", "mm", placed.phantom.centre.y(), 4},
                      {"radius", "mm", placed.phantom.radius, 4},
                      {"rotation", "deg", placed.rotation / units::deg, 3}};
    if (placed.mirrored) result.notes.push_back("the phantom is seen from its other side");
  }
  const InsertTable table = read_inserts(mean_plane(image, *slices), layout, placed);
  result.measure = str("CT numbers of ", layout.name, ", ", text_of(*slices, grid));
  result.numbers.push_back({"background", "HU", table.background.mean, 4});
  result.numbers.push_back({"noise", "HU", table.background.sd, 3});
  result.table.columns = {"insert", "x_mm",   "y_mm",    "mean_hu", "sd_hu",
                          "cnr",    "low_hu", "high_hu", "verdict"};
  for (const InsertReading& r : table.inserts) {
    const bool judged = std::isfinite(r.insert.low) && std::isfinite(r.insert.high);
    const bool within = r.region.mean >= r.insert.low && r.region.mean <= r.insert.high;
    result.table.add({r.insert.name, to_hundredth(r.centre.x()), to_hundredth(r.centre.y()),
                      to_hundredth(r.region.mean), to_hundredth(r.region.sd),
                      to_hundredth(r.contrast_to_noise), r.insert.low, r.insert.high,
                      std::string(!judged  ? ""
                                  : within ? "in range"
                                           : "out of range")});
  }
  result.shown_rows = result.table.rows.size();
  if (!layout.source.empty()) result.notes.push_back("ranges: " + layout.source);
  return result;
}

struct UniformityOptions {
  QaInput input;
  double roi = 10.0, gap = 10.0;
};

QaResult measure(const UniformityOptions& o) {
  const Image image = io::read_image(o.input.image);
  const Grid& grid = image.grid();
  const Slices slices =
      chosen_slices(o.input, grid).value_or(Slices{grid.size[2] / 2, grid.size[2] / 2});
  const Plane plane = mean_plane(image, slices);
  const Outline phantom = chosen_outline(o.input, plane);
  const Uniformity u = uniformity(plane, phantom, o.roi, o.gap);
  QaResult result;
  result.measure = str("Uniformity, ", text_of(slices, grid));
  result.numbers = {{"centre x", "mm", phantom.centre.x(), 4},
                    {"centre y", "mm", phantom.centre.y(), 4},
                    {"radius", "mm", phantom.radius, 4},
                    {"CT number", "HU", u.region[0].mean, 4},
                    {"noise", "HU", u.region[0].sd, 4},
                    {"largest difference", "HU", u.largest_difference, 3}};
  result.table.columns = {"region", "x_mm", "y_mm", "mean_hu", "sd_hu"};
  const char* names[] = {"middle", "+x", "+y", "-x", "-y"};
  for (std::size_t i = 0; i < u.region.size(); ++i)
    result.table.add({std::string(names[i]), to_hundredth(u.centre[i].x()),
                      to_hundredth(u.centre[i].y()), to_hundredth(u.region[i].mean),
                      to_hundredth(u.region[i].sd)});
  result.shown_rows = result.table.rows.size();
  return result;
}

}  // namespace

void add_qa_hu(CLI::App& qa, int& code) {
  auto* command = qa.add_subcommand("hu", "CT numbers, noise and CNR of a phantom's inserts");
  auto o = std::make_shared<HuOptions>();
  add_input(*command, o->input);
  add_phantom_place(*command, o->input);
  command->add_option("--phantom", o->phantom,
                      "known inserts, whose slice and rotation are found: acr464, catphan_ctp404");
  command->add_option("--inserts", o->inserts,
                      "a CSV file with name, x_mm, y_mm, radius_mm and perhaps low_hu, high_hu");
  command->footer(
      "\n  vitrine qa hu acr/ --phantom acr464\n"
      "  vitrine qa hu scan.nii.gz --inserts mine.csv --z 0 --centre 1.2 -0.4\n"
      "Places in a file count from --centre (default: patient x and y).");
  command->callback([o, &code] {
    show(measure(*o), o->input.outputs);
    code = ok;
  });
}

void add_qa_uniformity(CLI::App& qa, int& code) {
  auto* command =
      qa.add_subcommand("uniformity", "CT number and noise in five regions of a uniform phantom");
  auto o = std::make_shared<UniformityOptions>();
  add_input(*command, o->input);
  add_phantom_place(*command, o->input);
  command->add_option("--roi", o->roi, "radius of the regions, mm")
      ->check(CLI::Range(1.0, 100.0))
      ->capture_default_str();
  command->add_option("--gap", o->gap, "between a region and the phantom's edge, mm")
      ->check(CLI::Range(0.0, 100.0))
      ->capture_default_str();
  command->footer("\n  vitrine qa uniformity water.nii.gz --z 0");
  command->callback([o, &code] {
    show(measure(*o), o->input.outputs);
    code = ok;
  });
}

}  // namespace vitrine::cli
