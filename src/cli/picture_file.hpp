#pragma once
#include "vitrine/io/file.hpp"
#include "vitrine/report/figures.hpp"

namespace vitrine::cli {

/// How many slices of every arm the report lets a reader page through.
constexpr int stack_slices = 9;
constexpr double stack_square = 96.0;  ///< mm

/// The picture as a PNG file.
io::Bytes png(const report::Bitmap& picture);

}  // namespace vitrine::cli
