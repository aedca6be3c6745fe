#include <algorithm>
#include <charconv>
#include <map>

#include "vitrine/io/detail/dicom_items.hpp"
#include "vitrine/io/detail/quiet_dcmtk.hpp"
#include "vitrine/io/dicom_mask.hpp"

namespace vitrine::io {
namespace {

using detail::DicomFile;

/// A contour may leave its slice by this part of a slice's thickness.
constexpr double plane_tolerance = 0.1;

/// A closed polygon in voxel coordinates of a slice.
using Polygon = std::vector<std::array<double, 2>>;

/// Decimal strings, separated by backslashes.
std::vector<double> decimals(const std::string& text, const Path& path) {
  std::vector<double> numbers;
  const char* at = text.data();
  const char* const end = at + text.size();
  while (at < end) {
    while (at < end && (*at == ' ' || *at == '+' || *at == '\\')) ++at;
    if (at == end) break;
    double value = 0;
    const auto [stop, error] = std::from_chars(at, end, value);
    require(error == std::errc() && std::isfinite(value), Error::Kind::data, "'", path.string(),
            "' has a contour with a coordinate that is no number.");
    numbers.push_back(value);
    at = stop;
  }
  return numbers;
}

/// The polygons of one region, by slice.
class Contours {
 public:
  Contours(const Grid& grid, const Path& path) : grid_(grid), path_(path) {}

  void add(const std::vector<double>& mm) {
    require(mm.size() % 3 == 0, Error::Kind::data, "'", path_.string(),
            "' has a contour whose coordinates are no triples.");
    if (mm.empty()) return;
    Polygon polygon;
    Index slice = 0;
    for (std::size_t p = 0; p < mm.size(); p += 3) {
      const Vec3 voxel =
          (grid_.axes.transpose() * (Vec3(mm[p], mm[p + 1], mm[p + 2]) - grid_.origin))
              .cwiseQuotient(grid_.spacing);
      require(voxel.cwiseAbs().maxCoeff() < 1e6, Error::Kind::data, "'", path_.string(),
              "' has a contour far from the image. Check that they belong together.");
      if (p == 0) slice = Index(std::lround(voxel.z()));
      require(std::abs(voxel.z() - double(slice)) <= plane_tolerance, Error::Kind::unsupported, "'",
              path_.string(), "' has a contour at slice ", voxel.z(),
              " of the image, counted from 0",
              " (it lies between slices, or is inclined: it was drawn on another image). Give the "
              "image that it was drawn on.");
      polygon.push_back({voxel.x(), voxel.y()});
    }
    require(slice >= 0 && slice < grid_.size[2], Error::Kind::data, "'", path_.string(),
            "' has a contour at slice ", slice, " of the image, counted from 0 (it has ",
            grid_.size[2], "). Check that they belong together.");
    slices_[slice].push_back(std::move(polygon));
  }

  /// Voxels whose centre is inside an odd number of polygons.
  Mask rasterise() const {
    Mask mask(grid_);
    for (const auto& [slice, polygons] : slices_) fill(slice, polygons, mask);
    return mask;
  }

 private:
  void fill(Index slice, const std::vector<Polygon>& polygons, Mask& mask) const {
    const auto [nx, ny, nz] = grid_.size;
    std::vector<std::vector<double>> crossings;  // of each row of centres
    crossings.resize(std::size_t(ny));
    for (const Polygon& polygon : polygons)
      for (std::size_t p = 0; p < polygon.size(); ++p) {
        auto a = polygon[p], b = polygon[(p + 1) % polygon.size()];
        if (a[1] > b[1]) std::swap(a, b);
        // Rows with a <= y < b: a corner on a row counts once, a flat edge not at all.
        const auto first = std::max(Index(std::ceil(a[1])), Index{0});
        for (Index j = first; j < ny && double(j) < b[1]; ++j)
          crossings[std::size_t(j)].push_back(a[0] +
                                              (double(j) - a[1]) * (b[0] - a[0]) / (b[1] - a[1]));
      }
    for (Index j = 0; j < ny; ++j) {
      auto& row = crossings[std::size_t(j)];
      std::sort(row.begin(), row.end());
      for (std::size_t c = 0; c + 1 < row.size(); c += 2) {
        const Index first = std::max(Index(std::ceil(row[c])), Index{0});
        for (Index i = first; i < nx && double(i) < row[c + 1]; ++i) mask(i, j, slice) = 1;
      }
    }
  }

  const Grid& grid_;
  const Path& path_;
  std::map<Index, std::vector<Polygon>> slices_;
};

}  // namespace

Mask read_dicom_contours(const Path& path, const std::string& label, const Grid& grid) {
  const detail::QuietDcmtk quiet;
  DicomFile file(path);
  require(DicomFile::text(file.data(), DCM_SOPClassUID) == UID_RTStructureSetStorage,
          Error::Kind::data, "'", path.string(), "' is no RT Structure Set.");
  std::vector<detail::NamedRegion> regions;
  for (DcmItem* item : DicomFile::items(file.data(), DCM_StructureSetROISequence))
    regions.push_back({DicomFile::text(*item, DCM_ROIName), file.whole(*item, DCM_ROINumber)});
  const detail::NamedRegion& region = detail::choose_region(regions, label, path);

  Contours contours(grid, path);
  for (DcmItem* roi : DicomFile::items(file.data(), DCM_ROIContourSequence)) {
    if (file.whole(*roi, DCM_ReferencedROINumber) != region.number) continue;
    for (DcmItem* contour : DicomFile::items(*roi, DCM_ContourSequence)) {
      const std::string type = DicomFile::text(*contour, DCM_ContourGeometricType);
      require(type.starts_with("CLOSED"), Error::Kind::unsupported, "'", path.string(), "': '",
              region.name, "' has a contour of type ", type,
              " (a region needs closed ones). Choose another region.");
      contours.add(decimals(DicomFile::text(*contour, DCM_ContourData), path));
    }
  }
  Mask mask = contours.rasterise();
  const auto values = mask.values();
  require(
      std::any_of(values.begin(), values.end(), [](std::uint8_t v) { return v != 0; }),
      Error::Kind::data, "'", path.string(), "': the contours of '", region.name,
      "' hold no voxel's centre. Choose another region, or check that image and contours belong "
      "together.");
  return mask;
}

}  // namespace vitrine::io
