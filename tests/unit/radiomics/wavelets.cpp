#include <cmath>
#include <numbers>

#include "filter_support.hpp"
#include "vitrine/core/parallel.hpp"
#include "vitrine/radiomics/filters/detail/separable.hpp"
#include "vitrine/radiomics/filters/detail/wavelet_families.hpp"

using namespace vitrine;
using namespace vitrine::radiomics;
using namespace vitrine::radiomics::test;

namespace {

using Parameters = std::vector<std::pair<const char*, Value>>;
using std::numbers::pi;

Pick<ImageFilter> filter_of(const Parameters& parameters) {
  Value node;
  for (const auto& [key, value] : parameters) node.set(key, value);
  Diagnostics problems;
  auto filter = image_filters().make(node, problems);
  INFO(to_json(node));
  REQUIRE(problems.ok());
  return filter;
}
Image respond(const Parameters& parameters, const Image& image) {
  return filter_of(parameters)->apply(image, Isa::portable);
}

double energy(const Image& image) {
  double sum = 0;
  for (const float x : image.values()) sum += double(x) * double(x);
  return sum;
}

double largest(const Image& image) {
  double value = 0;
  for (const float x : image.values()) value = std::max(value, std::abs(double(x)));
  return value;
}

/// cos or sin of a wave with `n` periods along each axis of `size` voxels, 100 HU high.
template <class Function>
Image wave(std::array<Index, 3> size, Vec3 n, Function function) {
  Image image(Grid{size, Vec3::Ones(), Vec3::Zero(), Mat3::Identity()});
  for (Index k = 0; k < size[2]; ++k)
    for (Index j = 0; j < size[1]; ++j)
      for (Index i = 0; i < size[0]; ++i)
        image(i, j, k) = float(100 * function(2 * pi *
                                              (n[0] * double(i) / double(size[0]) +
                                               n[1] * double(j) / double(size[1]) +
                                               n[2] * double(k) / double(size[2]))));
  return image;
}

/// Where each voxel goes: moved by `step`, round the edges.
Image moved(const Image& image, std::array<Index, 3> step) {
  Image out(image.grid());
  const auto& size = image.grid().size;
  for (Index k = 0; k < size[2]; ++k)
    for (Index j = 0; j < size[1]; ++j)
      for (Index i = 0; i < size[0]; ++i)
        out((i + step[0]) % size[0], (j + step[1]) % size[1], (k + step[2]) % size[2]) =
            image(i, j, k);
  return out;
}

Value order(std::array<int, 3> l) {
  return Value(Value::List{double(l[0]), double(l[1]), double(l[2])});
}

/// All orders of one sum.
std::vector<std::array<int, 3>> orders(int sum) {
  std::vector<std::array<int, 3>> all;
  for (int i = 0; i <= sum; ++i)
    for (int j = 0; i + j <= sum; ++j) all.push_back({i, j, sum - i - j});
  return all;
}

std::string problems_of(const Parameters& parameters) {
  Value node;
  for (const auto& [key, value] : parameters) node.set(key, value);
  Diagnostics problems;
  image_filters().make(node, problems);
  std::string text;
  for (const auto& entry : problems.entries()) text += entry.message + '\n';
  return text;
}

/// Sizes of an even, an odd and a prime number of voxels.
constexpr std::array<Index, 3> size{24, 21, 17};

}  // namespace

