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

/// A standard orientation, or one oblique to it.
class Turned : public Orientation {
 public:
  using Params = Turns;
  explicit Turned(Params by) : by_(by) {}
  Mat3 axes(const Mat3& gantry) const final {
    const double a = by_.about_rows, b = by_.about_columns;
    if (a == 0.0 && b == 0.0) return standard(gantry);
    Mat3 rows, columns;
    rows << 1, 0, 0, 0, math::cos(a), -math::sin(a), 0, math::sin(a), math::cos(a);
    columns << math::cos(b), 0, -math::sin(b), 0, 1, 0, math::sin(b), 0, math::cos(b);
    return standard(gantry) * rows * columns;
  }

 private:
  virtual Mat3 standard(const Mat3& gantry) const = 0;
  Params by_;
};

class Axial final : public Turned {
 public:
  using Turned::Turned;
  static const Schema<Params>& schema() {
    static const auto s = turns("axial", "Parallel to the gantry's plane (the default)");
    return s;
  }

 private:
  Mat3 standard(const Mat3& gantry) const override { return gantry; }
};

class Coronal final : public Turned {
 public:
  using Turned::Turned;
  static const Schema<Params>& schema() {
    static const auto s = turns("coronal", "Seen from the front, the head up; slices go backwards");
    return s;
  }

 private:
  Mat3 standard(const Mat3&) const override {
    Mat3 m;
    m << 1, 0, 0, 0, 0, 1, 0, -1, 0;
    return m;
  }
};

class Sagittal final : public Turned {
 public:
  using Turned::Turned;
  static const Schema<Params>& schema() {
    static const auto s =
        turns("sagittal", "Seen from the left, the head up; slices go to the right");
    return s;
  }

 private:
  Mat3 standard(const Mat3&) const override {
    Mat3 m;
    m << 0, 0, -1, 1, 0, 0, 0, -1, 0;
    return m;
  }
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
