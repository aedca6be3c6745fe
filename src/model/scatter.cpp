#include "vitrine/model/scatter.hpp"

namespace vitrine {

const Schema<AntiScatterGrid>& AntiScatterGrid::schema() {
  static const auto s =
      Schema<AntiScatterGrid>(
          "anti_scatter_grid",
          "Septa along z that point to the focal spot. They take their share of "
          "the primary radiation too, beside fill_factor")
          .optional("ratio", &AntiScatterGrid::ratio,
                    "height of the septa over the gap between two (0: they stop no scatter)")
          .between(0, 100)
          .optional("septa", &AntiScatterGrid::septum_share, unit::percent,
                    "of the detector's width that the septa cover")
          .between(0, 90)
          .optional("transmission", &AntiScatterGrid::transmission, unit::percent,
                    "of what meets a septum")
          .between(0, 100);
  return s;
}

const Schema<Scatter>& Scatter::schema() {
  static const auto s =
      Schema<Scatter>("scatter",
                      "Photons that reach the detector on detours through the patient "
                      "(docs/methods/scatter.md): cupping, dark bands, noise")
          .optional("model", &Scatter::model,
                    "kernel: pencil-beam kernels that the Monte Carlo has made in water; "
                    "monte_carlo: in the patient")
          .one_of({"kernel", "monte_carlo"})
          .optional("strength", &Scatter::strength, "times what physics says (0: no scatter)")
          .between(0, 10)
          .optional("correction", &Scatter::correction,
                    "share of the mean scatter that is subtracted before the logarithm; its noise "
                    "stays")
          .between(0, 1)
          .optional("kernel_histories", &Scatter::kernel_histories,
                    "photons carried through each body of water that the kernels are made in, half "
                    "of them without a grid: fewer are faster and noisier")
          .between(1000, 1e9)
          .optional("precision", &Scatter::precision, unit::percent,
                    "of monte_carlo: standard error of a coarse cell of a view over the mean")
          .between(0.1, 50)
          .optional("most_histories", &Scatter::most_histories,
                    "of monte_carlo: photons per scan that may be needed for it")
          .between(10000, 1e12);
  return s;
}

}  // namespace vitrine