TEST_CASE("a wavelet's filters are orthonormal, and its high-pass is blind to polynomials") {
  // What defines them, to rounding: sum h = sqrt 2; h and g are orthonormal to their even shifts;
  // and sum g[i] i^p = 0 for all p below the number of vanishing moments.
  for (const WaveletFamily& family : wavelet_families()) {
    INFO(family.name);
    const auto h = family.low_pass;
    const auto g = high_pass(h);
    const auto n = std::ssize(h);
    double sum = 0;
    for (const double x : h) sum += x;
    CHECK(sum == Approx(std::sqrt(2.0)).epsilon(1e-15));
    for (Index shift = 2 - n; shift < n; shift += 2) {
      double own = 0, other = 0;
      for (Index i = std::max<Index>(0, -shift); i < std::min(n, n - shift); ++i) {
        own += h[std::size_t(i)] * h[std::size_t(i + shift)];
        other += h[std::size_t(i)] * g[std::size_t(i + shift)];
      }
      CHECK(own == Approx(shift == 0 ? 1 : 0).margin(1e-15));
      CHECK(std::abs(other) < 1e-15);
    }
    const bool is_coiflet = family.name.starts_with("coif");
    const Index moments = is_coiflet ? n / 3 : n / 2;
    const auto moment = [&](std::span<const double> filter, double middle, Index p) {
      double value = 0, scale = 0;
      for (std::size_t i = 0; i < filter.size(); ++i) {
        const double term = filter[i] * std::pow(double(i) - middle, double(p));
        value += term;
        scale += std::abs(term);
      }
      return std::abs(value) / scale;
    };
    for (Index p = 0; p < moments; ++p) CHECK(moment(g, double(n - 1) / 2, p) < 1e-14);
    if (is_coiflet)  // so are the scaling function's, about the voxel it stands at
      for (Index p = 1; p < moments; ++p) CHECK(moment(h, double(2 * n / 3 - 1), p) < 1e-14);
  }
}

TEST_CASE("the response to an impulse is the filters, their middle at coefficient n / 2") {
  Image impulse(Grid{{9, 9, 9}, Vec3::Ones(), Vec3::Zero(), Mat3::Identity()});
  impulse(4, 4, 4) = 1;
  // Haar's g = (-1, 1) / sqrt 2 and h = (1, 1) / sqrt 2 at offsets -1 and 0; at level 2 at -2 and
  // 0, after h.
  const double third = std::sqrt(0.125);
  const Image one = respond(
      {{"kind", "wavelet"}, {"family", "haar"}, {"bands", "HLL"}, {"padding", "zero"}}, impulse);
  const Image two = respond({{"kind", "wavelet"},
                             {"family", "haar"},
                             {"bands", "HLL"},
                             {"level", 2.0},
                             {"padding", "zero"}},
                            impulse);
  for (Index k = 0; k < 9; ++k)
    for (Index j = 0; j < 9; ++j)
      for (Index i = 0; i < 9; ++i) {
        const auto within = [](Index at, Index width) { return at > 4 - width && at <= 4; };
        const bool near = within(i, 2) && within(j, 2) && within(k, 2);
        REQUIRE(one(i, j, k) == Approx(near ? (i == 4 ? third : -third) : 0).margin(1e-7));
        const bool about = within(i, 4) && within(j, 4) && within(k, 4);
        REQUIRE(two(i, j, k) == Approx(about ? (i >= 3 ? 0.125 : -0.125) : 0).margin(1e-7));
      }
}

TEST_CASE("all sub-bands of a level give back what was split into them") {
  // |H|^2 + |G|^2 = 2 on each of three axes: analysis, then the same filters turned round, over 8.
  const Image image = noise_image({24, 17, 16});
  for (const char* family : {"haar", "db3", "coif1"}) {
    const auto low = wavelet_family(family).low_pass;
    const auto high = high_pass(low);
    for (const Index level : {1, 2}) {
      INFO(family << ", level " << level);
      const auto filtered = [&](const std::string& bands, Index of_level) {
        return respond({{"kind", "wavelet"},
                        {"family", family},
                        {"bands", bands},
                        {"level", double(of_level)},
                        {"padding", "periodic"}},
                       image);
      };
      const auto synthesis = [&](char band) {
        Kernel kernel;
        kernel.taps.assign((low.size() - 1) * std::size_t(level) + 1, 0.0);
        for (std::size_t i = 0; i < low.size(); ++i)
          kernel.taps[i * std::size_t(level)] = band == 'L' ? low[i] : high[i];
        kernel.centre = std::ssize(low) / 2 * level;
        return reversed(kernel);
      };
      Image sum(image.grid());
      for (const char* bands : {"LLL", "HLL", "LHL", "HHL", "LLH", "HLH", "LHH", "HHH"}) {
        const KernelTriple back{synthesis(bands[0]), synthesis(bands[1]), synthesis(bands[2])};
        const Image part = convolve(filtered(bands, level), {&back, 1}, Dimensions::volume,
                                    RotationPooling::none, Padding::periodic, Isa::portable);
        for (std::size_t v = 0; v < sum.values().size(); ++v)
          sum.values()[v] += part.values()[v] / 8;
      }
      const Image whole = level == 1 ? image : filtered("LLL", 1);
      CHECK(largest_difference(sum, whole) < 1e-6 * 8 * largest(whole));
    }
  }
}

