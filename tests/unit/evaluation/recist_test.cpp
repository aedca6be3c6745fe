#include <catch2/catch.hpp>

#include "vitrine/core/error.hpp"
#include "vitrine/evaluation/recist.hpp"

using namespace vitrine;
using namespace vitrine::evaluation;

namespace {

LesionSize lesion(const char* id, double size, const char* organ = "lung") {
  return {id, organ, false, size, 0.8 * size};
}
LesionSize node(const char* id, double short_axis) {
  return {id, "node", true, 1.5 * short_axis, short_axis};
}

/// Visits six weeks apart; each a list of lesions.
std::vector<Assessment> course(const std::vector<std::vector<LesionSize>>& visits) {
  std::vector<Assessment> all;
  for (const auto& lesions : visits) all.push_back({42.0 * double(all.size()), false, lesions});
  return all;
}

/// "SD PR PD", and with `immune` "iSD iPR iUPD".
std::string responses(const std::vector<Assessment>& visits, bool immune = false) {
  std::string text;
  for (const VisitResponse& r : recist(visits))
    text += (text.empty() ? "" : " ") + (immune ? r.immune : std::string(abbreviation(r.overall)));
  return text;
}

/// One target of these sizes, 0 where it is gone.
std::string of_sizes(const std::vector<double>& sizes, bool immune = false) {
  std::vector<std::vector<LesionSize>> visits;
  for (const double size : sizes) visits.push_back({lesion("a", size)});
  return responses(course(visits), immune);
}

}  // namespace

TEST_CASE("targets are the largest measurable lesions: five at most, two in an organ") {
  const Assessment baseline{
      0.0,
      false,
      {lesion("l1", 12), lesion("l2", 30), lesion("l3", 20), lesion("tiny", 9.9), node("n1", 14.9),
       node("n2", 15), lesion("h1", 11, "liver"), lesion("h2", 40, "liver"),
       lesion("k1", 10, "kidney")}};
  CHECK(target_lesions(baseline) == std::vector<std::size_t>{7, 1, 2, 5, 6});
}

TEST_CASE("response follows the sum of sizes against baseline and nadir") {
  CHECK(of_sizes({50, 36, 35, 0}) == "SD SD PR CR");
  CHECK(of_sizes({50, 59.9, 60}) == "SD SD PD");         // 20 % over the nadir
  CHECK(of_sizes({50, 30, 35.9, 36}) == "SD PR SD PD");  // of the smallest sum, not of the first
  CHECK(of_sizes({20, 14, 18.9}) == "SD PR SD");         // 35 % but not 5 mm
  CHECK(of_sizes({20, 14, 19}) == "SD PR PD");
  CHECK(of_sizes({20, 0, 4, 5}) == "SD CR PR PD");
}

TEST_CASE("a node is gone below 10 mm of short axis, and still adds to the sum") {
  const auto visits = course({{lesion("a", 20), node("n", 20)}, {lesion("a", 0), node("n", 9.9)}});
  CHECK(responses(visits) == "SD CR");
  CHECK(recist(visits)[1].sum == Approx(9.9));
  CHECK(responses(course({{lesion("a", 20), node("n", 20)}, {lesion("a", 0), node("n", 10)}})) ==
        "SD PR");
}

TEST_CASE("lesions that are no targets can only spoil a complete response, or progress") {
  CHECK(responses(course({{lesion("a", 20), lesion("b", 8)}, {lesion("a", 0), lesion("b", 8)}})) ==
        "SD PR");
  CHECK(responses(course({{lesion("a", 20), lesion("b", 8)}, {lesion("a", 0), lesion("b", 0)}})) ==
        "SD CR");
  CHECK(responses(course(
            {{lesion("a", 20), lesion("b", 8)}, {lesion("a", 10), lesion("b", 13)}})) == "SD PD");
  CHECK(responses(course({{lesion("b", 8)}, {lesion("b", 9)}, {lesion("b", 0)}})) == "SD NN CR");
}

TEST_CASE("a new lesion is progression, and so is what vanished and came back") {
  CHECK(responses(course({{lesion("a", 20)}, {lesion("a", 10), lesion("b", 6)}})) == "SD PD");
  CHECK(of_sizes({20, 0, 12}) == "SD CR PD");
}

TEST_CASE("a missed visit is not evaluable and leaves the nadir alone") {
  auto visits = course({{lesion("a", 50)}, {lesion("a", 30)}, {}, {lesion("a", 36)}});
  visits[2].missed = true;
  CHECK(responses(visits) == "SD PR NE PD");
  visits[0].missed = true;
  CHECK_THROWS_AS(recist(visits), Error);
}

TEST_CASE("iRECIST waits for the confirmation of progression") {
  CHECK(of_sizes({50, 60, 64.9, 65}, true) == "iSD iUPD iUPD iCPD");
  CHECK(of_sizes({50, 60, 70, 30}, true) == "iSD iUPD iCPD iCPD");
  CHECK(of_sizes({50, 60, 45, 30}, true) == "iSD iUPD iSD iPR");  // pseudoprogression
  CHECK(of_sizes({50, 60, 45, 60, 66}, true) == "iSD iUPD iSD iUPD iCPD");
  const auto fresh = [](double first, double second) {
    return responses(course({{lesion("a", 50)},
                             {lesion("a", 50), lesion("b", first)},
                             {lesion("a", 50), lesion("b", second)}}),
                     true);
  };
  CHECK(fresh(12, 17) == "iSD iUPD iCPD");
  CHECK(fresh(12, 12) == "iSD iUPD iUPD");
  CHECK(fresh(12, 0) == "iSD iUPD iSD");
}
