#include "vitrine/recon/readings.hpp"

#include <algorithm>
#include <cmath>
#include <utility>

#include "vitrine/core/parallel.hpp"
#include "vitrine/recon/water_table.hpp"

namespace vitrine::recon {
namespace {

/// No object attenuates more; a file that is read wrongly has such numbers.
constexpr float largest_line = 100.0f;
/// A reading behind nothing is 1, and its noise is small.
constexpr float largest_transmission = 100.0f;

constexpr const char* look_again =
    "Check data.offset_bytes, byte_order and axes, or mend the file.";

std::string place(Index view, Index column, Index row) {
  return str("view ", view, ", column ", column, ", row ", row);
}

bool names(const std::vector<std::string>& axes, const char* axis) {
  return std::ranges::find(axes, axis) != axes.end();
}

}  // namespace

Reference mean_reading(const ScanGeometry& scan, std::span<const float> views, const char* name) {
  const auto cells = std::size_t(scan.columns * scan.rows);
  VITRINE_EXPECT(!views.empty() && views.size() % cells == 0);
  const std::size_t count = views.size() / cells;
  Reference mean(cells);
  for (std::size_t c = 0; c < cells; ++c) {
    double sum = 0.0;
    for (std::size_t v = 0; v < count; ++v) {
      const float x = views[v * cells + c];
      require(std::isfinite(x) && x >= 0.0f, Error::Kind::data, name, ": ",
              place(Index(v), Index(c) / scan.rows, Index(c) % scan.rows), " is ", x,
              " (readings are numbers, zero or more). ", look_again);
      sum += double(x);
    }
    mean[c] = float(sum / double(count));
  }
  return mean;
}

Readings::Readings(const SinogramFile& file, const RawScan& raw, Reference air, Reference dark)
    : kind_(file.data.quantity == "counts"         ? Kind::counts
            : file.data.quantity == "transmission" ? Kind::transmission
                                                   : Kind::line_integral),
      reversed_views_(views_are_reversed(file)),
      reversed_columns_(names(file.data.reversed, "column")),
      reversed_rows_(names(file.data.reversed, "row")),
      floor_negative_(file.data.negative == "floor"),
      scan_(raw.geometry),
      air_(std::move(air)),
      dark_(std::move(dark)) {
  if (kind_ == Kind::counts) {
    if (dark_.empty()) dark_.assign(air_.size(), 0.0f);
    VITRINE_EXPECT(air_.size() == std::size_t(scan_.columns * scan_.rows) &&
                   dark_.size() == air_.size());
    for (std::size_t c = 0; c < air_.size(); ++c)
      require(air_[c] > dark_[c], Error::Kind::data, stored_place(0, Index(c)), " reads ", air_[c],
              " without object and ", dark_[c],
              " without beam (the first must be more). Check data.air and data.dark.");
  }
  if (kind_ == Kind::line_integral && !file.water.polynomial.empty())
    water_ = water_correction(raw.water);
}

std::string Readings::stored_place(Index view, Index cell) const {
  const auto stored = [](Index i, Index count, bool reversed) {
    return reversed ? count - 1 - i : i;
  };
  return place(stored(view, scan_.views(), reversed_views_),
               stored(cell / scan_.rows, scan_.columns, reversed_columns_),
               stored(cell % scan_.rows, scan_.rows, reversed_rows_));
}

bool Readings::allowed(float value) const {
  if (!std::isfinite(value)) return false;
  switch (kind_) {
    case Kind::line_integral:
      return std::abs(value) <= largest_line;
    case Kind::transmission:
      return (floor_negative_ || value >= 0.0f) && value <= largest_transmission;
    case Kind::counts:
      return floor_negative_ || value >= 0.0f;
  }
  return false;
}

void Readings::convert(Index first, std::span<float> values) const {
  const Index cells = scan_.columns * scan_.rows, views = std::ssize(values) / cells;
  std::vector<Index> bad(std::size_t(views), -1);
  parallel_for(views, [&](Index v) {
    const auto view = values.subspan(std::size_t(v * cells), std::size_t(cells));
    for (Index c = 0; c < cells; ++c) {
      float& x = view[std::size_t(c)];
      if (!allowed(x)) {
        bad[std::size_t(v)] = c;
        return;
      }
      if (kind_ == Kind::counts)
        x = (x - dark_[std::size_t(c)]) / (air_[std::size_t(c)] - dark_[std::size_t(c)]);
      if (water_) x = float(water_->apply(0, double(x)));
    }
  });
  for (Index v = 0; v < views; ++v) {
    const Index c = bad[std::size_t(v)];
    if (c < 0) continue;
    const float x = values[std::size_t(v * cells + c)];
    const std::string where = stored_place(first + v, c);
    require(std::isfinite(x), Error::Kind::data, where, " is ", x, " (a reading is a number). ",
            look_again);
    require(kind_ != Kind::line_integral, Error::Kind::data, where, " is ", x,
            " (a line integral is attenuation x length: no object has more than ", largest_line,
            "). ", look_again);
    require(x >= 0.0f, Error::Kind::data, where, " is ", x,
            " (readings are zero or more). Subtract no more than the dark reading, or set "
            "data.negative: floor to take them as the smallest signal.");
    throw Error(Error::Kind::data,
                str(where, " is ", x,
                    " (transmission is 1 without object). Divide by the reading without object, or "
                    "set data.quantity: counts and data.air."));
  }
}

}  // namespace vitrine::recon
