#include "vitrine/recon/kernel.hpp"

#include <numbers>
#include <utility>

#include "vitrine/core/math.hpp"
#include "vitrine/recon/measured_kernels.hpp"

namespace vitrine::recon {
namespace {

constexpr double pi = std::numbers::pi;
constexpr Unit per_mm{"per_mm", 1.0};

/// Just below the sampling limit of a 0.58 mm cell (at the isocentre), a common one.
constexpr double default_cutoff = 0.85;

/// Windows that end at a cutoff and have no other parameter. `Window` offers `kind`, `summary` and
/// `gain(x)` for x = f / cutoff in [0, 1].
template <class Window>
class Windowed final : public Kernel {
 public:
  struct Params {
    double cutoff = default_cutoff;  ///< 1/mm
    std::string name = {};
  };
  static const Schema<Params>& schema() {
    static const auto s =
        Schema<Params>(Window::kind, Window::summary)
            .optional("cutoff", &Params::cutoff, per_mm, "frequency at the isocentre where it ends")
            .between(0.05, 5)
            .optional("name", &Params::name, kernel_name_doc)
            .name_of_at_most(longest_kernel_name)
            .unless_default();
    return s;
  }
  explicit Windowed(Params p) : cutoff_(p.cutoff) {}
  double gain(double f) const override { return f > cutoff_ ? 0.0 : Window::gain(f / cutoff_); }

 private:
  double cutoff_;
};

struct Ramp {
  static constexpr auto kind = "ramp", summary = "No window: the sharpest and noisiest (Ram-Lak)";
  static double gain(double) { return 1.0; }
};
struct SheppLogan {
  static constexpr auto kind = "shepp_logan", summary = "sinc(f / 2 cutoff)";
  static double gain(double x) { return math::sinc(0.5 * x); }
};
struct Cosine {
  static constexpr auto kind = "cosine", summary = "cos(pi f / 2 cutoff)";
  static double gain(double x) { return std::max(0.0, math::cos(0.5 * pi * x)); }
};
struct Hann {
  static constexpr auto kind = "hann", summary = "0.5 + 0.5 cos(pi f / cutoff)";
  static double gain(double x) { return std::max(0.0, 0.5 + 0.5 * math::cos(pi * x)); }
};
struct Hamming {
  static constexpr auto kind = "hamming", summary = "0.54 + 0.46 cos(pi f / cutoff)";
  static double gain(double x) { return 0.54 + 0.46 * math::cos(pi * x); }
};

class Butterworth final : public Kernel {
 public:
  struct Params {
    double cutoff = 0.5;  ///< 1/mm
    std::int64_t order = 4;
    std::string name = {};
  };
  static const Schema<Params>& schema() {
    static const auto s =
        Schema<Params>("butterworth", "1 / sqrt(1 + (f / cutoff)^(2 order))")
            .optional("cutoff", &Params::cutoff, per_mm, "frequency where the gain is 0.71")
            .between(0.05, 5)
            .optional("order", &Params::order, "steepness")
            .between(1, 20)
            .optional("name", &Params::name, kernel_name_doc)
            .name_of_at_most(longest_kernel_name)
            .unless_default();
    return s;
  }
  explicit Butterworth(Params p) : p_(std::move(p)) {}
  double gain(double f) const override {
    return f > 0.0 ? 1.0 / std::sqrt(1.0 + math::pow(f / p_.cutoff, 2.0 * double(p_.order))) : 1.0;
  }

 private:
  Params p_;
};

/// The family of a console: a Hann window times a parabola that lifts the middle frequencies,
/// (1 + boost x^2) (0.5 + 0.5 cos(pi x)), x = f / cutoff.
template <class Preset>
class Boosted final : public Kernel {
 public:
  struct Params {
    double cutoff = Preset::cutoff;  ///< 1/mm
    double boost = Preset::boost;
    std::string name = {};
  };
  static const Schema<Params>& schema() {
    static const auto s =
        Schema<Params>(Preset::kind, Preset::summary)
            .optional("cutoff", &Params::cutoff, per_mm, "frequency at the isocentre where it ends")
            .between(0.05, 5)
            .optional("boost", &Params::boost,
                      "lift of the middle frequencies; above 2.47 it overshoots 1")
            .between(0, 50)
            .optional("name", &Params::name, kernel_name_doc)
            .name_of_at_most(longest_kernel_name)
            .unless_default();
    return s;
  }
  explicit Boosted(Params p) : p_(p) {}
  double gain(double f) const override {
    const double x = f / p_.cutoff;
    return x > 1.0 ? 0.0 : (1.0 + p_.boost * x * x) * Hann::gain(x);
  }

 private:
  Params p_;
};

struct Soft {
  static constexpr auto kind = "soft", summary = "Smooth, for soft tissue at low dose";
  static constexpr double cutoff = 0.76, boost = 0.0;
};
struct Standard {
  static constexpr auto kind = "standard", summary = "The all-round body kernel";
  static constexpr double cutoff = 0.84, boost = 0.8;
};
struct Smooth {
  static constexpr auto kind = "smooth", summary = "Smoother than soft, for the brain";
  static constexpr double cutoff = 0.62, boost = 0.0;
};
struct Detail {
  static constexpr auto kind = "detail", summary = "Between standard and sharp";
  static constexpr double cutoff = 0.96, boost = 2.4;
};
struct UltraSharp {
  static constexpr auto kind = "ultra_sharp", summary = "For the inner ear and the finest bone";
  static constexpr double cutoff = 1.35, boost = 7.5;
};
struct Sharp {
  static constexpr auto kind = "sharp", summary = "Edge-enhancing, for lung and bone";
  static constexpr double cutoff = 1.20, boost = 6.0;
};

}  // namespace

const Catalogue<Kernel>& kernels() {
  static const auto all = [] {
    Catalogue<Kernel> c("kernel", "The window on the ramp filter");
    c.add<Windowed<Ramp>>()
        .add<Windowed<SheppLogan>>()
        .add<Windowed<Cosine>>()
        .add<Windowed<Hann>>()
        .add<Windowed<Hamming>>()
        .add<Butterworth>()
        .add<Boosted<Smooth>>()
        .add<Boosted<Soft>>()
        .add<Boosted<Standard>>()
        .add<Boosted<Detail>>()
        .add<Boosted<Sharp>>()
        .add<Boosted<UltraSharp>>()
        .add<RollOff>()
        .add<TableKernel>();
    return c;
  }();
  return all;
}

const Catalogue<Kernel>& catalogue_for(const Kernel*) { return kernels(); }

double frequency_at(const Kernel& kernel, double level) {
  constexpr double step = 1e-4, end = 5.0;
  double found = 0.0;
  for (double f = 0.0; f <= end; f += step)
    if (kernel.gain(f) >= level) found = f + step;
  return found;
}

}  // namespace vitrine::recon
