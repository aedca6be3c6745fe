#pragma once
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "vitrine/io/file.hpp"
#include "vitrine/report/figures.hpp"
#include "vitrine/trial/plan.hpp"
#include "vitrine/trial/sink.hpp"

namespace vitrine::cli {

/// Writes images, masks and figures below the output directory.
///
/// raw/CASE/SCAN.h5 if asked for; images/CASE/ARM.nii.gz and images/CASE/ARM/IM0001.dcm ...;
/// masks/CASE/LESION.nii.gz (all arms share the grid); repeats carry their name as a suffix.
/// Figures show the first case only: each arm's slice through the first lesion, and all arms on one
/// contact sheet.
class OutputSink final : public trial::Sink {
 public:
  OutputSink(const trial::Plan& plan, io::Path dir) : plan_(plan), dir_(std::move(dir)) {}

  std::vector<trial::FileRecord> image(const trial::ImageContext& context,
                                       const Image& image) override;
  std::vector<trial::FileRecord> mask(const trial::ImageContext& context, const std::string& lesion,
                                      const Mask& mask) override;
  std::unique_ptr<trial::RawData> raw(const RawScan& scan) override;
  std::vector<trial::FileRecord> finish_case(const std::string& case_id) override;
  bool takes_several_cases() const override { return true; }

 private:
  /// An arm's slice through the first lesion, or through the middle, for the figures.
  struct Slice {
    std::string arm;
    Image image;                              // one slice
    std::optional<Vec3> lesion;               // mm, its centre
    std::optional<recon::SpectralImage> map;  // in mg/ml, with the grey scale that shows it
    report::Bitmap stack;                     // slices about the point shown; empty for maps
  };

  trial::FileRecord write(const std::string& path, const io::Bytes& bytes);
  std::vector<trial::FileRecord> write(const std::string& folder,
                                       const std::vector<io::NamedBytes>& files);
  void keep_slice(const trial::ImageContext& context, const Image& image);

  const trial::Plan& plan_;
  io::Path dir_;
  std::vector<Slice> slices_;  // of the first case
};

}  // namespace vitrine::cli
