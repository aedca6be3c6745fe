#include <dcmtk/dcmdata/dcxfer.h>

#include <algorithm>
#include <optional>
#include <set>

#include "vitrine/io/detail/dicom_items.hpp"
#include "vitrine/io/detail/quiet_dcmtk.hpp"
#include "vitrine/io/dicom_mask.hpp"
#include "vitrine/io/image_reader.hpp"

namespace vitrine::io {
namespace {

using detail::DicomFile;
constexpr std::uint64_t most_voxels = std::uint64_t{1} << 32;

/// Where a frame lies and which segment it shows.
struct Frame {
  Vec3 corner = Vec3::Zero(), right = Vec3::UnitX(), down = Vec3::UnitY();
  double row_spacing = 1, column_spacing = 1;
  std::optional<double> slice_spacing;
  long segment = 0;
  double along = 0;  ///< position along the normal, mm
};

/// An attribute's item in the frame's functional groups, or in those that all frames share.
DcmItem* functional_group(DcmItem& frame, DcmItem& shared, const DcmTagKey& tag) {
  for (DcmItem* groups : {&frame, &shared})
    if (const auto found = DicomFile::items(*groups, tag); !found.empty()) return found.front();
  return nullptr;
}

class Segmentation {
 public:
  explicit Segmentation(const Path& path) : file_(path), data_(file_.data()) {
    require(DicomFile::text(data_, DCM_SOPClassUID) == UID_SegmentationStorage, Error::Kind::data,
            "'", path.string(), "' is no DICOM Segmentation.");
    const std::string type = DicomFile::text(data_, DCM_SegmentationType);
    require(type == "BINARY" || type == "FRACTIONAL", Error::Kind::unsupported, "'", path.string(),
            "' is a segmentation of type '", type, "' (BINARY and FRACTIONAL are read).");
    require(!DcmXfer(data_.getOriginalXfer()).isEncapsulated(), Error::Kind::unsupported, "'",
            path.string(), "' has compressed pixels. Unpack it first (dcmdrle or gdcmconv --raw).");
    rows_ = file_.whole(data_, DCM_Rows);
    columns_ = file_.whole(data_, DCM_Columns);
    bits_ = file_.whole(data_, DCM_BitsAllocated);
    require(rows_ > 0 && columns_ > 0, Error::Kind::data, "'", path.string(), "' has no pixels.");
    require(bits_ == (type == "BINARY" ? 1 : 8), Error::Kind::unsupported, "'", path.string(),
            "' has ", bits_, " bits a pixel (1 if BINARY, 8 if FRACTIONAL).");
    if (bits_ == 8) half_ = double(file_.whole(data_, DCM_MaximumFractionalValue)) / 2;
    read_frames();
  }

  Mask mask(const std::string& label) {
    std::vector<detail::NamedRegion> segments;
    for (DcmItem* item : DicomFile::items(data_, DCM_SegmentSequence))
      segments.push_back(
          {DicomFile::text(*item, DCM_SegmentLabel), file_.whole(*item, DCM_SegmentNumber)});
    const detail::NamedRegion& segment = detail::choose_region(segments, label, file_.path());
    Mask mask(grid());
    bool any = false;
    for (std::size_t f = 0; f < frames_.size(); ++f) {
      if (frames_[f].segment != segment.number) continue;
      const Index k = slice_of(frames_[f]);
      for (Index j = 0; j < rows_; ++j)
        for (Index i = 0; i < columns_; ++i)
          if (is_set((Index(f) * rows_ + j) * columns_ + i)) {
            mask(i, j, k) = 1;
            any = true;
          }
    }
    require(any, Error::Kind::data, "'", file_.path().string(), "': segment '", segment.name,
            "' is empty. Choose another one.");
    return mask;
  }

 private:
  void read_frames() {
    const std::string path = file_.path().string();
    const auto shared = DicomFile::items(data_, DCM_SharedFunctionalGroupsSequence);
    const auto groups = DicomFile::items(data_, DCM_PerFrameFunctionalGroupsSequence);
    require(!shared.empty() && !groups.empty(), Error::Kind::data, "'", path,
            "' lacks its functional groups.");
    for (DcmItem* group : groups) frames_.push_back(read_frame(*group, *shared.front()));

    const auto pixels = std::uint64_t(frames_.size()) * std::uint64_t(rows_ * columns_);
    require(pixels <= most_voxels, Error::Kind::unsupported, "'", path, "' has ", pixels,
            " pixels (more than 2^32).");
    DcmElement* element = nullptr;
    require(data_.findAndGetElement(DCM_PixelData, element).good() && element &&
                element->getUint8Array(pixels_).good() && pixels_ &&
                std::uint64_t(element->getLength()) >= (pixels * std::uint64_t(bits_) + 7) / 8,
            Error::Kind::data, "'", path, "' has fewer pixels than its ", frames_.size(),
            " frames (the file is cut short). Copy it again.");
    for (const Frame& frame : frames_)
      require((frame.right - frames_[0].right).norm() < 1e-4 &&
                  (frame.down - frames_[0].down).norm() < 1e-4 &&
                  frame.row_spacing == frames_[0].row_spacing &&
                  frame.column_spacing == frames_[0].column_spacing && in_plane_shift(frame) < 0.01,
              Error::Kind::unsupported, "'", path,
              "' has frames that are no stack (they differ in orientation, spacing or place).");
  }

