#include <algorithm>
#include <array>
#include <cmath>

#include "vitrine/core/math.hpp"
#include "vitrine/radiomics/detail/cooccurrence.hpp"
#include "vitrine/radiomics/pyradiomics/detail/classes.hpp"
#include "vitrine/radiomics/pyradiomics/detail/weights.hpp"

namespace vitrine::radiomics::pyradiomics {
namespace {

/// Matrices are dense, and MCC takes all eigenvalues of each.
constexpr std::size_t most_levels = 1024;

using Matrix = Eigen::MatrixXd;
using Vector = Eigen::VectorXd;

/// What the features need of one normalised matrix p(i, j), symmetric or not, of the grey levels
/// that occur.
struct Cooccurrence {
  Cooccurrence(const std::vector<int>& of_levels, const Matrix& counts);

  const std::vector<int>& levels;
  double largest = 0;  ///< N_g
  Matrix p;
  Vector row, column;  ///< p_x and p_y
  double row_mean = 0, column_mean = 0, row_variance = 0, column_variance = 0;
  std::vector<double> sum;         ///< p(i + j), at i + j
  std::vector<double> difference;  ///< p(|i - j|), at |i - j|
  double joint_entropy = 0;
  double row_entropy = 0, column_entropy = 0;
  double crossed_entropy = 0;  ///< HXY1 = HXY2 = HX + HY, of p_x(i) p_y(j)
};

double entropy(double p) { return p > 0 ? -p * math::log2(p) : 0.0; }

Cooccurrence::Cooccurrence(const std::vector<int>& of_levels, const Matrix& counts)
    : levels(of_levels), largest(of_levels.back()), p(counts / counts.sum()) {
  const auto n = static_cast<Index>(levels.size());
  row = p.rowwise().sum();
  column = p.colwise().sum().transpose();
  sum.assign(static_cast<std::size_t>(2 * levels.back() + 1), 0.0);
  difference.assign(static_cast<std::size_t>(levels.back()), 0.0);
  const auto level = [&](Index i) { return levels[static_cast<std::size_t>(i)]; };
  for (Index i = 0; i < n; ++i) {
    row_mean += level(i) * row[i];
    column_mean += level(i) * column[i];
    row_entropy += entropy(row[i]);
    column_entropy += entropy(column[i]);
  }
  for (Index j = 0; j < n; ++j)
    for (Index i = 0; i < n; ++i) {
      const double x = p(i, j);
      if (x == 0) continue;
      sum[static_cast<std::size_t>(level(i) + level(j))] += x;
      difference[static_cast<std::size_t>(std::abs(level(i) - level(j)))] += x;
      joint_entropy += entropy(x);
    }
  for (Index i = 0; i < n; ++i) {
    row_variance += (level(i) - row_mean) * (level(i) - row_mean) * row[i];
    column_variance += (level(i) - column_mean) * (level(i) - column_mean) * column[i];
  }
  crossed_entropy = row_entropy + column_entropy;
}

/// E[f(i, j)].
template <class F>
double joint_expectation(const Cooccurrence& c, F f) {
  double total = 0;
  for (Index j = 0; j < c.p.cols(); ++j)
    for (Index i = 0; i < c.p.rows(); ++i)
      if (c.p(i, j) > 0)
        total += c.p(i, j) * f(double(c.levels[static_cast<std::size_t>(i)]),
                               double(c.levels[static_cast<std::size_t>(j)]));
  return total;
}

/// E[(i + j - mean_x - mean_y)^power].
template <int power>
Result cluster(const Cooccurrence& c) {
  return expectation(c.sum, [&](double k) {
    const double d = k - c.row_mean - c.column_mean;
    return power == 2 ? d * d : power == 3 ? d * d * d : d * d * d * d;
  });
}

Result correlation(const Cooccurrence& c) {
  const double both = std::sqrt(c.row_variance) * std::sqrt(c.column_variance);
  if (both == 0) return 1.0;
  return joint_expectation(
             c, [&](double i, double j) { return (i - c.row_mean) * (j - c.column_mean); }) /
         both;
}

/// (HXY - HXY1) / max(HX, HY), and 0 where both are 0.
Result information_1(const Cooccurrence& c) {
  const double most = std::max(c.row_entropy, c.column_entropy);
  return most > 0 ? (c.joint_entropy - c.crossed_entropy) / most : 0.0;
}

/// sqrt(1 - exp(-2 (HXY2 - HXY))).
Result information_2(const Cooccurrence& c) {
  const double information = std::max(0.0, c.crossed_entropy - c.joint_entropy);
  return std::sqrt(1 - math::exp(-2 * information));
}

/// Square root of the second largest eigenvalue of sum over k of p(i,k) p(j,k) / (p_x(i) p_y(k)).
///
/// That matrix is similar to S S^T with S = p(i,k) / sqrt(p_x(i) p_y(k)), which is symmetric.
Result maximal_correlation(const Cooccurrence& c) {
  if (c.levels.size() < 2) return 1.0;
  const auto inverse_root = [](double x) { return x > 0 ? 1 / std::sqrt(x) : 0.0; };
  const Matrix s = c.row.unaryExpr(inverse_root).asDiagonal() * c.p *
                   c.column.unaryExpr(inverse_root).asDiagonal();
  const Eigen::SelfAdjointEigenSolver<Matrix> eigen(s * s.transpose(), Eigen::EigenvaluesOnly);
  const auto& values = eigen.eigenvalues();
  return std::sqrt(std::max(0.0, values[values.size() - 2]));
}

using State = FeatureName::State;
using R = Row<Cooccurrence>;
constexpr std::array table{
    R{{"Autocorrelation"},
      [](const Cooccurrence& c) -> Result {
        return joint_expectation(c, [](double i, double j) { return i * j; });
      }},
    R{{"ClusterProminence"}, cluster<4>},
    R{{"ClusterShade"}, cluster<3>},
    R{{"ClusterTendency"}, cluster<2>},
    R{{"Contrast"},
      [](const Cooccurrence& c) -> Result {
        return expectation(c.difference, [](double k) { return k * k; });
      }},
    R{{"Correlation"}, correlation},
    R{{"DifferenceAverage"},
      [](const Cooccurrence& c) -> Result {
        return expectation(c.difference, [](double k) { return k; });
      }},
    R{{"DifferenceEntropy"},
      [](const Cooccurrence& c) -> Result {
        double total = 0;
        for (const double p : c.difference) total += entropy(p);
        return total;
      }},
    R{{"DifferenceVariance"},
      [](const Cooccurrence& c) -> Result {
        const double mean = expectation(c.difference, [](double k) { return k; });
        return expectation(c.difference, [mean](double k) { return (k - mean) * (k - mean); });
      }},
    R{{"Dissimilarity", State::removed, "it equals DifferenceAverage"}},
    R{{"Homogeneity1", State::removed, "it equals Id"}},
    R{{"Homogeneity2", State::removed, "it equals Idm"}},
    R{{"Id"},
      [](const Cooccurrence& c) -> Result {
        return expectation(c.difference, [](double k) { return 1 / (1 + k); });
      }},
    R{{"Idm"},
      [](const Cooccurrence& c) -> Result {
        return expectation(c.difference, [](double k) { return 1 / (1 + k * k); });
      }},
    R{{"Idmn"},
      [](const Cooccurrence& c) -> Result {
        const double n = c.largest;
        return expectation(c.difference, [n](double k) { return 1 / (1 + k * k / (n * n)); });
      }},
    R{{"Idn"},
      [](const Cooccurrence& c) -> Result {
        return expectation(c.difference, [&](double k) { return 1 / (1 + k / c.largest); });
      }},
    R{{"Imc1"}, information_1},
    R{{"Imc2"}, information_2},
    R{{"InverseVariance"},
      [](const Cooccurrence& c) -> Result {
        return expectation(c.difference, [](double k) { return k > 0 ? 1 / (k * k) : 0.0; });
      }},
    R{{"JointAverage"}, [](const Cooccurrence& c) -> Result { return c.row_mean; }},
    R{{"JointEnergy"}, [](const Cooccurrence& c) -> Result { return c.p.squaredNorm(); }},
    R{{"JointEntropy"}, [](const Cooccurrence& c) -> Result { return c.joint_entropy; }},
    R{{"MCC"}, maximal_correlation},
    R{{"MaximumProbability"}, [](const Cooccurrence& c) -> Result { return c.p.maxCoeff(); }},
    R{{"SumAverage"},
      [](const Cooccurrence& c) -> Result {
        return expectation(c.sum, [](double k) { return k; });
      }},
    R{{"SumEntropy"},
      [](const Cooccurrence& c) -> Result {
        double total = 0;
        for (const double p : c.sum) total += entropy(p);
        return total;
      }},
    R{{"SumSquares"}, [](const Cooccurrence& c) -> Result { return c.row_variance; }},
    R{{"SumVariance", State::removed, "it equals ClusterTendency"}},
};

/// Pairs of grey levels along steps.
class Pairs {
 public:
  explicit Pairs(const Specimen& specimen)
      : specimen_(specimen), place_(static_cast<std::size_t>(specimen.levels.count) + 1, -1) {
    for (const std::int32_t v : specimen.region.voxels) place_[level(v)] = 0;
    for (std::size_t l = 1; l < place_.size(); ++l) {
      if (place_[l] < 0) continue;
      place_[l] = int(levels_.size());
      levels_.push_back(int(l));
    }
  }
  const std::vector<int>& levels() const { return levels_; }
  Matrix count(const Step& step, bool symmetric) const {
    const auto n = levels_.size();
    std::vector<std::uint32_t> counts(n * n, 0);
    const Index offset = specimen_.region.grid.offset(step[0], step[1], step[2]);
    for (const std::int32_t v : specimen_.region.voxels) {
      const std::size_t other = level(v + offset);
      if (other == 0) continue;
      ++counts[static_cast<std::size_t>(place_[other]) * n +
               static_cast<std::size_t>(place_[level(v)])];
    }
    Matrix matrix(n, n);
    std::copy(counts.begin(), counts.end(), matrix.data());  // column by column
    if (symmetric) matrix += matrix.transpose().eval();
    return matrix;
  }

