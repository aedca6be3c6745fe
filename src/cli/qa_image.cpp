#include "vitrine/cli/qa_image.hpp"

#include <charconv>

#include "vitrine/core/value.hpp"

namespace vitrine::cli {
namespace {

/// "a" or "a:b" as two numbers.
std::pair<double, double> range(const std::string& text, const char* option) {
  const auto number = [&](std::string_view part) {
    double value = 0.0;
    const auto [end, problem] = std::from_chars(part.data(), part.data() + part.size(), value);
    require(problem == std::errc{} && end == part.data() + part.size(), Error::Kind::input, option,
            " is '", text, "' (it is one number, or two with a colon between them). Write ", option,
            " 3 or ", option, " 2:5.");
    return value;
  };
  const auto colon = text.find(':');
  if (colon == std::string::npos) return {number(text), number(text)};
  return {number(std::string_view(text).substr(0, colon)),
          number(std::string_view(text).substr(colon + 1))};
}

}  // namespace

void add_input(CLI::App& command, QaInput& input) {
  command
      .add_option("image", input.image,
                  "NIfTI, NRRD, MetaImage, or a directory with a DICOM CT series")
      ->required();
  auto* slices = command.add_option("--slices", input.slices,
                                    "a slice or a range, from 0: --slices 3 or --slices 2:5");
  command
      .add_option("--z", input.z, "the same in mm along the slices' axis: --z -60 or --z=-10:10")
      ->excludes(slices);
  command.add_option("--csv", input.outputs.csv, "write the curve or table to this file");
  command.add_option("--json", input.outputs.json, "write all numbers and the table to this file");
  command.add_option("--figure", input.outputs.figure, "draw the curve (SVG) into this file");
}

void add_phantom_place(CLI::App& command, QaInput& input) {
  auto* centre =
      command
          .add_option("--centre", input.centre, "middle of the phantom, x y in mm (default: found)")
          ->expected(2);
  command
      .add_option("--phantom-radius", input.phantom_radius,
                  "radius of the phantom, mm (default: found)")
      ->check(CLI::PositiveNumber)
      ->needs(centre);
}

std::optional<evaluation::Slices> chosen_slices(const QaInput& input, const Grid& grid) {
  if (!input.slices.empty()) {
    const auto [first, last] = range(input.slices, "--slices");
    return evaluation::Slices{Index(first), Index(last)};
  }
  if (!input.z.empty()) {
    const auto [low, high] = range(input.z, "--z");
    const Index a = evaluation::slice_at(grid, low), b = evaluation::slice_at(grid, high);
    return evaluation::Slices{std::min(a, b), std::max(a, b)};
  }
  return {};
}

evaluation::Outline chosen_outline(const QaInput& input, const evaluation::Plane& plane) {
  if (input.phantom_radius > 0.0) return {*point(input.centre), input.phantom_radius};
  evaluation::Outline found = evaluation::phantom_outline(plane);
  if (const auto centre = point(input.centre)) found.centre = *centre;
  return found;
}

std::optional<evaluation::Vec2> point(const std::vector<double>& xy) {
  if (xy.size() != 2) return {};
  return evaluation::Vec2(xy[0], xy[1]);
}

std::string text_of(evaluation::Slices slices, const Grid& grid) {
  const auto z = [&](Index k) {
    constexpr double rounding = 1000.0;  // to a micrometre
    return to_text(std::round(rounding * evaluation::slice_position(grid, k)) / rounding + 0.0);
  };
  if (slices.first == slices.last)
    return str("slice ", slices.first, " (z ", z(slices.first), " mm)");
  return str("slices ", slices.first, " to ", slices.last, " (z ", z(slices.first), " to ",
             z(slices.last), " mm)");
}

}  // namespace vitrine::cli
