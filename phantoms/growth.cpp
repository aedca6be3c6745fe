// Every model of growth and response; a new one is a class and a line in the list at the end.
#include "vitrine/phantoms/growth.hpp"

#include <cmath>
#include <numbers>

#include "vitrine/core/math.hpp"

namespace vitrine::phantoms {
namespace {

/// 2^(days / time).
double doublings(double days, double time) { return math::exp(std::numbers::ln2 * days / time); }

class Stable final : public Growth {
 public:
  struct Params {};
  static const Schema<Params>& schema() {
    static const auto s = Schema<Params>("stable", "The same size at every visit");
    return s;
  }
  explicit Stable(Params) {}
  double volume_ratio(double, Rng) const override { return 1.0; }
};

/// Volume-doubling times of solid lung cancers scatter about 160 days, log-normally (Henschke et
/// al., Radiology 263 (2012) 578: median 98 days in screening rounds, most below 400).
class Exponential final : public Growth {
 public:
  struct Params {
    Distribution doubling_time = Distribution::lognormal(160.0, 0.5);
  };
  static const Schema<Params>& schema() {
    static const auto s = Schema<Params>("exponential", "Doubles in equal times")
                              .optional("doubling_time_days", &Params::doubling_time,
                                        "time in which the volume doubles")
                              .between(5, 10000);
    return s;
  }
  explicit Exponential(Params p) : p_(std::move(p)) {}
  double volume_ratio(double days, Rng rng) const override {
    return doublings(days, p_.doubling_time.sample(rng));
  }

 private:
  Params p_;
};

/// V(t) = V0 exp(ln(K) (1 - exp(-b t))): K-fold at last, b so that growth starts with the given
/// doubling time (Laird, Br J Cancer 18 (1964) 490).
class Gompertz final : public Growth {
 public:
  struct Params {
    Distribution doubling_time{60.0}, plateau{20.0};
  };
  static const Schema<Params>& schema() {
    static const auto s =
        Schema<Params>("gompertz", "Grows ever more slowly towards a largest size")
            .optional("doubling_time_days", &Params::doubling_time,
                      "time in which the volume would double at the baseline's rate")
            .between(5, 10000)
            .optional("plateau", &Params::plateau, "largest volume over the baseline's")
            .between(1.01, 1e6);
    return s;
  }
  explicit Gompertz(Params p) : p_(std::move(p)) {}
  double volume_ratio(double days, Rng rng) const override {
    const double time = p_.doubling_time.sample(rng), limit = math::log(p_.plateau.sample(rng));
    const double rate = std::numbers::ln2 / (time * limit);
    return math::exp(limit * (1.0 - math::exp(-rate * days)));
  }

 private:
  Params p_;
};

/// Sensitive cells die exponentially, resistant ones grow from the start: V = V0 ((1 - r) 2^(-t/h)
/// + r 2^(t/d)), as in the regression-growth model of Stein et al., Oncologist 13 (2008) 1046.
class TreatmentResponse final : public Growth {
 public:
  struct Params {
    Distribution half_life{30.0}, resistant{0.1}, doubling_time{150.0};
  };
  static const Schema<Params>& schema() {
    static const auto s =
        Schema<Params>("response", "Shrinks under treatment, and regrows from what resists")
            .optional("half_life_days", &Params::half_life,
                      "time in which the sensitive part halves")
            .between(1, 10000)
            .optional("resistant", &Params::resistant, "share of the volume that resists")
            .between(0, 1)
            .optional("doubling_time_days", &Params::doubling_time,
                      "time in which the resistant part doubles")
            .between(5, 10000);
    return s;
  }
  explicit TreatmentResponse(Params p) : p_(std::move(p)) {}
  double volume_ratio(double days, Rng rng) const override {
    const double half_life = p_.half_life.sample(rng), resistant = p_.resistant.sample(rng);
    const double doubling = p_.doubling_time.sample(rng);
    return (1.0 - resistant) * doublings(-days, half_life) + resistant * doublings(days, doubling);
  }

 private:
  Params p_;
};

}  // namespace

const Catalogue<Growth>& growths() {
  static const auto all = Catalogue<Growth>("growth", "How lesions change from visit to visit")
                              .add<Stable>()
                              .add<Exponential>()
                              .add<Gompertz>()
                              .add<TreatmentResponse>();
  return all;
}

const Catalogue<Growth>& catalogue_for(const Growth*) { return growths(); }

}  // namespace vitrine::phantoms
