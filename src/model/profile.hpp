#pragma once
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "vitrine/core/schema.hpp"

namespace vitrine {

struct Scanner;

/// A focal spot that a tube has.
struct FocalSpot {
  double width = 1.0, length = 1.0;  ///< mm, as of a scanner
  static const Schema<FocalSpot>& schema();
};

/// What the console of a type of scanner offers.
struct Console {
  double scan_field = 500.0;           ///< mm, diameter
  double collimation = 40.0;           ///< mm at the isocentre, all rows
  std::vector<double> tube_voltages;   ///< keV, ascending
  double lowest_tube_current = 10.0;   ///< mA
  double highest_tube_current = 500.;  ///< mA
  std::vector<double> rotation_times;  ///< s, ascending
  std::vector<FocalSpot> focal_spots;  ///< the scanner's own is one of them
  static const Schema<Console>& schema();
};

/// What a type of scanner calls one of the generic kernels, by the MTF that its images have.
struct OwnKernel {
  std::string name;                 ///< the generic kernel that it stands for
  std::string like;                 ///< what the vendor calls such a kernel
  double mtf50 = 0.0, mtf10 = 0.0;  ///< 1/mm at the isocentre
  static const Schema<OwnKernel>& schema();
};

/// What a passport must find (`vitrine qa --scanner`), and how near.
struct Targets {
  double tube_voltage = 120.0;        ///< keV
  std::optional<double> body_ctdi;    ///< CTDIw in 32 cm, mGy per 100 mAs; none: not compared
  std::optional<double> head_ctdi;    ///< CTDIw in 16 cm
  double ctdi_tolerance = 0.1;        ///< relative
  double water_tolerance = 4.0;       ///< HU, in the middle of 20 cm of water
  double uniformity_tolerance = 4.0;  ///< HU between rim and middle
  double mtf_tolerance = 0.1;         ///< relative, of both frequencies
  double exponent_tolerance = 0.05;   ///< of noise against dose, about -0.5
  double slice_tolerance = 0.1;  ///< relative, of slices of 2 mm and more; IEC 61223-3-5 lets more
  static const Schema<Targets>& schema();
};

/// Where numbers of a profile come from, or how little is known of them.
struct Provenance {
  std::vector<std::string> keys;      ///< `columns`, `detector.thickness_mm`, `bowtie` (all in it)
  std::string source;                 ///< a publication; of uncertain numbers the reason
  bool uncertain = false;             ///< not published: the numbers are a guess within a range
  std::vector<double> range;          ///< lowest and highest, in the unit of the key
  std::vector<double> range_percent;  ///< likewise, of the numbers there, in percent
  static const Schema<Provenance>& schema();
};

/// What is known of a type of scanner beside its physics: nothing here changes a scan by itself,
/// but that `kernels` say what a kernel's name means on it.
struct Profile {
  std::string vendor, modelled_on;
  std::int64_t year = 0;
  Console console;
  std::vector<OwnKernel> kernels;
  Targets targets;
  std::vector<Provenance> provenance;
  static const Schema<Profile>& schema();
};

/// A number, or a list of numbers, of which a profile knows a range only.
struct UncertainNumber {
  std::string key;
  bool relative = false;         ///< the range is a share of the numbers there
  double low = 0.0, high = 0.0;  ///< in the unit of the key; relative: 0.1 is 10 % more
};

/// In the order of the profile; none without one. What a console offers and what a passport must
/// find are no property of a machine, so that they are left out.
std::vector<UncertainNumber> uncertain_numbers(const Scanner& scanner);

/// A value for an uncertain number.
struct ChosenNumber {
  UncertainNumber of;
  double value = 0.0;  ///< in the unit of the key; relative: what is added, 0.1 is 10 % more
};

/// The scanner with these in place of its own; whole numbers are rounded. Throws Error (input)
/// where the scanner cannot be so.
Scanner with_numbers(const Scanner& scanner, std::span<const ChosenNumber> chosen);

/// The numbers that a scanner's file gives without saying where they come from, as keys; `written`
/// is the file as it was read. All of them without a profile.
std::vector<std::string> without_provenance(const Scanner& scanner, const Value& written);

}  // namespace vitrine