TEST_CASE("wavelets see no constant, but with all low-pass, which scales it by its gain") {
  const Image flat(Grid{size, Vec3::Ones(), Vec3::Zero(), Mat3::Identity()}, -1000.0f);
  for (const char* padding : {"nearest", "periodic", "mirror"}) {
    for (const char* bands : {"HLL", "LHL", "LLH", "HHH"})
      CHECK(largest(respond({{"kind", "wavelet"},
                             {"family", "db3"},
                             {"bands", bands},
                             {"level", 2.0},
                             {"padding", padding}},
                            flat)) < 1e-6 * 1000 * 64);
    const Image low = respond({{"kind", "wavelet"},
                               {"family", "db3"},
                               {"bands", "LLL"},
                               {"level", 2.0},
                               {"padding", padding}},
                              flat);
    for (const float x : low.values()) REQUIRE(x == Approx(-1000 * 64 / 8).epsilon(1e-6));
    for (const char* frequencies : {"ibsi", "exact"})
      CHECK(largest(respond({{"kind", "simoncelli"},
                             {"level", 2.0},
                             {"frequencies", frequencies},
                             {"padding", padding}},
                            flat)) < 1e-6 * 1000);
  }
}

TEST_CASE("responses move with a periodic image") {
  const Image image = noise_image(size);
  const std::array<Index, 3> step{5, 20, 3};
  for (const Parameters& parameters :
       {Parameters{{"kind", "wavelet"},
                   {"family", "db2"},
                   {"bands", "LHL"},
                   {"level", 2.0},
                   {"padding", "periodic"}},
        Parameters{{"kind", "simoncelli"}, {"level", 2.0}},
        Parameters{{"kind", "simoncelli"}, {"frequencies", "exact"}, {"riesz", order({1, 1, 0})}},
        Parameters{{"kind", "log"},
                   {"sigma_mm", 1.5},
                   {"padding", "periodic"},
                   {"riesz", order({0, 0, 1})}}}) {
    const Image response = respond(parameters, image);
    CHECK(largest_difference(respond(parameters, moved(image, step)), moved(response, step)) <
          1e-6 * largest(response));
  }
}

TEST_CASE("a pooled wavelet of even length turns with the image, as does a Simoncelli wavelet") {
  const Image image = noise_image({15, 13, 11});
  for (const Parameters& parameters : {Parameters{{"kind", "wavelet"},
                                                  {"family", "db2"},
                                                  {"bands", "LLH"},
                                                  {"rotation_invariance", "average"}},
                                       Parameters{{"kind", "wavelet"},
                                                  {"family", "haar"},
                                                  {"bands", "LHH"},
                                                  {"level", 2.0},
                                                  {"rotation_invariance", "max"}},
                                       Parameters{{"kind", "simoncelli"},
                                                  {"level", 2.0},
                                                  {"frequencies", "exact"},
                                                  {"padding", "mirror"}}}) {
    const Image response = respond(parameters, image);
    for (const Rotation& rotation : right_angle_rotations(Dimensions::volume))
      REQUIRE(largest_difference(respond(parameters, rotated(image, rotation)),
                                 rotated(response, rotation)) < 1e-5 * largest(response));
  }
}

