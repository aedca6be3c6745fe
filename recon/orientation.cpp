#include "vitrine/recon/orientation.hpp"

#include "vitrine/core/math.hpp"
#include "vitrine/core/units.hpp"

namespace vitrine::recon {
namespace {

/// What makes a standard orientation oblique.
struct Turns {
  double about_rows = 0.0, about_columns = 0.0;  ///< rad
};

Schema<Turns> turns(std::string_view kind, std::string_view summary) {
  return Schema<Turns>(kind, summary)
      .optional("about_rows", &Turns::about_rows, unit::deg,
                "oblique slices: turned about the rows, the lower edge towards the next slices")
      .between(-90, 90)
      .optional("about_columns", &Turns::about_columns, unit::deg,
                "then about the columns, the right edge towards the next slices")
      .between(-90, 90);
}

Mat3 turned(const Mat3& standard, const Turns& by) {
  if (by.about_rows == 0.0 && by.about_columns == 0.0) return standard;
  const double a = by.about_rows, b = by.about_columns;
  Mat3 rows, columns;
  rows << 1, 0, 0, 0, math::cos(a), -math::sin(a), 0, math::sin(a), math::cos(a);
  columns << math::cos(b), 0, -math::sin(b), 0, 1, 0, math::sin(b), 0, math::cos(b);
  return standard * rows * columns;
}

class Axial final : public Orientation {
 public:
  using Params = Turns;
  static const Schema<Params>& schema() {
    static const auto s = turns("axial", "Parallel to the gantry's plane (the default)");
    return s;
  }
  explicit Axial(Params by) : by_(by) {}
  Mat3 axes(const Mat3& gantry) const override { return turned(gantry, by_); }

 private:
  Params by_;
};

class Coronal final : public Orientation {
 public:
  using Params = Turns;
  static const Schema<Params>& schema() {
    static const auto s = turns("coronal", "Seen from the front, the head up; slices go backwards");
    return s;
  }
  explicit Coronal(Params by) : by_(by) {}
  Mat3 axes(const Mat3&) const override {
    Mat3 m;
    m << 1, 0, 0, 0, 0, 1, 0, -1, 0;
    return turned(m, by_);
  }

 private:
  Params by_;
};

class Sagittal final : public Orientation {
 public:
  using Params = Turns;
  static const Schema<Params>& schema() {
    static const auto s =
        turns("sagittal", "Seen from the left, the head up; slices go to the right");
    return s;
  }
  explicit Sagittal(Params by) : by_(by) {}
  Mat3 axes(const Mat3&) const override {
    Mat3 m;
    m << 0, 0, -1, 1, 0, 0, 0, -1, 0;
    return turned(m, by_);
  }

 private:
  Params by_;
};

}  // namespace

std::string plane_of(const Mat3& axes) {
  constexpr const char* planes[] = {"sagittal", "coronal", "axial"};
  constexpr double straight = 1.0 - 1e-9;
  Index nearest = 0;
  const double along = axes.col(2).cwiseAbs().maxCoeff(&nearest);
  return str(along > straight ? "" : "oblique_", planes[nearest]);
}

const Catalogue<Orientation>& orientations() {
  static const auto all = [] {
    Catalogue<Orientation> c("orientation", "How slices lie");
    c.add<Axial>();
    c.add<Coronal>();
    c.add<Sagittal>();
    return c;
  }();
  return all;
}

const Catalogue<Orientation>& catalogue_for(const Orientation*) { return orientations(); }

}  // namespace vitrine::recon
