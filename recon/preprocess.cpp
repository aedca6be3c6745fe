#include "vitrine/recon/preprocess.hpp"

#include <algorithm>
#include <cmath>
#include <numbers>
#include <utility>

#include "vitrine/core/math.hpp"
#include "vitrine/core/parallel.hpp"
#include "vitrine/recon/detail/hot.hpp"

namespace vitrine::recon {
namespace {

constexpr Index term_count = Index(WaterCorrection::terms);

double polynomial(const WaterCorrection::Column& column, double p) {
  double sum = 0.0;
  for (std::size_t i = WaterCorrection::terms; i-- > 0;)
    sum = sum * p + double(column.coefficients[i]);
  return p * sum;
}

}  // namespace

WaterCorrection::WaterCorrection(Index columns, double mu_water, const WaterSignal& water_signal,
                                 double max_length) {
  require(mu_water > 0.0 && max_length > 0.0, Error::Kind::numeric,
          "a water correction needs mu_water > 0 and a length > 0 (these are ", mu_water,
          " /mm and ", max_length, " mm)");
  constexpr Index nodes = 64;
  // Chebyshev nodes hold the ends down; they include neither 0, where the fit is exact, nor
  // repeats.
  std::vector<double> lengths;
  for (Index i = 0; i < nodes; ++i)
    lengths.push_back(0.5 * max_length *
                      (1.0 - math::cos(std::numbers::pi * (double(i) + 0.5) / double(nodes))));

  columns_.resize(std::size_t(columns));
  std::vector<double> errors(std::size_t(columns), 0.0);
  parallel_for(columns, [&](Index c) {
    Eigen::VectorXd p(nodes), target(nodes);
    for (Index i = 0; i < nodes; ++i) {
      const double signal = water_signal(c, lengths[std::size_t(i)]);
      require(signal > 0.0 && signal < 1.0, Error::Kind::numeric, "column ", c,
              " sees a signal of ", signal, " behind ", lengths[std::size_t(i)],
              " mm of water (it must be between 0 and 1)");
      p[i] = -math::log(signal);
      target[i] = mu_water * lengths[std::size_t(i)] / p[i];
    }
    // Powers of p / limit keep the least squares well conditioned; the share of y is what is
    // fitted.
    const double limit = p.maxCoeff();
    Eigen::MatrixXd powers(nodes, term_count);
    for (Index i = 0; i < nodes; ++i) {
      powers(i, 0) = 1.0;
      for (Index k = 1; k < term_count; ++k) powers(i, k) = powers(i, k - 1) * (p[i] / limit);
    }
    const Eigen::VectorXd scaled = powers.householderQr().solve(target);

    Column& column = columns_[std::size_t(c)];
    double unscale = 1.0, slope = 0.0;
    for (Index k = 0; k < term_count; ++k) {
      column.coefficients[k] = float(scaled[k] * unscale);
      unscale /= limit;
      slope += double(k + 1) * scaled[k];
    }
    column.low_slope = column.coefficients[0];
    column.limit = float(limit);
    column.limit_slope = float(slope);
    for (Index i = 0; i < nodes; ++i)
      errors[std::size_t(c)] = std::max(
          errors[std::size_t(c)], std::abs(polynomial(column, p[i]) / (p[i] * target[i]) - 1.0));
  });
  residual_ = columns > 0 ? *std::max_element(errors.begin(), errors.end()) : 0.0;
}

WaterCorrection::WaterCorrection(Index columns, std::span<const double> rows, double mu_water,
                                 const RowWaterSignal& water_signal)
    : rows_(rows.begin(), rows.end()) {
  for (const double row : rows) {
    const WaterCorrection here(columns, mu_water, [&](Index column, double length) {
      return water_signal(column, row, length);
    });
    columns_.insert(columns_.end(), here.columns_.begin(), here.columns_.end());
    residual_ = std::max(residual_, here.residual_);
  }
}

WaterCorrection water_correction(const physics::Beam& beam) {
  if (beam.heel_rows().empty())
    return {beam.columns(), beam.mu_water(),
            [&](Index column, double length) { return beam.water_signal(column, length); }};
  return {beam.columns(), beam.heel_rows(), beam.mu_water(),
          [&](Index column, double row, double length) {
            return beam.water_signal(column, row, length);
          }};
}

WaterCorrection water_correction(const physics::Beam& beam, BinWindow bins) {
  return {beam.columns(), beam.reference(bins).mu_water,
          [&](Index column, double length) { return beam.water_signal(column, bins, length); }};
}

WaterCorrection WaterCorrection::none(Index columns) {
  WaterCorrection identity;
  identity.columns_.assign(std::size_t(columns), Column{{1.0f}, 1.0f, 1.0f, 1.0f});
  return identity;
}

WaterCorrection WaterCorrection::of(std::vector<Column> columns, std::vector<double> rows) {
  VITRINE_EXPECT(rows.empty() || columns.size() % rows.size() == 0);
  WaterCorrection known;
  known.rows_ = std::move(rows);
  known.columns_ = std::move(columns);
  return known;
}

double WaterCorrection::apply(Index column, double p) const {
  const Column& c = columns_[std::size_t(column)];
  const double inside = std::clamp(p, 0.0, double(c.limit));
  return polynomial(c, inside) + (p - inside) * double(p < 0.0 ? c.low_slope : c.limit_slope);
}

namespace {

/// A column whose rows differ: between two rows of the correction, what both make of it, mixed.
void convert_rows(const detail::HotKernels& hot, const WaterCorrection& correction, Index column,
                  std::span<const float> signal, float* line_integral) {
  const auto rows = correction.rows();
  std::vector<float> low(signal.size()), high(signal.size());
  Index begin = 0;
  for (std::size_t i = 0; i + 1 < rows.size(); ++i) {
    const bool last = i + 2 == rows.size();
    const Index end = last ? std::ssize(signal) : Index(std::ceil(rows[i + 1]));
    hot.line_integrals(signal.data() + begin, end - begin, correction.column(column, i),
                       low.data() + begin);
    hot.line_integrals(signal.data() + begin, end - begin, correction.column(column, i + 1),
                       high.data() + begin);
    for (Index r = begin; r < end; ++r) {
      const auto share = float((double(r) - rows[i]) / (rows[i + 1] - rows[i]));
      const auto at = std::size_t(r);
      low[at] += share * (high[at] - low[at]);
    }
    begin = end;
  }
  std::copy(low.begin(), low.end(), line_integral);
}

}  // namespace

void line_integrals(const ScanGeometry& geometry, std::span<const float> signal,
                    const WaterCorrection& correction, Isa isa, std::span<float> out) {
  require(correction.columns() == geometry.columns, Error::Kind::data, "the water correction has ",
          correction.columns(), " columns (the scan has ", geometry.columns, ")");
  const detail::HotKernels& hot = detail::hot_kernels(isa);
  const Index cells = geometry.columns * geometry.rows;
  VITRINE_EXPECT(signal.size() == out.size() && signal.size() % std::size_t(cells) == 0);
  parallel_for(std::ssize(signal) / cells, [&](Index view) {
    for (Index column = 0; column < geometry.columns; ++column) {
      const Index at = view * cells + column * geometry.rows;
      if (correction.rows().size() > 1) {
        convert_rows(hot, correction, column,
                     signal.subspan(std::size_t(at), std::size_t(geometry.rows)), out.data() + at);
        continue;
      }
      hot.line_integrals(signal.data() + at, geometry.rows, correction.column(column),
                         out.data() + at);
    }
  });
}

Sinogram<quantity::LineIntegral> line_integrals(const Sinogram<quantity::Signal>& signal,
                                                const WaterCorrection& correction, Isa isa) {
  Sinogram<quantity::LineIntegral> out(signal.geometry());
  line_integrals(out.geometry(), signal.values(), correction, isa, out.values());
  return out;
}

Sinogram<quantity::LineIntegral> line_integrals(Sinogram<quantity::Signal>&& signal,
                                                const WaterCorrection& correction, Isa isa) {
  ScanGeometry geometry = signal.geometry();
  Sinogram<quantity::LineIntegral> out(std::move(geometry), std::move(signal).release());
  line_integrals(out.geometry(), out.values(), correction, isa, out.values());
  return out;
}

}  // namespace vitrine::recon