TEST_CASE("the bands of neighbouring Simoncelli levels share a wave's energy") {
  const auto band = [](int level, const Image& image) {
    return respond({{"kind", "simoncelli"}, {"level", double(level)}, {"frequencies", "exact"}},
                   image);
  };
  // |nu| is between pi/8, the middle of level 3, and pi/2, that of level 1.
  for (const Vec3& n :
       {Vec3(3, 0, 0), Vec3(2, 2, 1), Vec3(5, 3, 0), Vec3(-4, 2, 3), Vec3(0, 0, 8)}) {
    const Image image = wave({32, 32, 32}, n, [](double t) { return std::cos(t + 0.3); });
    double shared = 0;
    for (const int level : {1, 2, 3}) shared += energy(band(level, image));
    CHECK(shared == Approx(energy(image)).epsilon(1e-6));
  }
  // A wave in the middle of a band passes as it is, and its neighbours see nothing of it.
  const Image middle = wave({32, 32, 32}, Vec3(4, 0, 0), [](double t) { return std::cos(t); });
  CHECK(largest_difference(band(2, middle), middle) < 1e-4);
  for (const int level : {1, 3}) CHECK(largest(band(level, middle)) < 1e-4);
}

TEST_CASE("IBSI's frequencies are n numbers from -pi to pi") {
  const auto band = [](double r) { return std::cos(pi / 2 * std::log2(2 * r / pi)); };
  const auto gain = [](Index n, double periods) {
    const Image image = wave({n, n, n}, Vec3(periods, 0, 0), [](double t) { return std::cos(t); });
    const Image response = respond({{"kind", "simoncelli"}, {"level", 1.0}}, image);
    const double factor = double(response(0, 0, 0)) / double(image(0, 0, 0));
    for (std::size_t v = 0; v < image.values().size(); ++v)
      REQUIRE(response.values()[v] == Approx(factor * image.values()[v]).margin(1e-4));
    return factor;
  };
  CHECK(gain(33, 8) == Approx(1).epsilon(1e-6));  // 2 pi 8 / 32 is the band's middle
  CHECK(gain(33, 5) == Approx(band(2 * pi * 5 / 32)).epsilon(1e-6));
  // Of even n the mean's frequency is pi / (n - 1) along each axis: half a step off.
  const double off = pi / 31;
  const auto length = [&](double periods) {
    const double x = 2 * pi * periods / 31 + off;
    return std::sqrt(x * x + 2 * off * off);
  };
  CHECK(gain(32, 6) == Approx((band(length(6)) + band(length(-6))) / 2).epsilon(1e-6));
}

TEST_CASE("with mirror padding a spectrum is that of the image and its mirror images") {
  const Image image = noise_image({12, 9, 10});
  Image doubled(Grid{{24, 18, 20}, Vec3::Ones(), Vec3::Zero(), Mat3::Identity()});
  const auto& half = image.grid().size;
  const auto fold = [](Index i, Index n) { return i < n ? i : 2 * n - 1 - i; };
  for (Index k = 0; k < 20; ++k)
    for (Index j = 0; j < 18; ++j)
      for (Index i = 0; i < 24; ++i)
        doubled(i, j, k) = image(fold(i, half[0]), fold(j, half[1]), fold(k, half[2]));
  for (const std::array<int, 3>& l : {std::array{1, 0, 0}, {0, 1, 1}}) {
    const Image whole =
        respond({{"kind", "simoncelli"}, {"frequencies", "exact"}, {"riesz", order(l)}}, doubled);
    const Image part = respond({{"kind", "simoncelli"},
                                {"frequencies", "exact"},
                                {"riesz", order(l)},
                                {"padding", "mirror"}},
                               image);
    for (Index k = 0; k < half[2]; ++k)
      for (Index j = 0; j < half[1]; ++j)
        for (Index i = 0; i < half[0]; ++i)
          REQUIRE(part(i, j, k) == Approx(whole(i, j, k)).margin(1e-6 * 500));
  }
}

TEST_CASE("Riesz transforms of one order share the energy of what they transform") {
  // sum over l of L! / l! nu^(2 l) / |nu|^(2 L) = 1. Level 2 leaves out the mean and the highest
  // frequencies, at which odd transforms of even lengths have no value.
  const Image image = noise_image(size);
  const Image plain =
      respond({{"kind", "simoncelli"}, {"level", 2.0}, {"frequencies", "exact"}}, image);
  for (const int sum : {1, 2, 3, 5}) {
    double shared = 0;
    for (const auto& l : orders(sum))
      shared += energy(respond(
          {{"kind", "simoncelli"}, {"level", 2.0}, {"frequencies", "exact"}, {"riesz", order(l)}},
          image));
    CHECK(shared == Approx(energy(plain)).epsilon(1e-6));
  }
}

