#pragma once
#include "vitrine/readers/reader.hpp"

namespace vitrine::readers {

/// What a candidate of the detector looks like.
struct Blob {
  Vec3 centre;             ///< mm
  double diameter = 0.0;   ///< mm, of the ball that would answer most
  double response = 0.0;   ///< HU: 0.925 of the contrast of that ball
  double roundness = 0.0;  ///< least over largest curvature at the centre: 1 ball, 0 tube
  double density = 0.0;    ///< HU at the centre, smoothed
};

/// Finds bright balls in lungs: maxima over place and size of the scale-normalised Laplacian of
/// Gaussians (Lindeberg, Int J Comput Vis 30 (1998) 79), each with a score from a logistic
/// classifier of how it looks.
class BlobDetector final : public Reader {
 public:
  struct Params {
    double smallest_diameter = 4.0;  ///< mm
    double largest_diameter = 24.0;  ///< mm
    double least_response = 150.0;   ///< HU
    std::int64_t most = 50;          ///< findings an image
    std::string task = "detection";  ///< classification: the image by its best finding
  };
  static const Schema<Params>& schema();
  explicit BlobDetector(Params params) : params_(std::move(params)) {}

  Task task() const override {
    return params_.task == "detection" ? Task::detection : Task::classification;
  }
  Reading read(const Request& request, Host& host) const override;

  /// All candidates, those of the largest response first; of candidates within each other's radius
  /// only the strongest.
  std::vector<Blob> candidates(const Image& image) const;

 private:
  Params params_;
};

/// In (0, 1): how sure the classifier is that a candidate is a nodule.
double nodule_score(const Blob& blob);

/// -sigma^2 times the Laplacian of the image under a Gaussian: at the middle of a ball of radius r
/// and contrast C it is 4 pi r^3 C (2 pi sigma^2)^(-3/2) exp(-r^2 / (2 sigma^2)), which is largest
/// at sigma = r / sqrt(3).
Image blob_response(const Image& image, double sigma);

}  // namespace vitrine::readers
