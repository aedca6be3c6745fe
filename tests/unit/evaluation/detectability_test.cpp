#include <catch2/catch.hpp>
#include <cmath>
#include <numbers>

#include "vitrine/core/math.hpp"
#include "vitrine/core/random.hpp"
#include "vitrine/evaluation/image_quality/detectability.hpp"

using namespace vitrine;
using namespace vitrine::evaluation;

namespace {

constexpr double pi = std::numbers::pi;

Imaging sharp_and_white(double nps, double highest) {
  return {[](double) { return 1.0; }, [nps](double) { return nps; }, highest};
}

Imaging blurred_and_white(double s, double nps) {
  return {[s](double f) { return math::exp(-2 * pi * pi * s * s * f * f); },
          [nps](double) { return nps; }, 1.0};
}

}  // namespace

TEST_CASE("in white noise NPW sees contrast sqrt(area / NPS)") {
  // Up to 40 /mm; what lies above is 4 / (pi^2 d f) = 0.1 % of the disc's energy.
  const DiscTask task{10.0, 7.0};
  const double expected = 7.0 * std::sqrt(0.25 * pi * 100.0 / 30.0);
  CHECK(npw_detectability(task, sharp_and_white(30.0, 40.0)) == Approx(expected).epsilon(0.002));
}

TEST_CASE("d' grows with contrast and falls with the root of the noise, for every observer") {
  const auto channels = gabor_channels(0.5), dog = dense_dog_channels(0.5);
  const auto all = [&](double contrast, double nps) {
    const DiscTask task{6.0, contrast};
    const Imaging imaging = blurred_and_white(0.5, nps);
    const auto cho = [&](const std::vector<Channel>& c) {
      return cho_detectability(channel_signal(c, task, imaging), channel_covariance(c, imaging),
                               0.0, 0);
    };
    return std::vector<double>{npw_detectability(task, imaging),
                               npwe_detectability(task, imaging, {}), cho(channels), cho(dog)};
  };
  const auto base = all(5.0, 40.0), more = all(10.0, 40.0), noisy = all(5.0, 160.0);
  for (std::size_t i = 0; i < base.size(); ++i) {
    CAPTURE(i);
    CHECK(base[i] > 0.5);
    CHECK(more[i] == Approx(2.0 * base[i]).epsilon(1e-9));
    CHECK(noisy[i] == Approx(0.5 * base[i]).epsilon(1e-9));
    CHECK(base[i] <= base[0] * (1.0 + 1e-6));  // in white noise NPW is the ideal observer
  }
  CHECK(base[3] > 0.9 * base[0]);  // dense channels lose little of a smooth signal
}

TEST_CASE("NPWE whitens noise that is the inverse square of the eye's filter") {
  const EyeFilter eye;
  const DiscTask task{4.0, 10.0};
  Imaging imaging = blurred_and_white(0.4, 1.0);
  imaging.nps = [&](double f) { return 25.0 / (eye.at(f) * eye.at(f)); };
  double ideal = 0.0;  // integral of W^2 T^2 / N
  const double df = 1e-4;
  for (double f = 0.5 * df; f < imaging.highest; f += df) {
    const double s = task.transform(f) * imaging.mtf(f);
    ideal += 2 * pi * f * df * s * s / imaging.nps(f);
  }
  CHECK(npwe_detectability(task, imaging, eye) == Approx(std::sqrt(ideal)).epsilon(1e-3));
}

TEST_CASE("the eye's filter peaks at four cycles per degree") {
  const EyeFilter eye;
  const double f = 4.0 / (500.0 * pi / 180.0);
  CHECK(eye.at(f) > eye.at(0.98 * f));
  CHECK(eye.at(f) > eye.at(1.02 * f));
  CHECK(eye.at(0.0) == 0.0);
}

TEST_CASE("a channel in space is the transform of the channel in frequency") {
  const double pixel = 0.5;
  for (const auto& channels : {dense_dog_channels(pixel), gabor_channels(pixel)})
    for (const std::size_t m : {std::size_t(5), channels.size() - 1}) {
      const Channel& c = channels[m];
      for (const auto& [u, v] :
           {std::pair(0.0, 0.0), std::pair(0.12, 0.07), std::pair(0.3, -0.1)}) {
        double sum = 0.0;
        for (int j = -120; j <= 120; ++j)
          for (int i = -120; i <= 120; ++i) {
            const double x = 0.5 * i, y = 0.5 * j;
            sum += 0.25 * c.space(x, y) * std::cos(2 * pi * (u * x + v * y));
          }
        CAPTURE(m, u, v);
        CHECK(sum == Approx(c.frequency(u, v)).margin(2e-3));
      }
    }
}

TEST_CASE("internal noise of a channel divides d'^2 by 1 + its share") {
  Eigen::VectorXd s(1);
  s << 3.0;
  Eigen::MatrixXd k(1, 1);
  k << 4.0;
  CHECK(cho_detectability(s, k, 0.0, 0) == Approx(1.5));
  CHECK(cho_detectability(s, k, 1.25, 0) == Approx(1.0));
}

TEST_CASE("channel covariances of sampled white noise are the spectrum's") {
  const double pixel = 0.5, sd = 10.0;
  const Index size = 48;
  const auto gabor = gabor_channels(pixel);
  // The two highest bands, which are local enough for the region.
  const std::vector<Channel> channels(gabor.begin() + 10, gabor.end());
  Rng rng(make_stream(7, "channels", Draw::test), 0);
  std::vector<std::vector<double>> regions(300);
  for (auto& region : regions)
    for (Index p = 0; p < size * size; ++p) region.push_back(sd * rng.normal());
  const Imaging imaging = sharp_and_white(sd * sd * pixel * pixel, 0.5 / pixel);
  const Eigen::MatrixXd model = channel_covariance(channels, imaging);
  const Eigen::MatrixXd sampled = sampled_covariance(channels, regions, size, pixel);
  for (Index m = 0; m < model.rows(); ++m)
    CHECK(sampled(m, m) == Approx(model(m, m)).epsilon(0.35));  // 4 sigma of 300 samples
  CHECK(sampled.trace() == Approx(model.trace()).epsilon(0.1));
  const Eigen::VectorXd signal = channel_signal(channels, {3.0, 10.0}, imaging);
  CHECK(cho_detectability(signal, sampled, 0.0, 300) ==
        Approx(cho_detectability(signal, model, 0.0, 0)).epsilon(0.1));
  const auto disc = imaged_disc({3.0, 10.0}, blurred_and_white(0.5, 1.0), size, pixel);
  const Eigen::VectorXd blurred =
      channel_signal(channels, {3.0, 10.0}, blurred_and_white(0.5, 1.0));
  const Eigen::VectorXd seen = region_response(channels, disc, size, pixel);
  for (Index m = 0; m < seen.size(); ++m)
    CHECK(seen[m] == Approx(blurred[m]).margin(0.01 * blurred.cwiseAbs().maxCoeff()));
  CHECK_THROWS_WITH(cho_detectability(signal, sampled, 0.0, 12), Catch::Contains("too few"));
}