TEST_CASE("a Riesz transform of first order shifts a wave by a quarter of its period") {
  const Vec3 n(6, 4, 2);
  const Image cosine = wave({32, 32, 32}, n, [](double t) { return std::cos(t); });
  const Image sine = wave({32, 32, 32}, n, [](double t) { return std::sin(t); });
  const Parameters plain{{"kind", "simoncelli"}, {"frequencies", "exact"}};
  const double gain = std::sqrt(energy(respond(plain, cosine)) / energy(cosine));
  for (std::size_t a = 0; a < 3; ++a) {
    std::array<int, 3> l{};
    l[a] = 1;
    const Image response =
        respond({{"kind", "simoncelli"}, {"frequencies", "exact"}, {"riesz", order(l)}}, cosine);
    const double factor = gain * n[Index(a)] / n.norm();
    for (std::size_t v = 0; v < sine.values().size(); ++v)
      REQUIRE(response.values()[v] == Approx(factor * sine.values()[v]).margin(1e-4));
  }
}

TEST_CASE("Riesz transforms turn with the image, odd ones changing sign with an axis") {
  const Image image = noise_image({12, 10, 9});
  const auto transform = [](const Image& of, std::array<int, 3> l) {
    return respond(
        {{"kind", "log"}, {"sigma_mm", 1.0}, {"riesz", order(l)}, {"frequencies", "exact"}}, of);
  };
  for (const std::array<int, 3>& l : {std::array{1, 0, 0}, {0, 2, 0}, {1, 2, 0}}) {
    const Image response = transform(image, l);
    for (const Rotation& rotation : right_angle_rotations(Dimensions::volume)) {
      std::array<int, 3> turned{};
      float sign = 1;
      for (std::size_t a = 0; a < 3; ++a) {
        turned[rotation.axis[a]] = l[a];
        if (rotation.flipped[a] && l[a] % 2 == 1) sign = -sign;
      }
      Image expected = rotated(response, rotation);
      for (float& x : expected.values()) x *= sign;
      REQUIRE(largest_difference(transform(rotated(image, rotation), turned), expected) <
              1e-5 * largest(response));
    }
  }
}

TEST_CASE("in 2d, wavelets filter each slice as if it were alone") {
  const Image image = noise_image({18, 16, 3});
  for (const Parameters& parameters :
       {Parameters{{"kind", "wavelet"}, {"family", "db2"}, {"bands", "LH"}, {"dimensions", "2d"}},
        Parameters{{"kind", "simoncelli"}, {"dimensions", "2d"}, {"padding", "nearest"}},
        Parameters{{"kind", "log"},
                   {"sigma_mm", 1.0},
                   {"dimensions", "2d"},
                   {"riesz", Value(Value::List{1.0, 1.0})}}}) {
    const Image response = respond(parameters, image);
    for (Index k = 0; k < 3; ++k) {
      Image slice(Grid{{18, 16, 1}, Vec3::Ones(), Vec3::Zero(), Mat3::Identity()});
      const auto from = image.values().subspan(std::size_t(k) * 288, 288);
      std::copy(from.begin(), from.end(), slice.values().begin());
      const Image alone = respond(parameters, slice);
      for (std::size_t v = 0; v < 288; ++v)
        REQUIRE(alone.values()[v] == response.values()[std::size_t(k) * 288 + v]);
    }
  }
}

