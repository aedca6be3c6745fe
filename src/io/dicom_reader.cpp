#include <dcmtk/config/osconfig.h>
#include <dcmtk/dcmdata/dctk.h>
#include <dcmtk/dcmdata/dcxfer.h>

#include <algorithm>
#include <cmath>
#include <map>

#include "vitrine/core/error.hpp"
#include "vitrine/io/detail/quiet_dcmtk.hpp"
#include "vitrine/io/dicom.hpp"
#include "vitrine/io/image_reader.hpp"

namespace vitrine::io {
namespace {

/// One slice of a series, its pixels still to be read.
struct Slice {
  Path path;
  Vec3 corner, right,
      down;  ///< centre of the first pixel, mm; directions of its rows' and columns' run
  double row_spacing = 0.0, column_spacing = 0.0;
  double slope = 1.0, intercept = 0.0;
  Index rows = 0, columns = 0;
  bool is_signed = false;
  int bits_stored = 16;
};

/// One file of the directory.
class Source {
 public:
  /// False if the file is no DICOM file.
  bool load(const Path& path) {
    path_ = path;
    return file_.loadFile(path.c_str(), EXS_Unknown, EGL_noChange, DCM_MaxReadLength, ERM_fileOnly)
        .good();
  }

  std::string text(const DcmTagKey& tag) {
    OFString value;
    return data().findAndGetOFStringArray(tag, value).good() ? std::string(value.c_str())
                                                             : std::string();
  }
  double number(const DcmTagKey& tag, unsigned long position = 0) {
    Float64 value = 0.0;
    const bool ok = data().findAndGetFloat64(tag, value, position).good() && std::isfinite(value);
    require(ok, Error::Kind::data, "'", path_.string(), "' lacks a good value of ",
            DcmTag(tag).getTagName(), '.');
    return value;
  }
  int word(const DcmTagKey& tag) {
    Uint16 value = 0;
    require(data().findAndGetUint16(tag, value).good(), Error::Kind::data, "'", path_.string(),
            "' lacks ", DcmTag(tag).getTagName(), '.');
    return value;
  }
  DcmDataset& data() { return *file_.getDataset(); }

  Slice slice() {
    require(!DcmXfer(data().getOriginalXfer()).isEncapsulated(), Error::Kind::unsupported, "'",
            path_.string(),
            "' has compressed pixels. Unpack it first (dcmdjpeg, dcmdjpls or gdcmconv --raw).");
    require(word(DCM_BitsAllocated) == 16 && word(DCM_SamplesPerPixel) == 1,
            Error::Kind::unsupported, "'", path_.string(),
            "' does not have one 16-bit number per pixel.");
    Slice s;
    s.path = path_;
    for (unsigned i = 0; i < 3; ++i) {
      s.corner[i] = number(DCM_ImagePositionPatient, i);
      s.right[i] = number(DCM_ImageOrientationPatient, i);
      s.down[i] = number(DCM_ImageOrientationPatient, i + 3);
    }
    s.row_spacing = number(DCM_PixelSpacing, 0);
    s.column_spacing = number(DCM_PixelSpacing, 1);
    require(s.row_spacing > 0.0 && s.column_spacing > 0.0, Error::Kind::data, "'", path_.string(),
            "' has a pixel spacing that is not positive.");
    require(std::abs(s.right.norm() - 1.0) < 1e-3 && std::abs(s.down.norm() - 1.0) < 1e-3 &&
                std::abs(s.right.dot(s.down)) < 1e-3,
            Error::Kind::data, "'", path_.string(),
            "' has an orientation whose axes are not perpendicular and of length 1.");
    s.slope = number(DCM_RescaleSlope);
    s.intercept = number(DCM_RescaleIntercept);
    const std::string counts = text(DCM_RescaleType);
    require(counts.empty() || counts == "HU" || counts == "US", Error::Kind::unsupported, "'",
            path_.string(), "' counts ", counts == "MGML" ? "mg/ml" : counts, " (rescale type ",
            counts,
            "; what is measured here is in HU). Give a series of CT numbers, or a NIfTI file.");
    s.rows = word(DCM_Rows);
    s.columns = word(DCM_Columns);
    require(s.rows > 0 && s.columns > 0, Error::Kind::data, "'", path_.string(),
            "' has no pixels.");
    s.is_signed = word(DCM_PixelRepresentation) == 1;
    s.bits_stored = word(DCM_BitsStored);
    require(s.bits_stored >= 1 && s.bits_stored <= 16, Error::Kind::data, "'", path_.string(),
            "' stores ", s.bits_stored, " bits of 16.");
    return s;
  }

  /// HU of every pixel.
  void read(const Slice& s, std::span<float> hu) {
    const Uint16* pixels = nullptr;
    unsigned long count = 0;
    const bool ok = data().findAndGetUint16Array(DCM_PixelData, pixels, &count).good() && pixels &&
                    count >= hu.size();
    require(ok, Error::Kind::data, "'", path_.string(), "' has fewer pixels than its ", s.columns,
            " x ", s.rows, " (the file is cut short). Copy it again.");
    const int unused = 16 - s.bits_stored;
    for (std::size_t i = 0; i < hu.size(); ++i) {
      const auto shifted =
          static_cast<Uint16>(pixels[i] << unused);  // drops what older files keep above
      const double stored =
          s.is_signed ? double(static_cast<Sint16>(shifted) >> unused) : double(shifted >> unused);
      hu[i] = static_cast<float>(stored * s.slope + s.intercept);
    }
  }

