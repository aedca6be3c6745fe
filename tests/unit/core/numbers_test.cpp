#include <algorithm>
#include <atomic>
#include <catch2/catch.hpp>
#include <cmath>
#include <complex>
#include <numbers>

#include "vitrine/core/buffer.hpp"
#include "vitrine/core/distribution.hpp"
#include "vitrine/core/fft.hpp"
#include "vitrine/core/hash.hpp"
#include "vitrine/core/math.hpp"
#include "vitrine/core/parallel.hpp"
#include "vitrine/core/random.hpp"

using namespace vitrine;

namespace {

Rng test_rng(std::uint64_t element) {
  return Rng(make_stream(7, "core tests", Draw::test), element);
}

struct Moments {
  double mean = 0.0, variance = 0.0, skewness = 0.0;
};
template <class Sample>
Moments moments(int n, Sample sample) {
  std::vector<double> x(static_cast<std::size_t>(n));
  Moments m;
  for (double& v : x) m.mean += (v = sample()) / n;
  for (const double v : x) m.variance += (v - m.mean) * (v - m.mean) / n;
  for (const double v : x) m.skewness += std::pow((v - m.mean) / std::sqrt(m.variance), 3) / n;
  return m;
}

using Complexes = std::vector<std::complex<double>>;
Complexes direct_transform(const Complexes& x) {
  const std::size_t n = x.size();
  Complexes out(n);
  for (std::size_t k = 0; k < n; ++k)
    for (std::size_t j = 0; j < n; ++j)
      out[k] += x[j] * std::polar(1.0, -2.0 * std::numbers::pi * double(j * k % n) / double(n));
  return out;
}
double distance(const Complexes& a, const Complexes& b) {
  double difference = 0.0, size = 0.0;
  for (std::size_t i = 0; i < a.size(); ++i) {
    difference += std::norm(a[i] - b[i]);
    size += std::norm(b[i]);
  }
  return std::sqrt(difference / size);
}

}  // namespace

TEST_CASE("subjects of a Latin hypercube share out the range of every draw") {
  constexpr std::uint32_t count = 37;
  const Stream design = make_stream(7, "a cohort", Draw::design);
  std::vector<std::vector<double>> drawn(count);
  for (std::uint32_t i = 0; i < count; ++i) {
    Rng rng(make_stream(7, str("case", i), Draw::test), 0, Stratum{design, i, count});
    for (int n = 0; n < 70; ++n) drawn[i].push_back(rng.uniform());
  }
  const auto parts = [&](std::size_t n) {
    std::vector<int> met(count);
    for (const auto& subject : drawn) ++met[std::size_t(subject[n] * count)];
    return met;
  };
  for (std::size_t n = 0; n < Rng::stratified_draws; ++n)
    CHECK(parts(n) == std::vector<int>(count, 1));
  CHECK(parts(Rng::stratified_draws) != std::vector<int>(count, 1));

  // Two draws are as unrelated as those of independent subjects: |r| < 4 / sqrt(n), mostly.
  int large = 0, pairs = 0;
  for (std::size_t a = 0; a < 64; ++a)
    for (std::size_t b = 0; b < a; ++b) {
      double sum = 0.0;
      for (const auto& subject : drawn) sum += (subject[a] - 0.5) * (subject[b] - 0.5);
      large += std::abs(12.0 * sum / count) > 2.0 / std::sqrt(double(count));
      ++pairs;
    }
  CHECK(large > 0.02 * pairs);
  CHECK(large < 0.08 * pairs);  // 4.6 % of a normal variate
}

TEST_CASE("a Latin hypercube of one subject, or of two, is what it must be") {
  const Stream stream = make_stream(7, "alone", Draw::test);
  Rng alone(stream, 3, Stratum{stream, 0, 1}), plain(stream, 3);
  for (int n = 0; n < 100; ++n) CHECK(alone() == plain());
  for (std::uint32_t draw = 0; draw < 50; ++draw)
    CHECK(Stratum{stream, 0, 2}.part(draw) + Stratum{stream, 1, 2}.part(draw) == 1);
}

TEST_CASE("Philox 4x32-10 gives the known answers of Random123") {
  const auto block = [](std::uint32_t c, std::uint32_t k) {
    return Rng::philox({c, c, c, c}, {k, k});
  };
  CHECK(block(0, 0) == Rng::Block{0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8});
  CHECK(block(0xffffffff, 0xffffffff) ==
        Rng::Block{0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd});
  CHECK(Rng::philox({0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344}, {0xa4093822, 0x299f31d0}) ==
        Rng::Block{0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1});
}

