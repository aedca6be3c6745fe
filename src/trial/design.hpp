#pragma once
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "vitrine/trial/factors.hpp"

namespace vitrine::trial {

/// The scanners of a study: their names, and of each its type's, which is its own unless it is a
/// site's machine.
struct ScannerNames {
  std::vector<std::string> names, types;
};

/// What a design combines: so many levels of each factor.
struct DesignSpace {
  std::vector<std::string> scanners;             ///< their names
  std::vector<std::string> scanner_types;        ///< of sites' machines; empty: there are none
  std::vector<std::string> factors;              ///< the first is `scanner`
  std::vector<std::vector<std::size_t>> levels;  ///< how many, [scanner][factor]; at least 1
  std::vector<std::size_t> reference;            ///< the level of `arms.reference`, of each factor
  std::uint64_t seed = 0;                        ///< the trial's
};

/// An arm, by the numbers of its levels from 0: the scanner, then each factor's among that
/// scanner's levels.
using DesignRow = std::vector<std::size_t>;

/// Most arms that a study may have.
inline constexpr std::size_t most_arms = 10'000;

/// How the levels of factors combine to arms.
class Design {
 public:
  virtual ~Design() = default;

  /// The levels that arms of one of the scanners are made of; empty lists leave the protocol's
  /// value. `vary` is the study's, `fixed` has the protocol's one value of each factor.
  virtual Factors levels(const Factors& vary, const Factors& fixed, const ScannerNames& scanners,
                         std::size_t scanner) const;

  /// Reports what makes no design. `arms` is the block that holds `design` and `vary`.
  virtual void check(const DesignSpace& space, const Value& arms, Diagnostics& problems) const;

  /// The arms; equal arguments give equal arms on every machine. Throws an Error that says what is
  /// wrong where the levels cannot be combined so.
  virtual std::vector<DesignRow> rows(const DesignSpace& space) const = 0;

  /// Whether it takes a factor's levels from an interval, evenly.
  virtual bool is_interval(std::string_view /*factor*/) const { return false; }

  /// Where the arm of one of the rows was written.
  virtual Location place_of(const DesignSpace& space, const Value& design, std::size_t row) const;
};

/// Whether what stands at a key of `arms.vary` is a level or more: a scenario's canonical form has
/// an empty list for every other factor.
bool names_levels(const Value& levels);

/// The built-in designs.
const Catalogue<Design>& designs();
const Catalogue<Design>& catalogue_for(const Design*);

/// Every combination.
Pick<Design> default_design();

/// Every combination of the levels, the last factor's changing fastest.
std::vector<DesignRow> every_combination(const DesignSpace& space);

/// Whether the arms of any scanner may differ in a factor.
bool varies(const DesignSpace& space, std::size_t factor);

}  // namespace vitrine::trial

namespace vitrine {

/// A design without parameters is its kind alone: `full_factorial`.
template <>
struct Codec<Pick<trial::Design>> {
  static void describe(FieldInfo& field);
  static void read(const Value& value, Pick<trial::Design>& out, const FieldInfo&, double,
                   Diagnostics& problems);
  static Value write(const Pick<trial::Design>& pick, double);
};

}  // namespace vitrine
