// Every solid that a scene file may name; a new one is a class and a line in the list at the end.
#include <algorithm>

#include "vitrine/core/math.hpp"
#include "vitrine/phantoms/import/scene_solid.hpp"
#include "vitrine/phantoms/solids.hpp"

namespace vitrine::phantoms {
namespace {

using Three = std::array<double, 3>;

constexpr double farthest = 2000.0;  // mm: no scene is larger

Vec3 vector(const Three& v) { return {v[0], v[1], v[2]}; }

Mat3 about(int axis, double angle) {
  const double c = math::cos(angle), s = math::sin(angle);
  const int u = (axis + 1) % 3, v = (axis + 2) % 3;
  Mat3 m = Mat3::Identity();
  m(u, u) = m(v, v) = c;
  m(u, v) = -s;
  m(v, u) = s;
  return m;
}

std::vector<Solid::Plane> planes(const std::vector<Cut>& cuts) {
  std::vector<Solid::Plane> out;
  for (const Cut& cut : cuts) out.push_back({vector(cut.normal).normalized(), cut.offset});
  return out;
}

/// What all solids have.
struct Placing {
  Three centre{}, rotation{};  // mm, rad
  std::vector<Cut> cuts;

  Solid place(Solid::Kind kind, const Vec3& half_axes) const {
    Solid solid;
    solid.kind = kind;
    solid.centre = vector(centre);
    solid.half_axes = half_axes;
    solid.axes = about(2, rotation[2]) * about(1, rotation[1]) * about(0, rotation[0]);
    solid.cuts = planes(cuts);
    return solid;
  }
};

template <class Params>
Schema<Params>&& with_placing(Schema<Params>&& schema) {
  return std::move(schema)
      .optional("centre", static_cast<Three Params::*>(&Params::centre), unit::mm,
                "its centre: left, back, head")
      .between(-farthest, farthest)
      .optional("rotation", static_cast<Three Params::*>(&Params::rotation), unit::deg,
                "turned about x, then about y, then about z")
      .between(-360, 360)
      .optional("cuts", static_cast<std::vector<Cut> Params::*>(&Params::cuts),
                "half spaces that it is cut by");
}

class SphereSolid final : public SceneSolid {
 public:
  struct Params : Placing {
    double radius = 1.0;
  };
  static const Schema<Params>& schema() {
    static const auto s = with_placing(Schema<Params>("sphere", "Ball")
                                           .required("radius", &Params::radius, unit::mm, "radius")
                                           .between(0.01, farthest));
    return s;
  }
  explicit SphereSolid(Params p) : p_(std::move(p)) {}
  Solid solid() const override {
    return p_.place(Solid::Kind::ellipsoid, Vec3::Constant(p_.radius));
  }

 private:
  Params p_;
};

/// An ellipsoid, an elliptic cylinder along its z, or a box: by three half axes.
template <Solid::Kind kind>
class ByHalfAxes final : public SceneSolid {
 public:
  struct Params : Placing {
    Three half_axes{1.0, 1.0, 1.0};
  };
  static const Schema<Params>& schema() {
    constexpr const char* name = kind == Solid::Kind::ellipsoid  ? "ellipsoid"
                                 : kind == Solid::Kind::cylinder ? "cylinder"
                                                                 : "box";
    constexpr const char* summary = kind == Solid::Kind::ellipsoid ? "Ellipsoid"
                                    : kind == Solid::Kind::cylinder
                                        ? "Elliptic cylinder along its own z, with flat ends"
                                        : "Box";
    static const auto s = with_placing(Schema<Params>(name, summary)
                                           .required("half_axes", &Params::half_axes, unit::mm,
                                                     "half the extent along its own x, y and z")
                                           .between(0.01, farthest));
    return s;
  }
  explicit ByHalfAxes(Params p) : p_(std::move(p)) {}
  Solid solid() const override { return p_.place(kind, vector(p_.half_axes)); }

