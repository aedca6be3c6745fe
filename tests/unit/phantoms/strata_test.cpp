// Named parts of a cohort: who is in them, and that they leave each other alone.
#include <catch2/catch.hpp>
#include <cmath>
#include <set>
#include <string>
#include <vector>

#include "vitrine/core/hash.hpp"
#include "vitrine/phantoms/patient.hpp"

using namespace vitrine;
using namespace vitrine::phantoms;

namespace {

Value list(std::vector<Value> items) { return Value(std::move(items)); }

Value sphere(double diameter) {
  return Value()
      .set("organ", "lung")
      .set("shape", Value().set("kind", "sphere").set("diameter_mm", Value(diameter)));
}

Value stratum(const char* name, double count) {
  return Value().set("name", Value(name)).set("count", Value(count));
}

/// A chest of few vessels with one nodule of 10 mm.
Value cohort(std::vector<Value> strata) {
  return Value()
      .set("anatomy", Value().set("kind", "thorax").set("vessel_twigs", Value(4.0)))
      .set("lesions", list({sphere(10.0)}))
      .set("strata", Value(std::move(strata)));
}

Cohort read(const Value& node) {
  Diagnostics problems;
  Cohort made = Cohort::schema().read(node, problems);
  problems.throw_if_any();
  return made;
}

std::string problem_of(const Value& node) {
  Diagnostics problems;
  Cohort::schema().read(node, problems);
  std::string all;
  for (const auto& entry : problems.entries()) all += entry.message + '\n';
  return all;
}

/// Everything that a patient is made of.
std::string digest(const Cohort& of, const std::string& id) {
  const Patient patient = build_patient(of, 7, id, {});
  Sha256 hash;
  for (const Solid& s : patient.scene.solids)
    hash.add(str(to_text(s.centre.x()), ' ', to_text(s.centre.y()), ' ', to_text(s.centre.z()), ' ',
                 to_text(s.half_axes.x()), ' ', to_text(s.half_axes.z())));
  for (const auto& [name, value] : patient.parameters) hash.add(name + to_text(value));
  for (const LesionTruth& lesion : patient.scene.lesions)
    hash.add(str(to_text(lesion.centre.x()), ' ', to_text(lesion.volume)));
  return hash.finish().hex();
}

}  // namespace

TEST_CASE("patients of strata are called after them") {
  const Cohort two = read(cohort({stratum("small", 2), stratum("t2", 11)}));
  CHECK(patient_count(two) == 13);
  const auto ids = patient_ids(two);
  REQUIRE(ids.size() == 13);
  CHECK(ids[0] == "small_001");
  CHECK(ids[2] == "t2_001");
  CHECK(ids[12] == "t2_011");
  CHECK(stratum_name(two, "t2_011") == "t2");
  CHECK(place_of(two, "t2_011").subject == 10);
  CHECK_THROWS_WITH(place_of(two, "t2_012"), Catch::Contains("no place in a cohort of 13"));
  CHECK_THROWS_WITH(place_of(two, "case001"), Catch::Contains("small_001 to t2_011"));
  CHECK(std::set<std::string>(ids.begin(), ids.end()).size() == 13);
  CHECK(patient_ids(Cohort{}) == std::vector<std::string>{"case001"});
}

TEST_CASE("another stratum, or more patients, change no patient") {
  Value women = stratum("women", 2).set("anatomy", Value().set("sex", "female"));
  Value old =
      stratum("old", 3).set("anatomy", Value().set("age_years", list({Value(70.0), Value(90.0)})));
  const Cohort one = read(cohort({women})), two = read(cohort({women, old})),
               more = read(cohort({old, women, stratum("others", 5)}));
  Value larger = stratum("women", 9).set("anatomy", Value().set("sex", "female"));
  const Cohort grown = read(cohort({larger}));
  for (const char* id : {"women_001", "women_002"}) {
    const std::string alone = digest(one, id);
    CHECK(digest(two, id) == alone);
    CHECK(digest(more, id) == alone);
    CHECK(digest(grown, id) == alone);
  }
  CHECK(digest(two, "old_001") == digest(more, "old_001"));
  CHECK(digest(one, "women_001") != digest(one, "women_002"));
  // The seed's patients differ by their strata's names: none is another one in disguise.
  const Cohort renamed = read(cohort({stratum("men", 2)}));
  CHECK(digest(renamed, "men_001") != digest(one, "women_001"));
}

TEST_CASE("a stratum's lesions take the place of the cohort's") {
  Value none = stratum("healthy", 1).set("lesions", list({}));
  Value large = stratum("large", 1).set("lesions", list({sphere(20.0), sphere(15.0)}));
  const Cohort all = read(cohort({stratum("plain", 1), none, large}));
  const auto volumes = [&](const char* id) {
    std::vector<double> found;
    for (const auto& lesion : build_patient(all, 7, id, {}).scene.lesions)
      found.push_back(lesion.volume);
    return found;
  };
  const double pi = 3.14159265358979323846;
  REQUIRE(volumes("plain_001").size() == 1);
  CHECK(volumes("plain_001")[0] == Approx(pi / 6.0 * 1000.0).epsilon(1e-4));
  CHECK(volumes("healthy_001").empty());
  REQUIRE(volumes("large_001").size() == 2);
  CHECK(volumes("large_001")[0] == Approx(pi / 6.0 * 8000.0).epsilon(1e-4));
}