TEST_CASE("a stream depends on seed, owner, purpose and element, and on nothing else") {
  const auto first = [](std::uint64_t seed, const char* owner, Draw draw, std::uint64_t element) {
    return Rng(make_stream(seed, owner, draw), element)();
  };
  const auto here = first(1, "case", Draw::quantum, 5);
  CHECK(here == first(1, "case", Draw::quantum, 5));
  CHECK(here != first(2, "case", Draw::quantum, 5));
  CHECK(here != first(1, "case2", Draw::quantum, 5));
  CHECK(here != first(1, "case", Draw::electronic, 5));
  CHECK(here != first(1, "case", Draw::quantum, 6));
}

TEST_CASE("Poisson draws have the Poisson mean, variance and skewness on both sides of 30") {
  for (const double mean : {0.2, 3.0, 29.5, 30.5, 400.0}) {
    Rng rng = test_rng(std::uint64_t(mean * 10));
    const int n = 200000;
    const Moments m = moments(n, [&] { return rng.poisson(mean); });
    CAPTURE(mean);
    CHECK(std::abs(m.mean - mean) < 5.0 * std::sqrt(mean / n));
    CHECK(std::abs(m.variance / mean - 1.0) < 5.0 * std::sqrt((2.0 + 1.0 / mean) / n));
    CHECK(m.skewness ==
          Approx(1.0 / std::sqrt(mean)).margin(5.0 * std::sqrt(15.0 / n) + 0.02 / mean));
  }
  CHECK(test_rng(0).poisson(0.0) == 0.0);
}

TEST_CASE("normal and uniform draws have their moments, and uniform stays inside (0, 1)") {
  Rng rng = test_rng(1);
  const Moments normal = moments(200000, [&] { return rng.normal(); });
  CHECK(std::abs(normal.mean) < 0.012);
  CHECK(normal.variance == Approx(1.0).margin(0.016));
  CHECK(std::abs(normal.skewness) < 0.03);
  double low = 1.0, high = 0.0;
  const Moments uniform = moments(200000, [&] {
    const double u = rng.uniform();
    low = std::min(low, u);
    high = std::max(high, u);
    return u;
  });
  CHECK(uniform.mean == Approx(0.5).margin(0.004));
  CHECK(uniform.variance == Approx(1.0 / 12.0).epsilon(0.02));
  CHECK(low > 0.0);
  CHECK(high < 1.0);
}

TEST_CASE("a truncated normal stays in its range and reports what it lost") {
  const auto d = Distribution::normal(10.0, 2.0).truncated(8.0, 20.0);
  CHECK(d.truncated_mass() == Approx(0.158655).margin(1e-4));
  Rng rng = test_rng(2);
  const Moments m = moments(50000, [&] {
    const double x = d.sample(rng);
    REQUIRE(x >= 8.0);
    REQUIRE(x <= 20.0);
    return x;
  });
  // Mean of a normal cut at -1 sd: mu + sd phi(1) / Phi(1).
  CHECK(m.mean == Approx(10.0 + 2.0 * 0.2419707 / 0.8413447).margin(0.04));
}

TEST_CASE("a distribution says what it can draw, and draws that") {
  Rng rng = test_rng(3);
  const auto choice = Distribution::choice({3.0, 1.0, 2.0});
  CHECK(choice.lowest() == 1.0);
  CHECK(choice.highest() == 3.0);
  CHECK(choice.mean() == 2.0);
  int counts[4] = {};
  for (int i = 0; i < 9000; ++i) ++counts[int(choice.sample(rng))];
  for (const int k : {1, 2, 3}) CHECK(counts[k] == Approx(3000).margin(250));
  const auto log_normal = Distribution::lognormal(5.0, 0.3);
  std::vector<double> draws(20001);
  for (double& x : draws) x = log_normal.sample(rng);
  std::nth_element(draws.begin(), draws.begin() + 10000, draws.end());
  CHECK(draws[10000] == Approx(5.0).epsilon(0.02));
  CHECK(Distribution(4.0).sample(rng) == 4.0);
}

TEST_CASE("elementary functions are those of the library to a few units in the last place") {
  for (double x = 0.013; x < 30.0; x *= 1.21) {
    CAPTURE(x);
    CHECK(math::exp(-x) == Approx(std::exp(-x)).epsilon(1e-15));
    CHECK(math::log(x) == Approx(std::log(x)).epsilon(1e-15).margin(1e-16));
    CHECK(math::sin(x) == Approx(std::sin(x)).epsilon(1e-15).margin(1e-15));
    CHECK(math::atan2(x, -2.0) == Approx(std::atan2(x, -2.0)).epsilon(1e-15));
    CHECK(math::erf(x / 10) == Approx(std::erf(x / 10)).epsilon(1e-14));
    CHECK(math::lgamma(x) == Approx(std::lgamma(x)).epsilon(1e-13).margin(1e-14));
  }
  CHECK(math::sinc(0.0) == 1.0);
  CHECK(std::abs(math::sinc(3.0)) < 1e-15);
  for (double p = 1e-6; p < 1.0; p += 0.0137)
    CHECK(math::normal_cdf(math::normal_quantile(p)) == Approx(p).epsilon(1e-8));
}