TEST_CASE("wavelets have the same bits on one thread and on all") {
  const Image image = noise_image({37, 24, 19});
  for (const Parameters& parameters :
       {Parameters{{"kind", "wavelet"},
                   {"family", "coif1"},
                   {"bands", "HLL"},
                   {"rotation_invariance", "average"}},
        Parameters{{"kind", "simoncelli"}, {"padding", "mirror"}, {"riesz", order({0, 1, 1})}},
        Parameters{{"kind", "simoncelli"}, {"dimensions", "2d"}}}) {
    const Image parallel = respond(parameters, image);
    std::array<Image, 2> serial{image, image};  // a loop within a loop runs on one thread
    const auto filter = filter_of(parameters);
    parallel_for(2, [&](Index n) { serial[std::size_t(n)] = filter->apply(image, Isa::portable); });
    for (const Image& one : serial) CHECK(largest_difference(one, parallel) == 0);
  }
}

TEST_CASE("a wavelet that does not fit is refused with what would") {
  const Image image = noise_image({64, 40, 20});
  using Catch::Contains;
  CHECK_THROWS_WITH(
      respond({{"kind", "wavelet"}, {"family", "coif1"}, {"bands", "LLH"}, {"level", 3.0}}, image),
      Contains("level is 3 (coif1 then reaches over 36 voxels, and the image has 20 along k). Use "
               "at most 2"));
  CHECK_THROWS_WITH(
      respond({{"kind", "wavelet"}, {"family", "db10"}, {"bands", "LLH"}, {"level", 1.0}},
              noise_image({64, 64, 1})),
      Contains("No level fits; see dimensions: 2d"));
  CHECK_THROWS_WITH(
      respond({{"kind", "wavelet"}, {"family", "db3"}, {"bands", "LLH"}}, noise_image({5, 4, 4})),
      Contains("No level fits this image"));
  CHECK_THROWS_WITH(respond({{"kind", "simoncelli"}, {"level", 9.0}, {"dimensions", "2d"}}, image),
                    Contains("40 along j). Use at most 4"));
}

TEST_CASE("parameters of wavelets that make no sense are refused with what does") {
  using Catch::Contains;
  CHECK_THAT(problems_of({{"kind", "wavelet"}, {"family", "db33"}, {"bands", "LLH"}}),
             Contains("'db33' (unknown)") && Contains("Did you mean 'db3'?"));
  CHECK_THAT(
      problems_of({{"kind", "wavelet"}, {"family", "db3"}, {"bands", "LH"}}),
      Contains("'bands' is 'LH' (the filter acts along 3 axes). Use 3 letters L or H, as in LLH."));
  CHECK_THAT(problems_of({{"kind", "wavelet"}, {"family", "db3"}, {"bands", "LLx"}}),
             Contains("'LLx'"));
  CHECK_THAT(
      problems_of({{"kind", "wavelet"}, {"family", "db3"}, {"bands", "LLH"}, {"dimensions", "2d"}}),
      Contains("along 2 axes). Use 2 letters L or H, as in LH."));
  CHECK_THAT(
      problems_of({{"kind", "wavelet"}, {"family", "db3"}, {"bands", "LLH"}, {"level", 0.0}}),
      Contains("'level' is 0"));
  CHECK_THAT(problems_of({{"kind", "simoncelli"}, {"riesz", order({0, 0, 0})}}),
             Contains("'riesz' is [0, 0, 0] (the order 0 transforms nothing)"));
  CHECK(problems_of({{"kind", "simoncelli"}, {"riesz", Value(Value::List{})}}).empty());
  CHECK_THAT(problems_of({{"kind", "simoncelli"}, {"riesz", Value(Value::List{1.0})}}),
             Contains("'riesz' is [1] (the filter acts along 3 axes). Use 3 numbers."));
  CHECK_THAT(problems_of({{"kind", "log"}, {"sigma_mm", 1.0}, {"riesz", order({0, -1, 2})}}),
             Contains("'riesz' is [0, -1, 2] (an order has numbers from 0"));
  CHECK_THAT(problems_of({{"kind", "simoncelli"}, {"riesz", order({9, 9, 9})}}),
             Contains("at most 20"));
  CHECK_THAT(
      problems_of({{"kind", "simoncelli"}, {"dimensions", "2d"}, {"riesz", order({1, 0, 0})}}),
      Contains("along 2 axes). Use 2 numbers."));
}
