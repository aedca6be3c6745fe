#include <algorithm>
#include <array>
#include <cmath>
#include <numeric>

#include "vitrine/core/math.hpp"
#include "vitrine/radiomics/detail/cooccurrence.hpp"
#include "vitrine/radiomics/detail/count_matrix.hpp"
#include "vitrine/radiomics/detail/texture.hpp"

namespace vitrine::radiomics {
namespace {

/// Matrices are dense: 13 passes over 1024^2 counts still take less than a tenth of a second.
constexpr int most_levels = 1024;

/// What the features need of one symmetric co-occurrence matrix p, i and j from 1 to N_g.
///
/// Apart from the joint maximum, second moment and entropy, everything follows from the
/// distributions of i, of i + j and of |i - j|.
struct Cooccurrence {
  int levels = 0;                  ///< N_g
  std::vector<double> marginal;    ///< p(i), at i - 1
  std::vector<double> sum;         ///< p(i + j), at i + j
  std::vector<double> difference;  ///< p(|i - j|), at |i - j|
  double joint_maximum = 0, second_moment = 0;
  double joint_entropy = 0, marginal_entropy = 0, sum_entropy = 0, difference_entropy = 0;
  double mean = 0, variance = 0;  ///< of i
};

/// The evidence of p = (counts + transposed counts) / total; false if there are no pairs.
bool summarise(const CooccurrenceCounts& counts, Cooccurrence& out) {
  const std::size_t n = static_cast<std::size_t>(counts.levels());
  const CountEntropy& entropy = count_entropy();
  std::vector<std::uint64_t> marginal(n, 0), sum(2 * n + 1, 0), difference(n, 0);
  std::uint64_t largest = 0;
  double squares = 0, entropies = 0;
  for (std::size_t i = 1; i <= n; ++i)
    for (std::size_t j = 1; j <= i; ++j) {
      const std::uint64_t pairs = counts.pairs(i, j);
      if (pairs == 0) continue;
      const std::uint64_t both = i == j ? 1 : 2;  // (i, j) and (j, i) hold `pairs` each
      largest = std::max(largest, pairs);
      squares += double(both) * double(pairs) * double(pairs);
      entropies += double(both) * entropy(pairs);
      marginal[i - 1] += pairs;
      if (i != j) marginal[j - 1] += pairs;
      sum[i + j] += both * pairs;
      difference[i - j] += both * pairs;
    }
  const auto total_count = std::accumulate(marginal.begin(), marginal.end(), std::uint64_t{0});
  if (total_count == 0) return false;

  const double total = double(total_count);
  const auto normalised = [&](const std::vector<std::uint64_t>& whole) {
    std::vector<double> p(whole.size());
    for (std::size_t i = 0; i < p.size(); ++i) p[i] = double(whole[i]) / total;
    return p;
  };
  out.levels = int(n);
  out.marginal = normalised(marginal);
  out.sum = normalised(sum);
  out.difference = normalised(difference);
  out.joint_maximum = double(largest) / total;
  out.second_moment = squares / (total * total);
  out.joint_entropy = math::log2(total) - entropies / total;
  out.marginal_entropy = entropy.of(marginal, total);
  out.sum_entropy = entropy.of(sum, total);
  out.difference_entropy = entropy.of(difference, total);
  out.mean = out.variance = 0;
  for (std::size_t i = 0; i < n; ++i) out.mean += double(i + 1) * out.marginal[i];
  for (std::size_t i = 0; i < n; ++i) {
    const double d = double(i + 1) - out.mean;
    out.variance += d * d * out.marginal[i];
  }
  return true;
}

double variance_of(const std::vector<double>& p) {
  const double mean = expectation(p, [](double k) { return k; });
  return expectation(p, [mean](double k) { return (k - mean) * (k - mean); });
}

/// E[(i + j - 2 mean)^power]: cluster tendency, shade and prominence.
double cluster(const Cooccurrence& c, int power) {
  return expectation(c.sum, [&](double k) {
    double product = 1;
    for (int n = 0; n < power; ++n) product *= k - 2 * c.mean;
    return product;
  });
}

/// E[i j] = (E[(i + j)^2] - E[(i - j)^2]) / 4.
double autocorrelation(const Cooccurrence& c) {
  const auto square = [](double k) { return k * k; };
  return (expectation(c.sum, square) - expectation(c.difference, square)) / 4;
}

Result correlation(const Cooccurrence& c) {
  if (std::count_if(c.marginal.begin(), c.marginal.end(), [](double p) { return p > 0; }) == 1)
    return 1;  // IBSI's convention for a flat region
  return (cluster(c, 2) - expectation(c.difference, [](double k) { return k * k; })) / 4 /
         c.variance;
}

/// (HXY - HXY1) / HX; p is symmetric, so HXY1 = -sum p(i,j) log2(p(i) p(j)) is 2 HX.
Result information_correlation_1(const Cooccurrence& c) {
  if (c.marginal_entropy <= 0) return Result::undefined(reason::flat_region);
  return (c.joint_entropy - 2 * c.marginal_entropy) / c.marginal_entropy;
}

/// sqrt(1 - exp(-2 (HXY2 - HXY))), HXY2 = -sum p(i) p(j) log2(p(i) p(j)) = 2 HX; zero if
/// independent.
Result information_correlation_2(const Cooccurrence& c) {
  const double information = std::max(0.0, 2 * c.marginal_entropy - c.joint_entropy);
  return std::sqrt(1 - math::exp(-2 * information));
}

using Row = Feature<Cooccurrence>;
constexpr std::array table{
    Row{{"glcm", "glcm.joint_maximum", "GYBY", "1", "max p(i,j)"},
        [](const Cooccurrence& c) -> Result { return c.joint_maximum; }},
    Row{{"glcm", "glcm.joint_average", "60VM", "1", "mu = sum i p(i,j)"},
        [](const Cooccurrence& c) -> Result { return c.mean; }},
    Row{{"glcm", "glcm.joint_variance", "UR99", "1", "sum (i - mu)^2 p(i,j)"},
        [](const Cooccurrence& c) -> Result { return c.variance; }},
    Row{{"glcm", "glcm.joint_entropy", "TU9B", "bit", "-sum p(i,j) log2 p(i,j)"},
        [](const Cooccurrence& c) -> Result { return c.joint_entropy; }},
    Row{{"glcm", "glcm.difference_average", "TF7R", "1", "sum k p(|i-j| = k)"},
        [](const Cooccurrence& c) -> Result {
          return expectation(c.difference, [](double k) { return k; });
        }},
    Row{{"glcm", "glcm.difference_variance", "D3YU", "1",
         "sum (k - difference average)^2 p(|i-j| = k)"},
        [](const Cooccurrence& c) -> Result { return variance_of(c.difference); }},
    Row{{"glcm", "glcm.difference_entropy", "NTRS", "bit", "-sum p(|i-j| = k) log2 p(|i-j| = k)"},
        [](const Cooccurrence& c) -> Result { return c.difference_entropy; }},
    Row{{"glcm", "glcm.sum_average", "ZGXS", "1", "sum k p(i+j = k)"},
        [](const Cooccurrence& c) -> Result {
          return expectation(c.sum, [](double k) { return k; });
        }},
    Row{{"glcm", "glcm.sum_variance", "OEEB", "1", "sum (k - sum average)^2 p(i+j = k)"},
        [](const Cooccurrence& c) -> Result { return variance_of(c.sum); }},
    Row{{"glcm", "glcm.sum_entropy", "P6QZ", "bit", "-sum p(i+j = k) log2 p(i+j = k)"},
        [](const Cooccurrence& c) -> Result { return c.sum_entropy; }},
    Row{{"glcm", "glcm.angular_second_moment", "8ZQL", "1", "sum p(i,j)^2"},
        [](const Cooccurrence& c) -> Result { return c.second_moment; }},
    Row{{"glcm", "glcm.contrast", "ACUI", "1", "sum (i - j)^2 p(i,j)"},
        [](const Cooccurrence& c) -> Result {
          return expectation(c.difference, [](double k) { return k * k; });
        }},
    Row{{"glcm", "glcm.dissimilarity", "8S9J", "1", "sum |i - j| p(i,j)"},
        [](const Cooccurrence& c) -> Result {
          return expectation(c.difference, [](double k) { return k; });
        }},
    Row{{"glcm", "glcm.inverse_difference", "IB1Z", "1", "sum p(i,j) / (1 + |i - j|)"},
        [](const Cooccurrence& c) -> Result {
          return expectation(c.difference, [](double k) { return 1 / (1 + k); });
        }},
    Row{{"glcm", "glcm.normalised_inverse_difference", "NDRX", "1",
         "sum p(i,j) / (1 + |i - j| / N_g)"},
        [](const Cooccurrence& c) -> Result {
          return expectation(c.difference, [&](double k) { return 1 / (1 + k / c.levels); });
        }},
    Row{{"glcm", "glcm.inverse_difference_moment", "WF0Z", "1", "sum p(i,j) / (1 + (i - j)^2)"},
        [](const Cooccurrence& c) -> Result {
          return expectation(c.difference, [](double k) { return 1 / (1 + k * k); });
        }},
    Row{{"glcm", "glcm.normalised_inverse_difference_moment", "1QCO", "1",
         "sum p(i,j) / (1 + ((i - j) / N_g)^2)"},
        [](const Cooccurrence& c) -> Result {
          return expectation(c.difference, [n = double(c.levels)](double k) {
            return 1 / (1 + (k / n) * (k / n));
          });
        }},
    Row{{"glcm", "glcm.inverse_variance", "E8JP", "1", "sum over i != j of p(i,j) / (i - j)^2"},
        [](const Cooccurrence& c) -> Result {
          return expectation(c.difference, [](double k) { return k > 0 ? 1 / (k * k) : 0; });
        }},
    Row{{"glcm", "glcm.correlation", "NI2N", "1", "(sum i j p(i,j) - mu^2) / joint variance"},
        correlation},
    Row{{"glcm", "glcm.autocorrelation", "QWB0", "1", "sum i j p(i,j)"},
        [](const Cooccurrence& c) -> Result { return autocorrelation(c); }},
    Row{{"glcm", "glcm.cluster_tendency", "DG8W", "1", "sum (i + j - 2 mu)^2 p(i,j)"},
        [](const Cooccurrence& c) -> Result { return cluster(c, 2); }},
    Row{{"glcm", "glcm.cluster_shade", "7NFM", "1", "sum (i + j - 2 mu)^3 p(i,j)"},
        [](const Cooccurrence& c) -> Result { return cluster(c, 3); }},
    Row{{"glcm", "glcm.cluster_prominence", "AE86", "1", "sum (i + j - 2 mu)^4 p(i,j)"},
        [](const Cooccurrence& c) -> Result { return cluster(c, 4); }},
    Row{{"glcm", "glcm.information_correlation_1", "R8DG", "1", "(HXY - HXY1) / HX"},
        information_correlation_1},
    Row{{"glcm", "glcm.information_correlation_2", "JN9H", "1", "sqrt(1 - exp(-2 (HXY2 - HXY)))"},
        information_correlation_2},
};

std::vector<const FeatureInfo*> features() { return infos_of<Cooccurrence>(table); }

void extract_family(Subject& subject, std::vector<FeatureValue>& out) {
  const Aggregation aggregation = subject.settings.glcm;
  const auto measure = [&](Average<Cooccurrence>& average) {
    CooccurrenceCounts counts(subject.region, subject.levels());
    Cooccurrence matrix;
    for_each_matrix(
        subject.region, aggregation,
        [&](Voxels voxels, std::size_t direction) { counts.add(voxels, direction); },
        [&] {
          if (summarise(counts, matrix)) average.add(matrix);
          counts.clear();
        });
  };
  append_texture<Cooccurrence>(table, subject, most_levels, describe(aggregation).id, measure, out);
}

}  // namespace

constinit const Family glcm_family{
    {"glcm", "LFYI", "grey levels of neighbouring voxels"}, features, extract_family};

}  // namespace vitrine::radiomics