TEST_CASE("the transform of every length is the direct sum") {
  // Powers of two, primes, products, and the lengths next to a power.
  for (const std::size_t n : {1,  2,  3,  4,  5,   6,   7,   8,   9,   16,  31,  32,
                              33, 60, 64, 97, 100, 128, 243, 256, 257, 500, 511, 512}) {
    Complexes x(n);
    Rng rng = test_rng(n);
    for (auto& v : x) v = {rng.normal(), rng.normal()};
    const Complexes expected = direct_transform(x);
    Complexes once = x;
    fft(once, FftDirection::forward);
    CAPTURE(n);
    CHECK(distance(once, expected) < 1e-13);
    fft(once, FftDirection::inverse);
    for (auto& v : once) v /= double(n);
    CHECK(distance(once, x) < 1e-14);
  }
  CHECK_THROWS_AS(Fft(0), Error);
  CHECK_THROWS_AS(Fft((std::size_t(1) << 23) + 1), Error);
}

TEST_CASE("the batched transform agrees with the precise one in every lane and at every level") {
  for (const Isa isa : {Isa::portable, best_isa()})
    for (std::size_t n = 1; n <= 8192; n *= 2) {
      const BatchFft plan(n);
      Buffer<float> data(n * BatchFft::element);
      Rng rng = test_rng(n);
      for (float& v : data.span()) v = float(rng.normal());
      std::vector<float> before(data.data(), data.data() + data.size());
      plan.forward(data.span(), isa);
      CAPTURE(n, to_string(isa));
      for (std::size_t lane = 0; lane < BatchFft::lanes; ++lane) {
        Complexes x(n), y(n);
        for (std::size_t k = 0; k < n; ++k) {
          x[k] = {before[k * 16 + lane], before[k * 16 + 8 + lane]};
          y[k] = {data[k * 16 + lane], data[k * 16 + 8 + lane]};
        }
        fft(x, FftDirection::forward);
        REQUIRE(distance(y, x) < 3e-7);
      }
      plan.inverse(data.span(), isa);
      for (std::size_t i = 0; i < before.size(); ++i)
        REQUIRE(std::abs(data[i] / float(n) - before[i]) < 3e-6f);
    }
}

TEST_CASE("the scrambled order is bit reversal") {
  const BatchFft plan(64);
  Buffer<float> a(64 * 16), b(64 * 16);
  Rng rng = test_rng(9);
  for (std::size_t i = 0; i < a.size(); ++i) a[i] = b[i] = float(rng.normal());
  plan.forward(a.span(), best_isa());
  plan.forward_scrambled(b.span(), best_isa());
  for (std::size_t k = 0; k < 64; ++k)
    for (std::size_t i = 0; i < 16; ++i) REQUIRE(a[k * 16 + i] == b[plan.bit_reversed(k) * 16 + i]);
  CHECK_THROWS_AS(BatchFft(48), Error);
}

TEST_CASE(
    "parallel_for visits everything once, runs nested loops, and rethrows the first failure") {
  std::vector<int> visits(1000, 0);
  parallel_for(10, [&](std::int64_t i) {
    parallel_for(100, [&](std::int64_t j) { ++visits[std::size_t(100 * i + j)]; });
  });
  CHECK(std::count(visits.begin(), visits.end(), 1) == 1000);
  std::atomic<int> ran = 0;
  try {
    parallel_for(50, [&](std::int64_t i) {
      ++ran;
      if (i % 20 == 7) throw Error(Error::Kind::numeric, str("at ", i));
    });
    FAIL("nothing was thrown");
  } catch (const Error& error) {
    CHECK(std::string(error.what()) == "at 7");
  }
  CHECK(ran == 50);
  CHECK(thread_count() >= 1);
}

TEST_CASE("SHA-256 gives the known answers, and framed parts do not run together") {
  CHECK(sha256("").hex() == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  CHECK(sha256("abc").hex() == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  CHECK(sha256("abc").first64() == 0xba7816bf8f01cfeaull);
  CHECK(Sha256().add("ab").add("c").finish() != Sha256().add("a").add("bc").finish());
}

TEST_CASE("a buffer is aligned to a cache line and moves without copying") {
  Buffer<float> a(1000);
  CHECK(reinterpret_cast<std::uintptr_t>(a.data()) % 64 == 0);
  const float* memory = a.data();
  Buffer<float> b = std::move(a);
  CHECK(b.data() == memory);
  CHECK(b.size() == 1000);
  CHECK(Buffer<float>(0).size() == 0);
}
