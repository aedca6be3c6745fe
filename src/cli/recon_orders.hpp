#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "vitrine/cli/recon_scan.hpp"
#include "vitrine/core/catalogue.hpp"
#include "vitrine/recon/algorithm.hpp"
#include "vitrine/recon/corrections.hpp"
#include "vitrine/recon/denoise.hpp"
#include "vitrine/recon/kernel.hpp"

namespace vitrine::cli {

/// What `vitrine recon` was asked for.
struct ReconOptions {
  std::string file, kernel, algorithm, out, corrections, orientation;
  std::optional<double> thickness, increment, field_of_view, noise_reduction;
  std::optional<std::int64_t> matrix, slices;
  std::vector<double> centre;
  std::vector<std::string> formats{"nifti"};
  bool info = false;

  bool order() const {
    return !kernel.empty() || thickness || increment || field_of_view || noise_reduction ||
           matrix || slices || !centre.empty() || !corrections.empty() || !algorithm.empty() ||
           !orientation.empty();
  }
};

/// One image to be made.
struct ReconOrder {
  std::string name;
  Pick<recon::Kernel> kernel;
  double thickness = 0.0;
  RawScan::Box box;
  recon::Denoise denoise{.reduction = 0.0};
  Pick<recon::Algorithm> algorithm = recon::default_algorithm();
  recon::Corrections corrections = {};
};

/// As a header has it: nothing for the default.
std::string canonical(const recon::Corrections& corrections);
std::string canonical(const Pick<recon::Algorithm>& algorithm);
std::string kind_of(const Pick<recon::Algorithm>& algorithm);

/// The images that the options ask for: without any, those that the scan tells of. Throws Error
/// (input) where an image cannot be made of it.
std::vector<ReconOrder> orders_of(const ReconOptions& options, const ScanSource& source);

}  // namespace vitrine::cli
