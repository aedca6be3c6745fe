// Every way of moving; a new one is a class and a line in the list at the end.
#include "vitrine/phantoms/motion.hpp"

#include <algorithm>
#include <cmath>
#include <numbers>

#include "vitrine/core/math.hpp"

namespace vitrine::phantoms {
namespace {

double square(double x) { return x * x; }

/// x modulo 1, in [0, 1).
double phase_of(double x) { return x - std::floor(x); }

/// Free breathing. The lungs have their usual volume at the end of inspiration and rest below it:
/// cos^4, the form of Lujan et al., Med Phys 26 (1999) 715, with more time spent near exhalation.
class Breathing final : public Motion {
 public:
  struct Params {
    Distribution amplitude{0.06}, period{4.0};
  };
  static const Schema<Params>& schema() {
    static const auto s = Schema<Params>("breathing", "Free breathing during the scan")
                              .optional("amplitude", &Params::amplitude, unit::percent,
                                        "volume that the lungs lose between breaths")
                              .between(0, 40)
                              .optional("period", &Params::period, unit::s, "time of a breath")
                              .between(1, 20);
    return s;
  }
  explicit Breathing(Params p) : p_(std::move(p)) {}
  void move(Stance& stance, double time, double strength, Rng rng) const override {
    const double amplitude = p_.amplitude.sample(rng), period = p_.period.sample(rng);
    const double inhaled =
        square(square(math::cos(std::numbers::pi * (time / period + rng.uniform()))));
    stance.state.inspiration *= 1.0 - strength * amplitude * (1.0 - inhaled);
  }

 private:
  Params p_;
};

/// The beating heart. Contraction takes 0.35 of a cycle of 60 a minute and relaxation 0.2, both
/// nearly independent of the rate (Weissler et al., Circulation 37 (1968) 149: electromechanical
/// systole 546 ms - 2.1 ms per beat and minute); diastole is what remains.
class Heartbeat final : public Motion {
 public:
  struct Params {
    Distribution rate{65.0};
  };
  static const Schema<Params>& schema() {
    static const auto s = Schema<Params>("heartbeat", "The beating heart")
                              .optional("rate_per_min", &Params::rate, "beats per minute")
                              .between(30, 200);
    return s;
  }
  explicit Heartbeat(Params p) : p_(std::move(p)) {}
  void move(Stance& stance, double time, double strength, Rng rng) const override {
    const double rate = p_.rate.sample(rng), cycle = 60.0 / rate;
    const double systole = std::min(0.546 - 0.0021 * rate, 0.5 * cycle);
    const double relaxation = std::min(0.2, 0.4 * cycle);
    const double t = cycle * phase_of(time / cycle + rng.uniform());
    double contracted = 0.0;
    constexpr double quarter = 0.5 * std::numbers::pi;
    if (t < systole)
      contracted = square(math::sin(quarter * t / systole));
    else if (t < systole + relaxation)
      contracted = square(math::cos(quarter * (t - systole) / relaxation));
    stance.state.systole = strength * contracted;
  }

 private:
  Params p_;
};

/// The patient shifts once, in a direction that is as likely as any other.
class Shift final : public Motion {
 public:
  struct Params {
    Distribution distance{5.0}, start = Distribution::uniform(0.0, 2.0), duration{0.5};
  };
  static const Schema<Params>& schema() {
    static const auto s =
        Schema<Params>("shift", "The whole patient moves once, in any direction")
            .optional("distance", &Params::distance, unit::mm, "how far")
            .between(0, 50)
            .optional("start", &Params::start, unit::s, "after the start of the scan")
            .between(0, 60)
            .optional("duration", &Params::duration, unit::s, "from start to end")
            .between(0.01, 60);
    return s;
  }
  explicit Shift(Params p) : p_(std::move(p)) {}
  void move(Stance& stance, double time, double strength, Rng rng) const override {
    const double distance = p_.distance.sample(rng), start = p_.start.sample(rng);
    const double duration = p_.duration.sample(rng);
    Vec3 direction(rng.normal(), rng.normal(), rng.normal());
    direction.normalize();
    const double part = std::clamp((time - start) / duration, 0.0, 1.0);
    stance.pose.translation +=
        strength * distance * square(math::sin(0.5 * std::numbers::pi * part)) * direction;
  }

 private:
  Params p_;
};

}  // namespace

const Catalogue<Motion>& motions() {
  static const auto all = Catalogue<Motion>("motion", "Ways in which a patient moves during a scan")
                              .add<Breathing>()
                              .add<Heartbeat>()
                              .add<Shift>();
  return all;
}

const Catalogue<Motion>& catalogue_for(const Motion*) { return motions(); }

Stance stance_at(const Stance& still, const std::vector<Pick<Motion>>& motions, double time,
                 double strength, const Stream& stream) {
  Stance stance = still;
  for (std::size_t i = 0; i < motions.size(); ++i)
    motions[i]->move(stance, time, strength, Rng(stream, i));
  return stance;
}

}  // namespace vitrine::phantoms