TEST_CASE("a Latin hypercube spreads the patients of each stratum by themselves") {
  Value node = cohort({stratum("a", 8), stratum("b", 8)});
  node.set("design", "latin_hypercube")
      .set("correlations", list({Value()
                                     .set("between", list({"age_years", "heart_scale"}))
                                     .set("coefficient", Value(0.0))}));
  const Cohort two = read(node);
  std::vector<std::vector<double>> ages;
  for (const char* name : {"a", "b"}) {
    std::set<int> parts;
    std::vector<double> its;
    for (int i = 1; i <= 8; ++i) {
      const Value s = anatomy_of(two, 7, str(name, "_00", i)).canonical;
      const double age = *s.find("age_years")->as<double>();
      its.push_back(age);
      const auto ages_of =
          Distribution::normal(58.0, 15.0).truncated(18.0, 100.0);  // the default population's
      for (int part = 0; part < 8; ++part)
        if (age > ages_of.quantile(std::max(1e-12, part / 8.0)) &&
            age <= ages_of.quantile(std::min(1.0 - 1e-12, (part + 1) / 8.0)))
          parts.insert(part);
    }
    CHECK(parts.size() == 8);
    ages.push_back(its);
  }
  // Permutations of their own: were they the same, each pair would share its eighth.
  int together = 0;
  for (int i = 0; i < 8; ++i)
    together += std::abs(ages[0][std::size_t(i)] - ages[1][std::size_t(i)]) < 2.0;
  CHECK(together < 8);
}

TEST_CASE("what is one patient's own cohort does not depend on the others") {
  Value women = stratum("women", 2).set("lesions", list({sphere(12.0)}));
  const auto own = [](const Value& node) {
    return to_json(Cohort::schema().write(own_cohort(read(node), "women_002")));
  };
  const std::string alone = own(cohort({women}));
  CHECK(own(cohort({stratum("men", 5), women})) == alone);
  CHECK(own(cohort({stratum("women", 7).set("lesions", list({sphere(12.0)}))})) == alone);
  CHECK(own(cohort({stratum("women", 2).set("lesions", list({sphere(13.0)}))})) != alone);
}

TEST_CASE("the canonical form of a stratified cohort reads back as itself") {
  const Cohort two =
      read(cohort({stratum("small", 2), stratum("large", 3).set("lesions", list({sphere(20.0)}))}));
  const Value written = Cohort::schema().write(two);
  CHECK(to_json(Cohort::schema().write(read(written))) == to_json(written));
}

TEST_CASE("strata that make no cohort are refused with the way out") {
  const auto shared = [](const char* name, double share) {
    return Value().set("name", Value(name)).set("share", Value(share));
  };
  const auto counted = [](Value node, double count) { return node.set("count", Value(count)); };
  CHECK_THAT(problem_of(counted(cohort({shared("a", 0.5), shared("b", 0.4)}), 10)),
             Catch::Contains("make 0.9") && Catch::Contains("must make 1"));
  CHECK_THAT(problem_of(cohort({stratum("a", 2), stratum("a", 3)})),
             Catch::Contains("two strata are called 'a'"));
  CHECK_THAT(problem_of(counted(cohort({stratum("a", 2), stratum("b", 3)}), 6)),
             Catch::Contains("'count' is given twice: 6") && Catch::Contains("(5 in all)"));
  CHECK_THAT(problem_of(cohort({stratum("a", 2).set("share", Value(0.5))})),
             Catch::Contains("one of the two"));
  CHECK_THAT(problem_of(cohort({Value().set("name", "a")})), Catch::Contains("one of the two"));
  CHECK_THAT(problem_of(counted(cohort({stratum("a", 2), shared("b", 0.5)}), 4)),
             Catch::Contains("stratum 'b' has a share (the first stratum has a count)"));
  CHECK_THAT(problem_of(cohort({stratum("a", 0)})), Catch::Contains("out of range"));
  CHECK_THAT(problem_of(counted(cohort({shared("a", 0.98), shared("b", 0.02)}), 4)),
             Catch::Contains("stratum 'b' has no patient (0.02 of 4)"));
  CHECK_THAT(problem_of(cohort({shared("a", 1.0)})), Catch::Contains("'count' is missing"));
  CHECK_THAT(problem_of(cohort({Value().set("count", Value(2.0))})),
             Catch::Contains("'name' is missing"));
  CHECK_THAT(problem_of(cohort({stratum("no name", 2)})), Catch::Contains("file names"));
  CHECK_THAT(problem_of(cohort({stratum("a", 2).set("anatomy", "thorax")})),
             Catch::Contains("must be a map of keys"));
  CHECK_THAT(problem_of(cohort({stratum("a", 2).set("anatomy", Value().set("sax", "male"))})),
             Catch::Contains("the anatomy has no 'sax'"));
  CHECK_THAT(
      problem_of(cohort({stratum("a", 2).set("lesions", list({Value().set("organ", "lungs")}))})),
      Catch::Contains("'lungs'"));
}
