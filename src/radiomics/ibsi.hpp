#pragma once
#include <set>
#include <string>
#include <tuple>
#include <vector>

#include "vitrine/radiomics/diagnostics.hpp"
#include "vitrine/radiomics/extract.hpp"

/// The Image Biomarker Standardisation Initiative's benchmark for radiomics software: two phantoms
/// and the ways to prepare them (IBSI 1; Zwanenburg et al., Radiology 295 (2020) 328).
namespace vitrine::radiomics::ibsi {

/// An image and its region.
struct Phantom {
  Image image;
  Mask mask;
};

/// The digital phantom: 5 x 4 x 4 voxels of 2 mm, 74 of them in the region.
Phantom digital_phantom();

/// One column of IBSI's reference values: a phantom, and how it is prepared.
struct Benchmark {
  std::string id;     ///< `digital_phantom`, `ct_configA` ... `ct_configE`
  std::string title;  ///< for people
  bool is_ct = true;  ///< of the CT phantom, which is no part of this library; else the digital one
  Settings settings;
};

/// The digital phantom, and configurations A to E of the CT phantom.
std::vector<Benchmark> benchmarks();

/// What identifies a feature's value in IBSI's tables.
struct Key {
  std::string feature;      ///< IBSI code
  std::string aggregation;  ///< IBSI code; DHQ4 ("volume") for families without aggregations
  int percent = 0;          ///< 10 or 90 for BC2M and GBPN, which stand for two features each
  bool operator<(const Key& other) const {
    return std::tie(feature, aggregation, percent) <
           std::tie(other.feature, other.aggregation, other.percent);
  }
};

/// A feature's value with its identity.
struct Value {
  Key key;
  FeatureValue feature;
};

/// Every feature of every family in the region, in each of its aggregations whose code is in
/// `aggregations`. The region must have its surroundings. Families share the threads; values have
/// the same bits for any number of them.
std::vector<Value> measure(const Region& region, const Settings& settings,
                           const std::set<std::string>& aggregations);

/// IBSI's comparison: `value`, rounded to three significant digits (whole numbers: as they are), is
/// within `tolerance` of the reference. Not-a-number never is.
bool agrees(double value, double reference, double tolerance);

}  // namespace vitrine::radiomics::ibsi
