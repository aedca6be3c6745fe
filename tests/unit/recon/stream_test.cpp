#include <algorithm>
#include <catch2/catch.hpp>
#include <cstring>
#include <numbers>
#include <string>
#include <vector>

#include "fixture.hpp"

// Lines made while the views come are those made of the whole scan.

using namespace vitrine;
using namespace vitrine::recon;

namespace {

/// Numbers without a pattern: every view and cell counts.
LineIntegrals random_scan(const ScanGeometry& g) {
  LineIntegrals out(g);
  std::uint32_t state = 12345;
  for (float& value : out.values()) {
    state = state * 1664525u + 1013904223u;
    value = float(state >> 8) * 0x1p-24f;
  }
  return out;
}

ScanGeometry even_helix(Index rows, Index views_per_turn, Index views) {
  ScanGeometry g = small_scan(rows, views_per_turn);
  g.view_angles.clear();
  g.table_positions.clear();
  for (Index v = 0; v < views; ++v) {
    g.view_angles.push_back(0.4 + 2.0 * std::numbers::pi * double(v) / double(views_per_turn));
    g.table_positions.push_back(0.02 * double(v));
  }
  return g;
}

/// At most `most` views at a time, `offered` of them by turns.
Rebinned in_blocks(const LineIntegrals& scan, Index most, const std::vector<Index>& offered) {
  const ScanGeometry& g = scan.geometry();
  Rebinner rebinner(g, most, isa());
  const auto cells = std::size_t(g.columns * g.rows);
  std::size_t turn = 0;
  for (Index first = 0; first < g.views();) {
    const auto room = rebinner.room(std::min(offered[turn++ % offered.size()], g.views() - first));
    std::copy_n(scan.values().data() + std::size_t(first) * cells, room.size(), room.data());
    rebinner.take(Index(room.size() / cells));
    first += Index(room.size() / cells);
  }
  return std::move(rebinner).finish();
}

bool same(const Rebinned& a, const Rebinned& b) {
  if (a.lines() != b.lines()) return false;
  const Index half = a.angles() / 2;
  for (Index n = 0; n < a.lines(); ++n) {
    const auto x = a.line(n / half, n % half), y = b.line(n / half, n % half);
    if (x.size() != y.size() || std::memcmp(x.data(), y.data(), x.size_bytes()) != 0) return false;
  }
  return true;
}

}  // namespace

TEST_CASE("lines made while the views come have the bits of lines made of the whole scan") {
  struct Case {
    std::string name;
    ScanGeometry geometry;
  };
  ScanGeometry flat = small_scan(4, 60);
  flat.shape = DetectorShape::flat;
  ScanGeometry flying = small_scan(2, 64), flying_on = even_helix(2, 64, 200);
  const std::vector<FocalShift> places{
      {-0.34, 3.0, -0.36}, {0.34, 3.0, -0.36}, {-0.34, -3.0, 0.36}, {0.34, -3.0, 0.36}};
  fly(flying, places);
  fly(flying_on, places);
  std::vector<Case> cases{
      {"axial", small_scan(3, 90)},
      {"odd views a turn", small_scan(2, 61)},
      {"step and shoot", small_scan(3, 48, {-1.5, 0.0, 1.5})},
      {"as few views as can be", small_scan(2, 12)},
      {"helical", even_helix(3, 60, 170)},
      {"helical, odd", even_helix(2, 61, 150)},
      {"flying focal spot", flying},
      {"flying focal spot, helical", flying_on},
      {"flat detector", flat},
      {"one row", small_scan(1, 90)},
      {"one row, odd", small_scan(1, 61)},
      {"one row, short scan", first_part(small_scan(1, 90), 240.0)},
      {"short scan", first_part(small_scan(2, 90), 220.0)},
      {"nearly a full turn", first_part(small_scan(2, 61), 350.0)},
      {"short scans, flying focal spot", first_part(small_scan(2, 64, {-1.0, 1.0}), 264.0)}};
  ScanGeometry& stepping = cases.back().geometry;
  fly(stepping, {{-0.34, 0.0, 0.0}, {0.34, 0.0, 0.0}});
  for (const Case& c : cases) {
    INFO(c.name);
    const LineIntegrals scan = random_scan(c.geometry);
    const Index views = c.geometry.views();
    const Rebinned whole = in_blocks(scan, views, {views});
    CHECK(same(rebin(scan, isa()), whole));
    CHECK(same(in_blocks(scan, 1, {1}), whole));
    CHECK(same(in_blocks(scan, 16, {16, 5, 1}), whole));
  }
}

TEST_CASE("a line is made of the views about its own: six of them in every column") {
  // Only one view holds something: it reaches the lines whose rays it measured, and no others.
  const ScanGeometry g = small_scan(2, 90);
  LineIntegrals scan(g);
  std::ranges::fill(scan.values(), 0.0f);
  constexpr Index lit = 2;  // near the first: the turn closes over it
  std::ranges::fill(scan.view(lit), 1.0f);
  const Rebinned lines = in_blocks(scan, 8, {8});
  const double fan = std::max(-g.fan_angle(0.0), g.fan_angle(double(g.columns - 1)));
  const Index half = lines.angles() / 2;
  for (Index n = 0; n < lines.lines(); ++n) {
    const double apart = std::remainder(lines.angle(n) - g.view_angles[lit], 2 * std::numbers::pi);
    const double reach = fan + 4.0 * 2.0 * std::numbers::pi / 90.0;
    const auto line = lines.line(n / half, n % half);
    const bool met = std::ranges::any_of(line, [](float x) { return x != 0.0f; });
    if (std::abs(apart) > reach) CHECK(!met);
    if (std::abs(apart) < fan) CHECK(met);
  }
}
