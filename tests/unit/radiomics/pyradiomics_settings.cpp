#include <catch2/catch.hpp>

#include "vitrine/core/value.hpp"
#include "vitrine/radiomics/pyradiomics/settings.hpp"

using namespace vitrine;
using namespace vitrine::radiomics::pyradiomics;

namespace {

Value map_of(std::vector<std::pair<std::string, Value>> members) {
  Value map(Value::Map{});
  for (auto& [key, value] : members) map.set(key, std::move(value));
  return map;
}
Value list_of(std::vector<Value> items) { return Value(Value::List(items.begin(), items.end())); }

std::string problem_in(const Value& tree) {
  Diagnostics problems;
  (void)read_parameters(tree, nullptr, problems);
  std::string all;
  for (const auto& entry : problems.entries()) all += entry.message + "\n";
  return all;
}

}  // namespace

TEST_CASE("a parameter file says which images, classes and features, in its order") {
  const Value tree = map_of(
      {{"imageType",
        map_of({{"LoG", map_of({{"sigma", list_of({Value(3.0), Value("2")})}, {"binWidth", 5.0}})},
                {"Original", map_of({})}})},
       {"featureClass",
        map_of({{"glcm", list_of({Value("Idm"), Value("Contrast")})}, {"firstorder", Value()}})},
       {"setting", map_of({{"binWidth", 10.0}, {"weightingNorm", Value()}, {"label", 2.0}})}});
  Diagnostics problems;
  const Parameters p = read_parameters(tree, nullptr, problems);
  REQUIRE(problems.ok());
  REQUIRE(p.image_types.size() == 2);
  CHECK(p.image_types[0].kind == "LoG");
  CHECK(p.image_types[0].settings.bin_width == 5);
  CHECK(p.image_types[0].settings.label == 2);
  CHECK(p.image_types[0].settings.sigma[0].text() == "3.0");
  CHECK(p.image_types[0].settings.sigma[1].text() == "2");
  CHECK(p.image_types[1].settings.bin_width == 10);
  REQUIRE(p.classes.size() == 2);
  CHECK(p.classes[0].features == std::vector<std::string>{"Idm", "Contrast"});
  CHECK(p.classes[1].features.empty());
}

TEST_CASE("settings of the command line come before those of the file") {
  const Value tree = map_of({{"setting", map_of({{"binWidth", 10.0}, {"gldm_a", 1.0}})}});
  const Value changes = map_of({{"binWidth", 50.0}});
  Diagnostics problems;
  const Parameters p = read_parameters(tree, &changes, problems);
  REQUIRE(problems.ok());
  CHECK(p.settings.bin_width == 50);
  CHECK(p.settings.gldm_a == 1);
  CHECK(p.image_types.front().settings.bin_width == 50);
}

TEST_CASE("what a parameter file gets wrong is named, with what was meant") {
  using Catch::Contains;
  CHECK_THAT(problem_in(map_of({{"settings", map_of({})}})), Contains("'setting'"));
  CHECK_THAT(problem_in(map_of({{"setting", map_of({{"binwidth", 25.0}})}})),
             Contains("Did you mean 'binWidth'"));
  CHECK_THAT(problem_in(map_of({{"imageType", map_of({{"Wavelets", map_of({})}})}})),
             Contains("Did you mean 'Wavelet'"));
  CHECK_THAT(problem_in(map_of({{"imageType", map_of({{"LBP3D", map_of({})}})}})),
             Contains("'LBP3D' is not available"));
  CHECK_THAT(problem_in(map_of({{"featureClass", map_of({{"glcms", Value()}})}})),
             Contains("Did you mean 'glcm'"));
  CHECK_THAT(problem_in(map_of({{"featureClass", map_of({{"glcm", list_of({Value("Imc")})}})}})),
             Contains("'Imc' is no feature of glcm"));
  CHECK_THAT(problem_in(map_of({{"voxelSetting", map_of({{"kernelRadius", 2.0}})}})),
             Contains("voxel-based extraction is not available"));
  CHECK_THAT(problem_in(map_of({{"setting", map_of({{"interpolator", "sitkGaussian"}})}})),
             Contains("sitkBSpline"));
  CHECK_THAT(problem_in(map_of(
                 {{"setting",
                   map_of({{"resegmentRange", list_of({Value(1.0), Value(2.0), Value(3.0)})}})}})),
             Contains("one or two"));
}

TEST_CASE("features that PyRadiomics removed are noted and not computed") {
  Diagnostics problems;
  const Parameters p = read_parameters(
      map_of({{"featureClass", map_of({{"glcm", list_of({Value("Homogeneity1"), Value("Id")})},
                                       {"gldm", list_of({Value("DependencePercentage")})}})}}),
      nullptr, problems);
  REQUIRE(problems.ok());
  REQUIRE(p.notes.size() == 2);
  CHECK_THAT(p.notes[0], Catch::Contains("Homogeneity1") && Catch::Contains("equals Id"));
  REQUIRE(p.classes.size() == 1);
  CHECK(p.classes[0].features == std::vector<std::string>{"Id"});
}
