#pragma once
#include <cstddef>
#include <cstdint>

#include "vitrine/core/isa.hpp"

/// The boundary to the Monte Carlo's hot kernel: plain data in, sums out.
namespace vitrine::physics::carlo::detail {

/// Tables over energy: equal steps between powers of two, so that a float's own bits are the place.
inline constexpr float lowest_energy = 4.0f;  ///< keV
inline constexpr int energy_steps_log2 = 7;   ///< 128 to the octave
inline constexpr int energy_octaves = 6;      ///< to 256 keV
inline constexpr int energy_points = (energy_octaves << energy_steps_log2) + 1;
/// Tables over the square of the momentum transfer, 1/A^2.
inline constexpr float lowest_square = 0x1p-14f;
inline constexpr int square_steps_log2 = 5;
inline constexpr int square_octaves = 23;
inline constexpr int square_points = (square_octaves << square_steps_log2) + 1;

/// Below, a photon is taken up where it is, keV: its range is 0.2 mm of water.
inline constexpr float cut_off = 5.0f;

/// What scattered a photon before it reached the detector.
/// `energy_square` sums the energy of the scattered times what they leave there.
enum Order : std::int32_t {
  primary,
  single_compton,
  single_rayleigh,
  multiple,
  energy_square,
  orders
};

/// What is at a place.
struct Voxel {
  float density;         ///< g/mm^3
  std::uint16_t medium;  ///< index
  std::uint16_t region;  ///< whose dose it counts for
};

/// An elliptic cylinder along z: y counts `flattening` times.
struct Cylinder {
  float x, y, radius_square, flattening, low, high;
  Voxel content;
};

/// A view: focal spot and the detector's directions, mm, in the object's frame.
struct View {
  float focus[3], across[3], along[3], up[3];
};

/// A choice among equal parts (Walker's alias method).
struct Alias {
  float keep;
  std::int32_t other;
};

/// A column of the coarse detector: its middle's sine and cosine (curved), or its middle (flat),
/// mm.
struct Column {
  float sine, cosine, middle;
};

struct Tables {
  std::int32_t media;
  /// [energy][medium]{mm^2/g, share of Compton, of both scatterings, 1 over the Rayleigh shape's
  /// integral}
  const float* interaction;
  const float* norm;        ///< [energy][medium]: 1 over the Compton shape's integral
  const float* incoherent;  ///< [medium][square]: S
  const float* coherent;    ///< [medium][square]: F^2
  const float* cumulative;  ///< [medium][square]: integral of F^2 from 0
};

struct Job {
  Tables tables;
  const float* majorant;  ///< [energy], 1/mm

  // The object: voxels if there are any, a cylinder with inserts otherwise.
  const Voxel* voxels;
  std::int32_t size[3];
  float low[3], high[3], per_mm[3];
  Cylinder body;
  const Cylinder* inserts;  ///< apart from each other, within the body
  std::int32_t insert_count;

  // The source.
  const View* views;
  std::uint32_t view_count;
  const Alias* view_choice;  ///< none: all views alike
  const Alias* fan;          ///< of the bins of the fan
  std::uint32_t fan_count;
  const float* fan_sine;  ///< of the bins' middles
  const float* fan_cosine;
  float fan_width;      ///< rad, of a bin
  const Alias* energy;  ///< [bin of the fan][bin of energy]
  const float* energies;
  std::uint32_t energy_count;
  float slope_low, slope_high;  ///< dz per in-plane mm

  // The detector: none where columns is 0.
  std::int32_t columns, rows, flat, expected;
  float distance, height;  ///< mm: source to detector, and along z
  const float* edges;      ///< tangents of the columns' edges, ascending
  const Column* middle;
  float column_width;         ///< rad, or mm where flat
  float area;                 ///< mm^2, of all cells
  const float* scintillator;  ///< [energy]: attenuation times thickness; none: all is taken up
  float grid_ratio, grid_open, grid_leak;

  // Ionisation chambers: air kerma by track length.
  const Cylinder* chambers;
  std::int32_t chamber_count;
  const float* kerma;  ///< [energy]: energy times mass energy transfer of air, keV mm^2/g

  float guide;  ///< see Setup; 0: none

  std::uint32_t key[2], draw;
  std::uint64_t first, count;  ///< histories

  // Sums, keV; kerma in keV mm^3/g.
  double* emitted;
  double* escaped;
  double* region;
  double* chamber;
  double* cell;  ///< [order][column][row]
  /// Sums of their own for each view and each bin of the fan: how far apart they are, 0 if shared.
  std::ptrdiff_t cells_per_view, cells_per_bin;
};

/// Draws of one process at one energy, for tests: cosines of the scattering angle.
struct AngleJob {
  Tables tables;
  std::int32_t medium, compton;
  float energy;
  std::uint32_t key[2], draw;
  std::uint64_t count;
  float* cosines;
};

struct Kernels {
  void (*carry)(const Job&);
  void (*angles)(const AngleJob&);
};
const Kernels& kernels(Isa isa);

}  // namespace vitrine::physics::carlo::detail