  Frame read_frame(DcmItem& group, DcmItem& shared) {
    const auto wanted = [&](const DcmTagKey& tag) -> DcmItem& {
      DcmItem* item = functional_group(group, shared, tag);
      require(item != nullptr, Error::Kind::data, "'", file_.path().string(), "' lacks ",
              DcmTag(tag).getTagName(), " of a frame.");
      return *item;
    };
    Frame frame;
    DcmItem& position = wanted(DCM_PlanePositionSequence);
    DcmItem& orientation = wanted(DCM_PlaneOrientationSequence);
    DcmItem& measures = wanted(DCM_PixelMeasuresSequence);
    for (unsigned i = 0; i < 3; ++i) {
      frame.corner[i] = file_.number(position, DCM_ImagePositionPatient, i);
      frame.right[i] = file_.number(orientation, DCM_ImageOrientationPatient, i);
      frame.down[i] = file_.number(orientation, DCM_ImageOrientationPatient, i + 3);
    }
    frame.row_spacing = file_.number(measures, DCM_PixelSpacing, 0);
    frame.column_spacing = file_.number(measures, DCM_PixelSpacing, 1);
    for (const DcmTagKey& tag : {DCM_SpacingBetweenSlices, DCM_SliceThickness})
      if (!frame.slice_spacing && measures.tagExistsWithValue(tag))
        frame.slice_spacing = file_.number(measures, tag);
    frame.segment =
        file_.whole(wanted(DCM_SegmentIdentificationSequence), DCM_ReferencedSegmentNumber);
    require(
        frame.row_spacing > 0 && frame.column_spacing > 0 && frame.slice_spacing.value_or(1) > 0 &&
            std::abs(frame.right.norm() - 1) < 1e-3 && std::abs(frame.down.norm() - 1) < 1e-3 &&
            std::abs(frame.right.dot(frame.down)) < 1e-3,
        Error::Kind::data, "'", file_.path().string(),
        "' has a frame whose spacing is not positive, or whose axes are not perpendicular and of "
        "length 1.");
    frame.along = frame.corner.dot(normal_of(frame));
    return frame;
  }

  static Vec3 normal_of(const Frame& frame) { return frame.right.cross(frame.down).normalized(); }

  double in_plane_shift(const Frame& frame) const {
    const Vec3 step = frame.corner - frames_[0].corner;
    const Vec3 normal = normal_of(frames_[0]);
    return (step - step.dot(normal) * normal).norm();
  }

  /// The stack from the lowest frame to the highest.
  Grid grid() {
    std::set<double> places;
    for (const Frame& frame : frames_) places.insert(frame.along);
    lowest_ = *places.begin();
    double smallest_gap = 0;
    for (auto at = places.begin(), next = std::next(at); next != places.end(); at = next++)
      if (const double gap = *next - *at; gap > 1e-3 && (smallest_gap == 0 || gap < smallest_gap))
        smallest_gap = gap;
    spacing_ = frames_[0].slice_spacing.value_or(smallest_gap > 0 ? smallest_gap : 1);
    // A thickness that overlaps or leaves gaps is no distance of slices.
    if (smallest_gap > 0 &&
        std::abs(smallest_gap / spacing_ - std::round(smallest_gap / spacing_)) > 0.01)
      spacing_ = smallest_gap;
    for (const double place : places) {
      const double slice = (place - lowest_) / spacing_;
      require(std::abs(slice - std::round(slice)) < 0.02 && slice < 1e5, Error::Kind::unsupported,
              "'", file_.path().string(), "' has frames that are unevenly spaced (",
              place - lowest_, " mm is no multiple of ", spacing_, " mm).");
    }
    Grid grid;
    const Frame& first =
        *std::min_element(frames_.begin(), frames_.end(),
                          [](const Frame& a, const Frame& b) { return a.along < b.along; });
    grid.axes.col(0) = first.right.normalized();
    grid.axes.col(2) = normal_of(first);
    grid.axes.col(1) = grid.axes.col(2).cross(grid.axes.col(0));
    grid.origin = first.corner;
    grid.spacing = {nominal_spacing(first.column_spacing), nominal_spacing(first.row_spacing),
                    spacing_};
    const double slices = std::round((*places.rbegin() - lowest_) / spacing_) + 1;
    require(slices * double(rows_) * double(columns_) <= double(most_voxels),
            Error::Kind::unsupported, "'", file_.path().string(), "' spans more than 2^32 voxels.");
    grid.size = {columns_, rows_, Index(slices)};
    return grid;
  }
  Index slice_of(const Frame& frame) const {
    return Index(std::lround((frame.along - lowest_) / spacing_));
  }

