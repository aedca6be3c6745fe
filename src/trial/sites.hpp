#pragma once
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "vitrine/core/distribution.hpp"
#include "vitrine/core/table.hpp"
#include "vitrine/model/scanner.hpp"

namespace vitrine::trial {

struct Arms;
struct Scenario;

/// What the deviations of each site's machine are drawn from; none where nothing is said.
struct SiteDeviations {
  Distribution tube_output, calibration_offset, calibration_scale, kernel_frequency,
      slice_thickness;                        ///< as in Deviations
  Distribution focal_spot, electronic_noise;  ///< relative, of the scanner's own
  static const Schema<SiteDeviations>& schema();
};

/// Sites that have a machine of the same type each.
struct Sites {
  std::int64_t count = 1;
  std::string scanner;  ///< name of one of Arms::scanners; empty: of each of them
  SiteDeviations deviations;
  bool draw_uncertain = false;  ///< numbers that the scanner's profile calls uncertain
  static const Schema<Sites>& schema();
};

/// One site: a machine of its own.
struct Site {
  std::string name;     ///< of its scanner: `generic_a64_site1`
  std::string scanner;  ///< the type's name
  Deviations deviations;
  double focal_spot = 0.0, electronic_noise = 0.0;  ///< relative
  std::vector<ChosenNumber> uncertain;              ///< that were drawn
};

/// The names that scanners have in a trial: a type with sites has theirs, site after site.
std::vector<std::string> scanner_names(const Arms& arms);

/// The scanner of a site. All deviations 0: the type under the site's name.
Scanner machine_of(const Scanner& type, const Site& site);

/// Put the sites' machines in the place of their types. A selector that names a type means its
/// first site.
///
/// Each deviation is drawn from the trial's seed and the site's name, so that another site, or
/// another deviation, changes none of them.
std::vector<Site> install_sites(Scenario& scenario);

/// `sites.csv`: what was drawn, the truth of the site effects. No columns without sites.
Table site_table(std::span<const Site> sites);

/// Sites of scanners that are not there, names that meet, and machines that cannot be.
void check_sites(const Scenario& scenario, const Value& node, Diagnostics& problems);

}  // namespace vitrine::trial
