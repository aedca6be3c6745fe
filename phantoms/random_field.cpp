#include "vitrine/phantoms/random_field.hpp"

#include <algorithm>
#include <bit>
#include <cmath>
#include <numbers>

#include "vitrine/core/error.hpp"
#include "vitrine/core/fft.hpp"
#include "vitrine/core/math.hpp"
#include "vitrine/core/parallel.hpp"

namespace vitrine::phantoms {
namespace {

/// Number of the wave: 0, 1, ..., n/2, -n/2 + 1, ..., -1.
double wave(Index i, Index n) { return double(i <= n / 2 ? i : i - n); }

/// Two independent normal numbers (Box-Muller).
std::complex<double> normal_pair(Rng& rng) {
  const double radius = std::sqrt(-2.0 * math::log(rng.uniform()));
  const double angle = 2.0 * std::numbers::pi * rng.uniform();
  return {radius * math::cos(angle), radius * math::sin(angle)};
}

Stream stream_of(Rng& rng) {
  const std::uint64_t high = rng(), low = rng();
  return {high << 32 | low, Draw::texture};
}

}  // namespace

double Spectrum::operator()(const Vec3& f) const {
  if (kind == Kind::gaussian) {
    const double turns = f.cwiseProduct(lengths).squaredNorm();
    return math::exp(-2.0 * std::numbers::pi * std::numbers::pi * turns);
  }
  const double squared = f.squaredNorm();
  if (squared < low * low || squared > high * high) return 0.0;
  return math::exp(-0.5 * exponent * math::log(squared));
}

double Spectrum::about_zero(const Vec3& cell) const {
  if (kind == Kind::gaussian) return 1.0;
  // Over the ball of the box's volume, shell by shell.
  const double volume = cell.prod();
  const double radius = math::cbrt(0.75 * volume / std::numbers::pi);
  const double end = std::min(radius, high);
  if (end <= low) return 0.0;
  const double power = 3.0 - exponent;
  const double shells = std::abs(power) < 1e-9
                            ? math::log(end / low)
                            : (math::pow(end, power) - math::pow(low, power)) / power;
  return 4.0 * std::numbers::pi * shells / volume;
}

PeriodicField::PeriodicField(const Spectrum& spectrum, std::array<Index, 3> size,
                             const Vec3& spacing, Rng rng)
    : spectrum_(spectrum), size_(size), stream_(stream_of(rng)) {
  for (std::size_t a = 0; a < 3; ++a) {
    VITRINE_EXPECT(std::has_single_bit(std::uint64_t(size[a])));
    cell_[Index(a)] = 1.0 / (double(size[a]) * spacing[Index(a)]);
  }
  // The spectrum is symmetric: one octant of waves stands for all.
  const std::array<Index, 3> half{size[0] / 2 + 1, size[1] / 2 + 1, size[2] / 2 + 1};
  const auto copies = [&](std::size_t a, Index i) {
    return i == 0 || 2 * i == size[a] ? 1.0 : 2.0;
  };
  // Trilinear interpolation keeps (2 + cos) / 3 of a wave's power per axis.
  const auto kept = [&](std::size_t a, Index i) {
    const double turn = double(i) / double(size[a]);
    return (2.0 + math::cos(2.0 * std::numbers::pi * turn)) / 3.0;
  };
  std::vector<double> all(static_cast<std::size_t>(half[2])), between(all.size());
  parallel_for(half[2], [&](Index k) {
    double sum = 0.0, seen = 0.0;
    for (Index j = 0; j < half[1]; ++j) {
      double row = 0.0, row_seen = 0.0;
      for (Index i = 0; i < half[0]; ++i) {
        const double p = copies(0, i) * power(i, j, k);
        row += p;
        row_seen += p * kept(0, i);
      }
      sum += copies(1, j) * row;
      seen += copies(1, j) * kept(1, j) * row_seen;
    }
    all[std::size_t(k)] = copies(2, k) * sum;
    between[std::size_t(k)] = copies(2, k) * kept(2, k) * seen;
  });
  double seen = 0.0;
  for (std::size_t k = 0; k < all.size(); ++k) {
    total_ += all[k];
    seen += between[k];
  }
  require(total_ > 0.0, Error::Kind::input,
          "no wave of a random texture fits its voxels (its lengths are too small for them or too "
          "close to each other). Make the finest longer or the voxels smaller.");
  interpolated_variance_ = seen / total_;
}

double PeriodicField::power(Index i, Index j, Index k) const {
  if (i == 0 && j == 0 && k == 0) return spectrum_.about_zero(cell_);
  return spectrum_(Vec3(wave(i, size_[0]) * cell_.x(), wave(j, size_[1]) * cell_.y(),
                        wave(k, size_[2]) * cell_.z()));
}

std::vector<std::complex<float>> PeriodicField::planes(Index first, Index count) const {
  const auto [nx, ny, nz] = size_;
  count = std::min(count, nz);
  std::vector<std::complex<float>> out(std::size_t(nx * ny * count));
  const Fft along_x{std::size_t(nx)}, along_y{std::size_t(ny)}, along_z{std::size_t(nz)};
  // Along the third axis: only the planes asked for are kept.
  parallel_for(ny, [&, nx = nx, ny = ny, nz = nz](Index j) {
    std::vector<std::complex<double>> line(static_cast<std::size_t>(nz));
    for (Index i = 0; i < nx; ++i) {
      Rng rng(stream_, std::uint64_t(j * nx + i));
      bool any = false;
      for (Index k = 0; k < nz; ++k) {
        const double p = power(i, j, k);
        line[std::size_t(k)] = p > 0.0 ? std::sqrt(p / total_) * normal_pair(rng) : 0.0;
        any = any || p > 0.0;
      }
      if (!any) continue;
      along_z(line, FftDirection::inverse);
      for (Index k = 0; k < count; ++k) {
        const Index plane = ((first + k) % nz + nz) % nz;
        out[std::size_t((k * ny + j) * nx + i)] =
            static_cast<std::complex<float>>(line[std::size_t(plane)]);
      }
    }
  });
  parallel_for(count, [&, nx = nx, ny = ny](Index k) {
    std::complex<float>* plane = out.data() + k * nx * ny;
    std::vector<std::complex<double>> line(static_cast<std::size_t>(std::max(nx, ny)));
    const auto transform = [&](const Fft& fft, std::complex<float>* from, Index n, Index stride) {
      for (Index i = 0; i < n; ++i)
        line[std::size_t(i)] = static_cast<std::complex<double>>(from[i * stride]);
      fft(std::span(line).first(std::size_t(n)), FftDirection::inverse);
      for (Index i = 0; i < n; ++i)
        from[i * stride] = static_cast<std::complex<float>>(line[std::size_t(i)]);
    };
    for (Index j = 0; j < ny; ++j) transform(along_x, plane + j * nx, nx, 1);
    for (Index i = 0; i < nx; ++i) transform(along_y, plane + i, ny, nx);
  });
  return out;
}

FieldOnGrid random_field(const Grid& grid, const Spectrum& spectrum, Rng rng) {
  // Opposite faces of the grid are neighbours in the period: a gap of some correlation lengths
  // keeps them apart, as far as 128 points allow.
  std::array<Index, 3> size{};
  for (std::size_t a = 0; a < 3; ++a) {
    const auto axis = Index(a);
    const double length = spectrum.kind == Spectrum::Kind::gaussian
                              ? 4.0 * spectrum.lengths[axis]
                              : 1.0 / std::max(spectrum.low, 1e-3);
    const auto wanted =
        std::uint64_t(std::ceil(length / grid.spacing[axis])) + std::uint64_t(grid.size[a]);
    const std::uint64_t least = std::bit_ceil(std::uint64_t(grid.size[a]));
    size[a] = Index(std::min(std::bit_ceil(wanted), std::max(least, std::uint64_t(128))));
  }
  const PeriodicField field(spectrum, size, grid.spacing, rng);
  const auto tile = field.planes(0, grid.size[2]);
  FieldOnGrid out{std::vector<float>(std::size_t(grid.count())), field.interpolated_variance()};
  for (Index k = 0; k < grid.size[2]; ++k)
    for (Index j = 0; j < grid.size[1]; ++j)
      for (Index i = 0; i < grid.size[0]; ++i)
        out.values[std::size_t(grid.offset(i, j, k))] =
            tile[std::size_t((k * size[1] + j) * size[0] + i)].real();
  return out;
}

}  // namespace vitrine::phantoms
