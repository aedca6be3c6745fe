#pragma once
#include "vitrine/io/file.hpp"
#include "vitrine/report/figures.hpp"

namespace vitrine::cli {

/// The picture as a PNG file.
io::Bytes png(const report::Bitmap& picture);

}  // namespace vitrine::cli