 private:
  Path path_;
  DcmFileFormat file_;
};

std::vector<Slice> find_slices(const Path& dir) {
  std::vector<Path> paths;
  std::error_code error;
  for (const auto& entry : std::filesystem::directory_iterator(dir, error))
    if (entry.is_regular_file(error)) paths.push_back(entry.path());
  require(!error, Error::Kind::io, "cannot list directory '", dir.string(), "' (", error.message(),
          ").");
  std::sort(paths.begin(), paths.end());

  std::map<std::string, std::vector<Slice>> series;
  for (const Path& path : paths) {
    Source source;
    if (!source.load(path) || source.text(DCM_SOPClassUID) != UID_CTImageStorage) continue;
    series[source.text(DCM_SeriesInstanceUID)].push_back(source.slice());
  }
  require(!series.empty(), Error::Kind::data, "'", dir.string(),
          "' holds no DICOM CT image. Name the directory of one series.");
  require(series.size() == 1, Error::Kind::data, "'", dir.string(), "' holds ", series.size(),
          " CT series (one is expected). Put each into a directory of its own.");
  return std::move(series.begin()->second);
}

void check_alike(const Slice& a, const Slice& b) {
  const bool alike = a.rows == b.rows && a.columns == b.columns && a.row_spacing == b.row_spacing &&
                     a.column_spacing == b.column_spacing && (a.right - b.right).norm() < 1e-4 &&
                     (a.down - b.down).norm() < 1e-4;
  require(alike, Error::Kind::data, "'", a.path.string(), "' and '", b.path.string(),
          "' differ in size, spacing or orientation. Keep one stack of slices in the directory.");
}

/// Distance of neighbours, mm; throws unless it is the same everywhere.
double slice_spacing(const std::vector<Slice>& slices, const Vec3& normal) {
  if (slices.size() < 2) return 1.0;
  std::vector<double> gaps;
  for (std::size_t i = 1; i < slices.size(); ++i) {
    const std::string pair =
        str("'", slices[i - 1].path.string(), "' and '", slices[i].path.string(), "'");
    const Vec3 step = slices[i].corner - slices[i - 1].corner;
    gaps.push_back(step.dot(normal));
    require(gaps.back() > 1e-3, Error::Kind::data, pair,
            " are at the same place. Delete one of them.");
    require((step - gaps.back() * normal).norm() < 0.01 * gaps.back() + 1e-3,
            Error::Kind::unsupported, pair,
            " are shifted sideways (a tilted gantry). Resample the series.");
  }
  std::vector<double> sorted = gaps;
  std::sort(sorted.begin(), sorted.end());
  const double usual = sorted[sorted.size() / 2];
  for (std::size_t i = 0; i < gaps.size(); ++i)
    require(std::abs(gaps[i] - usual) < 0.01 * usual + 1e-3, Error::Kind::data, "'",
            slices[i].path.string(), "' and '", slices[i + 1].path.string(), "' are ", gaps[i],
            " mm apart, others ", usual,
            " (a slice is missing, or they are unevenly spaced). Complete the series.");
  return (slices.back().corner - slices.front().corner).dot(normal) / double(gaps.size());
}

}  // namespace

Image read_dicom_series(const Path& dir, std::uint64_t most_bytes) {
  const detail::QuietDcmtk quiet;
  std::vector<Slice> slices = find_slices(dir);
  const Slice first = slices.front();
  for (const Slice& slice : slices) check_alike(first, slice);
  Grid grid;
  grid.axes.col(0) = first.right.normalized();
  grid.axes.col(2) = first.right.cross(first.down).normalized();
  grid.axes.col(1) = grid.axes.col(2).cross(grid.axes.col(0));
  const Vec3 normal = grid.axes.col(2);
  std::stable_sort(slices.begin(), slices.end(), [&](const Slice& a, const Slice& b) {
    return a.corner.dot(normal) < b.corner.dot(normal);
  });

  grid.origin = slices.front().corner;
  grid.spacing = {nominal_spacing(first.column_spacing), nominal_spacing(first.row_spacing),
                  slice_spacing(slices, normal)};
  // The mean of many positions that were rounded to decimals: 1.2499999999 was 1.25.
  if (const double rounded = std::round(grid.spacing.z() * 1e6) * 1e-6;
      std::abs(rounded - grid.spacing.z()) < 1e-9)
    grid.spacing.z() = rounded;
  grid.size = {first.columns, first.rows, Index(slices.size())};
  const double bytes = double(grid.count()) * sizeof(float);
  require(bytes <= double(most_bytes), Error::Kind::data, "'", dir.string(), "' holds ", bytes,
          " bytes of voxels (more than the ", most_bytes, " allowed).");

  Image image(grid);
  const auto pixels = std::size_t(first.rows * first.columns);
  for (std::size_t k = 0; k < slices.size(); ++k) {
    Source source;
    require(source.load(slices[k].path), Error::Kind::io, "cannot read '", slices[k].path.string(),
            "' a second time.");
    source.read(slices[k], image.values().subspan(k * pixels, pixels));
  }
  return image;
}

}  // namespace vitrine::io
