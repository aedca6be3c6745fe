#pragma once
#include <CLI/CLI.hpp>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "vitrine/cli/qa_result.hpp"
#include "vitrine/evaluation/image_quality/uniformity.hpp"

namespace vitrine::cli {

/// What every measure of `vitrine qa` asks for: an image, its slices, and where the result goes.
struct QaInput {
  std::string image, slices, z;
  std::vector<double> centre;  ///< of the phantom or the object, x and y in mm
  double phantom_radius = 0.0;
  QaOutputs outputs;
};

/// The options for an image, its slices and the outputs.
void add_input(CLI::App& command, QaInput& input);
/// --centre and --phantom-radius.
void add_phantom_place(CLI::App& command, QaInput& input);

/// Slices as chosen by --slices or --z; nothing if neither was given.
std::optional<evaluation::Slices> chosen_slices(const QaInput& input, const Grid& grid);
/// The phantom's outline as given, or as found in the plane.
evaluation::Outline chosen_outline(const QaInput& input, const evaluation::Plane& plane);
/// Two numbers as a point; nothing if none were given.
std::optional<evaluation::Vec2> point(const std::vector<double>& xy);
/// "slices 3 to 5 (z -2 to 2 mm)".
std::string text_of(evaluation::Slices slices, const Grid& grid);

}  // namespace vitrine::cli