 private:
  std::size_t level(Index v) const { return specimen_.levels.volume[static_cast<std::size_t>(v)]; }
  const Specimen& specimen_;
  std::vector<int> place_, levels_;
};

std::vector<Measured> measure(const Specimen& specimen, const std::vector<std::string>& names) {
  Means<Cooccurrence> means(table, names);
  if (specimen.levels.overflow) return means.take(reason::too_many_levels);
  const Pairs pairs(specimen);
  const Settings& settings = specimen.settings;
  const auto n = pairs.levels().size();
  if (n > most_levels) return means.take(reason::too_many_levels);
  Matrix merged = Matrix::Zero(Index(n), Index(n));
  for (const Step& step : specimen.half_steps) {
    const Matrix counts = pairs.count(step, settings.symmetrical_glcm);
    if (!settings.weighting_norm.empty()) {
      const double length = length_of(step, specimen.region.grid.spacing, settings.weighting_norm);
      merged +=
          counts * (settings.weighting_norm == "no_weighting" ? 1.0 : math::exp(-length * length));
    } else if (counts.maxCoeff() > 0) {
      means.add(Cooccurrence(pairs.levels(), counts));
    }
  }
  if (merged.maxCoeff() > 0) means.add(Cooccurrence(pairs.levels(), merged));
  return means.take();
}

}  // namespace

const ClassTable& glcm_class() {
  static const ClassTable made{info_of<Cooccurrence>("glcm", table), measure};
  return made;
}

}  // namespace vitrine::radiomics::pyradiomics
