#pragma once
#include <span>
#include <vector>

#include "vitrine/io/file.hpp"

namespace vitrine::cli {

/// Throws Error (input) where `png_figures` could not run.
void require_svg_renderer();

/// Pictures of the SVG files among `files`, `a.png` of `a.svg`: three pixels to each of the
/// figure's units (1,920 across for a curve), fewer where that were more than 32,000 pixels high.
/// By librsvg's rsvg-convert in DejaVu Sans, with no settings of the user's: the same bytes
/// wherever those two are the same. Throws Error (io) if it fails.
std::vector<io::NamedBytes> png_figures(std::span<const io::NamedBytes> files);

}  // namespace vitrine::cli