  bool is_set(Index pixel) const {
    if (bits_ == 8) return double(pixels_[pixel]) >= half_ && pixels_[pixel] > 0;
    return pixels_[pixel / 8] >> (pixel % 8) & 1;
  }

  DicomFile file_;
  DcmDataset& data_;
  Index rows_ = 0, columns_ = 0;
  long bits_ = 1;
  double half_ = 0.5, lowest_ = 0, spacing_ = 1;
  std::vector<Frame> frames_;
  Uint8* pixels_ = nullptr;
};

}  // namespace

namespace detail {

const NamedRegion& choose_region(const std::vector<NamedRegion>& regions, const std::string& label,
                                 const Path& path) {
  std::string known;
  std::vector<const NamedRegion*> by_name, by_number;
  for (const NamedRegion& region : regions) {
    known += str(known.empty() ? "" : ", ", "'", region.name, "' (", region.number, ')');
    if (region.name == label) by_name.push_back(&region);
    if (std::to_string(region.number) == label) by_number.push_back(&region);
  }
  require(!regions.empty(), Error::Kind::data, "'", path.string(), "' has no region.");
  if (label.empty()) {
    require(regions.size() == 1, Error::Kind::data, "'", path.string(), "' has ", regions.size(),
            " regions: ", known, ". Choose one by its name or number.");
    return regions.front();
  }
  const auto& found = by_name.empty() ? by_number : by_name;
  require(found.size() == 1, Error::Kind::data, "'", path.string(), "' has ",
          found.empty() ? "no region '" : "more than one region '", label, "' (there are: ", known,
          "). Choose another", found.empty() ? "." : ", or by number.");
  return *found.front();
}

}  // namespace detail

Mask read_dicom_segment(const Path& path, const std::string& label) {
  const detail::QuietDcmtk quiet;
  return Segmentation(path).mask(label);
}

DicomMask kind_of_dicom_mask(const Path& path) {
  const detail::QuietDcmtk quiet;
  DcmFileFormat file;
  std::error_code error;
  if (!std::filesystem::is_regular_file(path, error) ||
      file.loadFile(path.c_str(), EXS_Unknown, EGL_noChange, 256, ERM_fileOnly).bad())
    return DicomMask::none;
  const std::string kind = DicomFile::text(*file.getDataset(), DCM_SOPClassUID);
  if (kind == UID_SegmentationStorage) return DicomMask::segmentation;
  if (kind == UID_RTStructureSetStorage) return DicomMask::structure_set;
  throw Error(Error::Kind::unsupported,
              str("'", path.string(), "' is a DICOM file, but neither a Segmentation nor an RT ",
                  "Structure Set. Give one of those as mask."));
}

std::string frame_of_reference(const Path& path) {
  const detail::QuietDcmtk quiet;
  std::error_code error;
  std::vector<Path> files{path};
  if (std::filesystem::is_directory(path, error)) {
    files.clear();
    for (const auto& entry : std::filesystem::directory_iterator(path, error))
      if (entry.is_regular_file(error)) files.push_back(entry.path());
    std::sort(files.begin(), files.end());
  }
  for (const Path& one : files) {
    DcmFileFormat file;
    if (file.loadFile(one.c_str(), EXS_Unknown, EGL_noChange, 256, ERM_fileOnly).bad()) continue;
    DcmDataset& data = *file.getDataset();
    if (std::string uid = DicomFile::text(data, DCM_FrameOfReferenceUID); !uid.empty()) return uid;
    for (DcmItem* roi : DicomFile::items(data, DCM_StructureSetROISequence))
      if (std::string uid = DicomFile::text(*roi, DCM_ReferencedFrameOfReferenceUID); !uid.empty())
        return uid;
  }
  return {};
}

}  // namespace vitrine::io
