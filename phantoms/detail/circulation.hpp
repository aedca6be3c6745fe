#pragma once
#include <cstddef>
#include <vector>

#include "vitrine/phantoms/iodine_curves.hpp"

namespace vitrine::phantoms::detail {

/// Iodine leaves `from` at `rate` times what is there, 1/s, and enters `to`.
struct Edge {
  std::size_t from = 0, to = 0;
  double rate = 0.0;
};

/// Share of cells in blood (ICRP 89): iodine is in the plasma alone.
inline double haematocrit(bool female) { return female ? 0.40 : 0.45; }

/// A body's blood and tissues as well-mixed volumes and what flows between them.
class Circulation {
 public:
  static constexpr std::size_t bladder = 0;  ///< takes what is excreted
  struct Part {
    std::vector<std::size_t> nodes;
    double volume = 0.0;  ///< mm^3 of tissue
  };

  explicit Circulation(const Physique& body);

  /// All transfers while the syringe pushes `pushed` mm^3/s through the arm's vein.
  std::vector<Edge> edges(double pushed) const;

  std::vector<double> volumes;  ///< mm^3, of each node
  std::vector<Part> parts;      ///< of each compartment
  std::size_t entrance = 0;     ///< node that the injection enters

 private:
  struct Organ;
  struct OrganNodes {
    std::size_t blood = 0, interstitium = 0;
  };
  std::size_t node(double volume);
  void belongs(Compartment compartment, std::size_t node);
  /// `flow` in mm^3/s of blood
  void flows(std::size_t from, std::size_t to, double flow);
  OrganNodes organ(const Organ& entry, double blood);

  bool female_;
  double blood_volume_, output_, scale_;
  std::vector<Edge> edges_;
  std::vector<std::size_t> arm_;  // nodes of the injected vein, in the order of flow
  double arm_flow_ = 0.0;         // mm^3/s, without the syringe
};

}  // namespace vitrine::phantoms::detail
