#include "filter_support.hpp"
#include "ibsi2_data.hpp"
#include "vitrine/radiomics/filters/ibsi2.hpp"

using namespace vitrine;
using namespace vitrine::radiomics;
using namespace vitrine::radiomics::test;

namespace {

using Parameters = std::initializer_list<std::pair<const char*, Value>>;

Image response(const std::string& image, Parameters parameters) {
  return make_filter(parameters)->apply(ibsi2_phantom(image), Isa::portable);
}

/// Difference of a response to the reference map of a test, in percent of its range.
double deviation(const Image& map, const char* test) {
  return ibsi::difference_percent(map, ibsi2_map(test));
}

Value order(double i, double j, double k) { return Value(Value::List{i, j, k}); }

}  // namespace

TEST_CASE("wavelets give IBSI 2's response maps to the roundings of 32-bit floats") {
  if (ibsi2_is_absent()) return;
  int seen = 0;
  for (const ibsi::ResponseTest& test : ibsi::response_tests()) {
    if (test.id < "5" || test.id == "8.a.1") continue;
    INFO(test.id);
    ++seen;
    CHECK(ibsi::difference_percent(test.filter->apply(ibsi2_phantom(test.phantom), Isa::portable),
                                   ibsi2_map(test.id)) < 1e-4);
  }
  CHECK(seen == 8);
}

TEST_CASE("IBSI 2's map 8.a.1 is a mean of five responses on its grid and two exact ones") {
  if (ibsi2_is_absent()) return;
  const Image ibsi = response("checkerboard", {{"kind", "simoncelli"}});
  const Image exact = response("checkerboard", {{"kind", "simoncelli"}, {"frequencies", "exact"}});
  Image mean(ibsi.grid());
  for (std::size_t v = 0; v < mean.values().size(); ++v)
    mean.values()[v] = (5 * ibsi.values()[v] + 2 * exact.values()[v]) / 7;
  CHECK(deviation(mean, "8.a.1") < 1e-4);
  // IBSI's tolerance is 1 %.
  CHECK(deviation(ibsi, "8.a.1") == Approx(0.378).margin(0.001));
  CHECK(deviation(exact, "8.a.1") == Approx(0.946).margin(0.001));
}

TEST_CASE("Riesz transforms are within a thousandth of the maps that IBSI 2 stores of them") {
  if (ibsi2_is_absent()) return;  // stored, not standardised: there was no consensus
  const Parameters first{
      {"kind", "log"}, {"sigma_mm", 3.0}, {"padding", "zero"}, {"riesz", order(1, 0, 0)}},
      second{{"kind", "log"}, {"sigma_mm", 3.0}, {"padding", "zero"}, {"riesz", order(0, 2, 0)}},
      band{{"kind", "simoncelli"}, {"padding", "nearest"}, {"riesz", order(0, 2, 0)}};
  CHECK(deviation(response("impulse", first), "9.a") < 0.1);
  CHECK(deviation(response("sphere", second), "9.b.1") < 0.1);
  CHECK(deviation(response("pattern_1", band), "10.b.1") < 0.1);
}
