#include <algorithm>
#include <catch2/catch.hpp>
#include <numeric>

#include "vitrine/dataset/split.hpp"

using namespace vitrine;

namespace {
Stream stream(std::uint64_t seed) { return make_stream(seed, "test", Draw::test); }

double count(const std::vector<std::size_t>& parts, std::size_t part) {
  return double(std::ranges::count(parts, part));
}
}  // namespace

TEST_CASE("every part has its share of all to within 1 - 1/(2k - 2), of a stratum twice that") {
  for (std::uint64_t seed = 1; seed <= 200; ++seed) {
    Rng rng(stream(seed), 0);
    const std::size_t patients = rng() % 60 + 1, parts = rng() % 4 + 2;
    std::vector<std::string> strata(patients);
    for (auto& stratum : strata) stratum = std::string(1, char('a' + rng() % 3));
    std::vector<double> shares(parts);
    for (auto& share : shares) share = 0.05 + double(rng() % 1000) / 1000.0;
    const double sum = std::accumulate(shares.begin(), shares.end(), 0.0);
    const double bound = 1.0 - 1.0 / double(2 * parts - 2) + 1e-9;
    const auto dealt = dataset::deal(strata, shares, stream(seed));
    for (std::size_t part = 0; part < parts; ++part) {
      CHECK(std::abs(count(dealt, part) - shares[part] / sum * double(patients)) <= bound);
      for (const char* name : {"a", "b", "c"}) {
        double of_stratum = 0.0, got = 0.0;
        for (std::size_t i = 0; i < patients; ++i) {
          of_stratum += strata[i] == name;
          got += strata[i] == name && dealt[i] == part;
        }
        CHECK(std::abs(got - shares[part] / sum * of_stratum) <= 2.0 * bound);
      }
    }
  }
}

TEST_CASE("the deal is the seed's alone, and another seed's is another") {
  const std::vector<std::string> strata(40, "all");
  const std::vector<double> shares = {1.0, 1.0};
  const auto once = dataset::deal(strata, shares, stream(1));
  CHECK(once == dataset::deal(strata, shares, stream(1)));
  CHECK(once != dataset::deal(strata, shares, stream(2)));
  CHECK(dataset::deal(strata, std::vector<double>{2.0}, stream(1)) ==
        std::vector<std::size_t>(40, 0));
  CHECK(dataset::deal({}, shares, stream(1)).empty());
}