 private:
  Params p_;
};

class CapsuleSolid final : public SceneSolid {
 public:
  struct Params {
    Three from{}, to{};
    double radius = 1.0;
    std::vector<Cut> cuts;
  };
  static const Schema<Params>& schema() {
    static const auto s = Schema<Params>("capsule", "All points within a radius of a segment")
                              .required("from", &Params::from, unit::mm, "one end of the segment")
                              .between(-farthest, farthest)
                              .required("to", &Params::to, unit::mm, "the other end")
                              .between(-farthest, farthest)
                              .required("radius", &Params::radius, unit::mm, "radius")
                              .between(0.01, farthest)
                              .optional("cuts", &Params::cuts, "half spaces that it is cut by")
                              .rule("from_mm and to_mm must differ (else it is a sphere)",
                                    [](const Params& p) { return p.from != p.to; });
    return s;
  }
  explicit CapsuleSolid(Params p) : p_(std::move(p)) {}
  Solid solid() const override {
    Placing placing;
    placing.cuts = p_.cuts;
    const Vec3 from = vector(p_.from), along = vector(p_.to) - from;
    Solid solid = placing.place(Solid::Kind::capsule, {p_.radius, p_.radius, 0.5 * along.norm()});
    solid.centre = from + 0.5 * along;
    solid.axes = frame_along(along.normalized());
    return solid;
  }

 private:
  Params p_;
};

class ConeSolid final : public SceneSolid {
 public:
  struct Params {
    Three from{}, to{};
    double radius_from = 1.0, radius_to = 0.0;
    std::vector<Cut> cuts;
  };
  static const Schema<Params>& schema() {
    static const auto s =
        Schema<Params>("cone", "Round cone with flat ends; it is pointed where a radius is 0")
            .required("from", &Params::from, unit::mm, "middle of one end")
            .between(-farthest, farthest)
            .required("to", &Params::to, unit::mm, "middle of the other end")
            .between(-farthest, farthest)
            .required("radius_from", &Params::radius_from, unit::mm, "radius at from_mm")
            .between(0, farthest)
            .required("radius_to", &Params::radius_to, unit::mm, "radius at to_mm")
            .between(0, farthest)
            .optional("cuts", &Params::cuts, "half spaces that it is cut by")
            .rule("from_mm and to_mm must differ (a cone has a height)",
                  [](const Params& p) { return p.from != p.to; })
            .rule("one of radius_from_mm and radius_to_mm must be 0.01 mm or more",
                  [](const Params& p) { return std::max(p.radius_from, p.radius_to) >= 0.01; });
    return s;
  }
  explicit ConeSolid(Params p) : p_(std::move(p)) {}
  Solid solid() const override {
    Solid solid = cone(vector(p_.from), vector(p_.to), p_.radius_from, p_.radius_to);
    solid.cuts = planes(p_.cuts);
    return solid;
  }

 private:
  Params p_;
};

}  // namespace

const Schema<Cut>& Cut::schema() {
  static const auto s =
      Schema<Cut>("cut", "A half space that a solid is cut by: normal . p <= offset is kept")
          .required("normal", &Cut::normal, "direction that points out of what is kept")
          .between(-1e6, 1e6)
          .required("offset", &Cut::offset, unit::mm, "of the plane, along the normal")
          .between(-farthest, farthest)
          .rule("normal must not be zero",
                [](const Cut& c) { return c.normal != std::array<double, 3>{}; });
  return s;
}

const Catalogue<SceneSolid>& scene_solids() {
  static const auto all = Catalogue<SceneSolid>("solid", "Solids that analytic scenes are made of")
                              .add<SphereSolid>()
                              .add<ByHalfAxes<Solid::Kind::ellipsoid>>()
                              .add<ByHalfAxes<Solid::Kind::cylinder>>()
                              .add<CapsuleSolid>()
                              .add<ConeSolid>()
                              .add<ByHalfAxes<Solid::Kind::box>>();
  return all;
}

const Catalogue<SceneSolid>& catalogue_for(const SceneSolid*) { return scene_solids(); }

}  // namespace vitrine::phantoms
