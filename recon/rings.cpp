#include "vitrine/recon/rings.hpp"

#include <Eigen/Dense>
#include <algorithm>
#include <array>
#include <cmath>
#include <span>
#include <utility>
#include <vector>

#include "vitrine/core/parallel.hpp"

namespace vitrine::recon {
namespace {

constexpr Index reach = 11;        // samples to either side of the local cubic
constexpr int fits = 4;            // of the cubic: the first heeds all samples
constexpr int passes = 6;          // of the band about the most frequent value
constexpr double bandwidth = 2.0;  // standard deviations within the band before
constexpr double usual = 2.5;      // standard deviations that offsets have
constexpr double alike = 1.1;      // what both sides share, over what they differ by, of one cell
constexpr Index around = 48;       // samples to either side that tell what offsets are usual

/// Median of absolute values about a sample, as a standard deviation of normal ones.
double usual_size(const std::vector<double>& values, Index j) {
  std::vector<double> near;
  for (Index k = std::max<Index>(0, j - around); k <= std::min(std::ssize(values) - 1, j + around);
       ++k)
    near.push_back(std::abs(values[std::size_t(k)]));
  const auto middle = near.begin() + std::ssize(near) / 2;
  std::nth_element(near.begin(), middle, near.end());
  return 1.4826 * *middle;
}

/// What stands out of the local cubic; 0 near the ends, where there is none. A cubic heeds samples
/// less the farther they stand out of one before it: `spread` of those that do not.
std::vector<double> standing_out(const std::vector<double>& profile) {
  std::vector<double> out(profile.size(), 0.0), weight(profile.size(), 1.0);
  for (int fit = 0; fit < fits; ++fit) {
    for (Index j = reach; j + reach < std::ssize(profile); ++j) {
      Eigen::Matrix4d normal = Eigen::Matrix4d::Zero();
      Eigen::Vector4d right = Eigen::Vector4d::Zero();
      for (Index k = -reach; k <= reach; ++k) {
        const double x = double(k) / double(reach), w = weight[std::size_t(j + k)];
        const Eigen::Vector4d powers(1.0, x, x * x, x * x * x);
        normal += w * powers * powers.transpose();
        right += w * profile[std::size_t(j + k)] * powers;
      }
      out[std::size_t(j)] = profile[std::size_t(j)] - normal.ldlt().solve(right)[0];
    }
    for (Index j = 0; j < std::ssize(profile); ++j) {
      const double spread = std::max(usual_size(out, j), 1e-7);
      const double size = out[std::size_t(j)] / (usual * spread);
      weight[std::size_t(j)] = 1.0 / (1.0 + size * size * size * size);
    }
  }
  return out;
}

/// The profile at -t of every sample, six-point Lagrange; what is beyond the line repeats its end.
std::vector<double> from_the_other_side(const Rebinned& scan, const std::vector<double>& profile) {
  const Index n = std::ssize(profile);
  std::vector<double> out(profile.size());
  for (Index j = 0; j < n; ++j) {
    const double place = -(scan.position(double(j)) + scan.position(0.0)) / scan.spacing();
    const double first = std::floor(place + 1e-9) - 2.0, x = place - first;
    double sum = 0.0;
    for (int i = 0; i < 6; ++i) {
      double w = 1.0;
      for (int k = 0; k < 6; ++k)
        if (k != i) w *= (x - k) / (i - k);
      sum += w * profile[std::size_t(std::clamp<Index>(Index(first) + i, 0, n - 1))];
    }
    out[std::size_t(j)] = sum;
  }
  return out;
}

/// What of a profile of high-passed lines is the cells', and not the object's about the axis.
std::vector<double> offsets(const Rebinned& scan, const std::vector<double>& profile,
                            double largest) {
  const std::vector<double> here = standing_out(profile);
  const std::vector<double> there = standing_out(from_the_other_side(scan, profile));
  std::vector<double> differs(here.size());
  for (std::size_t j = 0; j < here.size(); ++j) differs[j] = 0.5 * (here[j] - there[j]);
  std::vector<double> found(here.size(), 0.0);
  for (Index j = 0; j < std::ssize(here); ++j) {
    const auto at = std::size_t(j);
    if (std::abs(here[at]) > largest) continue;
    const double limit = std::max(usual * usual_size(differs, j), alike * std::abs(differs[at]));
    const double shared = 0.5 * (here[at] + there[at]);
    if (limit > 0.0) found[at] = here[at] * std::clamp(2.0 - std::abs(shared) / limit, 0.0, 1.0);
  }
  return found;
}

/// A line less the local cubic of every sample: [sample][row]. (The smoothing weights of quadratic
/// and cubic agree.)
void high_pass(std::span<const float> line, Index samples, Index stride, Index rows,
               std::span<float> out) {
  std::array<float, 2 * reach + 1> weights{};
  constexpr auto m = double(reach);
  for (Index k = -reach; k <= reach; ++k)
    weights[std::size_t(k + reach)] =
        float(-3.0 * (3.0 * m * m + 3.0 * m - 1.0 - 5.0 * double(k * k)) /
              ((2.0 * m + 3.0) * (2.0 * m + 1.0) * (2.0 * m - 1.0)));
  weights[std::size_t(reach)] += 1.0f;
  std::ranges::fill(out, 0.0f);
  for (Index j = reach; j + reach < samples; ++j) {
    float* const to = out.data() + j * rows;
    for (Index k = -reach; k <= reach; ++k) {
      const float* const from = line.data() + (j + k) * stride;
      const float w = weights[std::size_t(k + reach)];
      for (Index r = 0; r < rows; ++r) to[r] += w * from[r];
    }
  }
}

/// The most frequent value of high-passed lines at every sample, [sample][row]: means of what lies
/// within a band about the mean before, which narrows. Edges pass a sample in some lines alone.
std::vector<double> usual_values(const Rebinned& scan, Index height, Index lines) {
  const Index half = scan.angles() / 2, heights = scan.spots().heights();
  const Index rows = scan.rows(), cells = scan.samples() * rows;
  const Index count = (lines - height + heights - 1) / heights;
  std::vector<double> mean(std::size_t(cells), 0.0), band(std::size_t(cells), 1e30);
  constexpr Index blocks = 16;  // whose sums are added in their order
  for (int pass = 0; pass < passes; ++pass) {
    struct Sums {
      std::vector<double> n, sum, squares;
    };
    std::vector<Sums> all(static_cast<std::size_t>(blocks));
    parallel_for(blocks, [&](Index block) {
      Sums& mine = all[std::size_t(block)];
      for (auto* of : {&mine.n, &mine.sum, &mine.squares}) of->assign(std::size_t(cells), 0.0);
      std::vector<float> high(static_cast<std::size_t>(cells));
      for (Index i = block * count / blocks; i < (block + 1) * count / blocks; ++i) {
        const Index n = height + i * heights;
        high_pass(scan.line(n / half, n % half), scan.samples(), scan.padded_rows(), rows, high);
        for (std::size_t c = 0; c < high.size(); ++c) {
          const double off = double(high[c]) - mean[c];
          const double u = off / band[c], root = 1.0 / (1.0 + u * u), w = root * root;
          mine.n[c] += w;
          mine.sum[c] += w * off;
          mine.squares[c] += w * off * off;
        }
      }
    });
    for (std::size_t c = 0; c < mean.size(); ++c) {
      double n = 0.0, sum = 0.0, squares = 0.0;
      for (const Sums& of : all) {
        n += of.n[c];
        sum += of.sum[c];
        squares += of.squares[c];
      }
      if (n == 0.0) continue;
      band[c] = bandwidth * std::sqrt(std::max(squares / n - (sum / n) * (sum / n), 1e-14));
      mean[c] += sum / n;
    }
  }
  return mean;
}

}  // namespace

const Schema<RingCorrection>& RingCorrection::schema() {
  static const auto s =
      Schema<RingCorrection>("rings", "What cells add to all views alike is taken away")
          .optional("strength", &RingCorrection::strength, unit::percent,
                    "share of what is found that is taken away")
          .between(0, 100)
          .optional("largest", &RingCorrection::largest,
                    "line integral: what stands out of its neighbours by more is no drift, and "
                    "stays")
          .between(1e-4, 1);
  return s;
}

void correct_rings(Rebinned& scan, const RingCorrection& how) {
  if (how.strength == 0.0) return;
  const Index half = scan.angles() / 2, samples = scan.samples(), rows = scan.rows();
  const Index stride = scan.padded_rows(), heights = scan.spots().heights();
  // Whole turns, where there is one: whatever lies beside the axis is seen from all sides.
  const Index turns = scan.lines() / scan.angles();
  const Index lines = turns > 0 ? turns * scan.angles() : scan.lines();
  for (Index height = 0; height < heights; ++height) {
    std::vector<double> found = usual_values(scan, height, lines);  // [sample][row]
    parallel_for(rows, [&](Index r) {
      std::vector<double> profile;
      for (Index j = 0; j < samples; ++j) profile.push_back(found[std::size_t(j * rows + r)]);
      profile = offsets(scan, profile, how.largest);
      for (Index j = 0; j < samples; ++j)
        found[std::size_t(j * rows + r)] = profile[std::size_t(j)];
    });
    parallel_for((scan.lines() - height + heights - 1) / heights, [&](Index i) {
      const Index n = height + i * heights;
      const std::span<float> line = scan.line(n / half, n % half);
      for (Index j = 0; j < samples; ++j)
        for (Index r = 0; r < rows; ++r)
          line[std::size_t(j * stride + r)] -=
              float(how.strength * found[std::size_t(j * rows + r)]);
    });
  }
}

}  // namespace vitrine::recon
