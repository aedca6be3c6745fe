#include "vitrine/onnx/reading.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

#include "vitrine/core/math.hpp"
#include "vitrine/core/value.hpp"
#include "vitrine/onnx/windows.hpp"

namespace vitrine::onnx {
namespace {

/// The part of an image in a window, as the network wants it.
Tensor input_of(const Image& image, const readers::Onnx& settings,
                const std::array<Index, 3>& window, const std::array<Index, 3>& first) {
  Tensor input;
  input.shape = {1, settings.channels};
  if (settings.reads == "volume") input.shape.push_back(window[2]);
  input.shape.insert(input.shape.end(), {window[1], window[0]});
  const auto& size = image.grid().size;
  const auto voxels = std::size_t(window[0] * window[1] * window[2]);
  input.values.reserve(voxels * std::size_t(settings.channels));
  for (Index k = first[2]; k < first[2] + window[2]; ++k)
    for (Index j = first[1]; j < first[1] + window[1]; ++j)
      for (Index i = first[0]; i < first[0] + window[0]; ++i) {
        const bool inside = i < size[0] && j < size[1] && k < size[2];
        double hu = inside ? double(image(i, j, k)) : settings.pad;
        if (!settings.clip.empty()) hu = std::clamp(hu, settings.clip[0], settings.clip[1]);
        input.values.push_back(float((hu - settings.subtract) / settings.divide));
      }
  for (Index c = 1; c < settings.channels; ++c)
    for (std::size_t v = 0; v < voxels; ++v) input.values.push_back(input.values[v]);
  return input;
}

/// What an output says about its voxels, channel after channel.
class Output {
 public:
  Output(const readers::Onnx& settings, Tensor tensor, std::size_t voxels)
      : settings_(settings),
        tensor_(std::move(tensor)),
        voxels_(voxels),
        channels_(tensor_.values.size() / voxels),
        wanted_(std::size_t(settings.channel)) {
    require(wanted_ < channels_, Error::Kind::data, "the network's output has ", channels_,
            channels_ == 1 ? " channel" : " channels", " and no channel ", wanted_,
            " (they are counted from 0). Choose another `channel`");
    for (const float x : tensor_.values)
      require(std::isfinite(x), Error::Kind::data,
              "the network's output is not finite (NaN or infinite). Look at clip_hu, subtract_hu "
              "and divide_by_hu, and at the network's weights");
  }

  double value(std::size_t voxel) const {
    const double x = at(wanted_, voxel);
    if (settings_.output == "logits") return 1.0 / (1.0 + math::exp(-x));
    if (settings_.output == "class_logits") {
      double sum = 0.0;
      for (std::size_t c = 0; c < channels_; ++c) sum += math::exp(at(c, voxel) - x);
      return 1.0 / sum;
    }
    if (settings_.output == "largest_class") return is_largest(voxel) ? 1.0 : 0.0;
    if (settings_.output == "scores") return x;
    constexpr double rounding = 1e-4;  // of a softmax in 32 bits
    require(x >= -rounding && x <= 1.0 + rounding, Error::Kind::data, "the network's output holds ",
            to_text(x),
            ", which is no probability. Say output: logits, class_logits, largest_class or scores, "
            "whichever it is");
    return std::clamp(x, 0.0, 1.0);
  }

 private:
  bool is_largest(std::size_t voxel) const {
    const double x = at(wanted_, voxel);
    for (std::size_t c = 0; c < channels_; ++c)
      if (at(c, voxel) > x || (c < wanted_ && at(c, voxel) == x)) return false;
    return true;
  }
  double at(std::size_t channel, std::size_t voxel) const {
    return double(tensor_.values[channel * voxels_ + voxel]);
  }
  const readers::Onnx& settings_;
  Tensor tensor_;
  std::size_t voxels_, channels_, wanted_;
};

/// Call `told` with the first voxel of every window and what the network gave and was given.
template <class Told>
void run_all(const Image& image, const readers::Onnx& settings, const Windows& windows,
             Network& network, Told told) {
  for (const Index k : windows.starts[2])
    for (const Index j : windows.starts[1])
      for (const Index i : windows.starts[0]) {
        const std::array<Index, 3> first{i, j, k};
        const Tensor input = input_of(image, settings, windows.size, first);
        told(first, input, network.run(input));
      }
}

/// What the network says about each voxel: the mean over all windows that cover it.
std::vector<double> values_of(const Image& image, const readers::Onnx& settings, Network& network) {
  const auto& size = image.grid().size;
  const Windows windows = windows_of(size, settings);
  const auto& window = windows.size;
  const auto voxels = std::size_t(window[0] * window[1] * window[2]);
  std::vector<double> sum(std::size_t(image.grid().count()), 0.0);
  run_all(image, settings, windows, network,
          [&](const std::array<Index, 3>& first, const Tensor& input, Tensor out) {
            const bool fits = out.shape.size() == input.shape.size() && out.shape[0] == 1 &&
                              std::equal(out.shape.begin() + 2, out.shape.end(),
                                         input.shape.begin() + 2, input.shape.end());
            require(fits, Error::Kind::data, "the network's output is ", to_string(out.shape),
                    " of an input of ", to_string(input.shape),
                    " (batch, channels, and the same voxels are needed). Give the size that it was "
                    "made for by patch or multiple_of, or say task: classification");
            const Output output(settings, std::move(out), voxels);
            std::size_t v = 0;
            for (Index k = first[2]; k < first[2] + window[2]; ++k)
              for (Index j = first[1]; j < first[1] + window[1]; ++j)
                for (Index i = first[0]; i < first[0] + window[0]; ++i, ++v)
                  if (i < size[0] && j < size[1] && k < size[2])
                    sum[std::size_t(image.grid().offset(i, j, k))] += output.value(v);
          });
  std::array<std::vector<Index>, 3> times;
  for (std::size_t a = 0; a < 3; ++a) times[a] = coverage(size[a], window[a], windows.starts[a]);
  std::size_t v = 0;
  for (const Index in_k : times[2])
    for (const Index in_j : times[1])
      for (const Index in_i : times[0]) sum[v++] /= double(in_i * in_j * in_k);
  return sum;
}

Mask mask_from(const Grid& grid, const std::vector<double>& values, double threshold) {
  Mask mask(grid);
  std::ranges::transform(values, mask.values().begin(),
                         [&](double value) { return value >= threshold; });
  return mask;
}

}  // namespace

std::string to_string(const std::vector<Index>& shape) {
  std::string text;
  for (const Index n : shape)
    text += (text.empty() ? "" : " x ") + (n == 0 ? "any" : std::to_string(n));
  return text;
}

Mask segment(const Image& image, const readers::Onnx& settings, Network& network) {
  return mask_from(image.grid(), values_of(image, settings, network), settings.threshold);
}

std::vector<readers::Point> detect(const Image& image, const readers::Onnx& settings,
                                   Network& network) {
  const Grid& grid = image.grid();
  const std::vector<double> values = values_of(image, settings, network);
  const Components found = components_of(mask_from(grid, values, settings.threshold));
  std::vector<readers::Point> points(found.parts.size(),
                                     {Vec3::Zero(), -std::numeric_limits<double>::infinity()});
  std::size_t v = 0;
  for (Index k = 0; k < grid.size[2]; ++k)
    for (Index j = 0; j < grid.size[1]; ++j)
      for (Index i = 0; i < grid.size[0]; ++i, ++v) {
        if (found.label[v] == 0) continue;
        readers::Point& point = points[std::size_t(found.label[v] - 1)];
        point.centre += grid.centre(i, j, k);
        point.score = std::max(point.score, values[v]);
      }
  for (std::size_t p = 0; p < points.size(); ++p) points[p].centre /= double(found.parts[p].voxels);
  std::ranges::stable_sort(points, std::ranges::greater(), &readers::Point::score);
  if (std::ssize(points) > settings.most) points.resize(std::size_t(settings.most));
  return points;
}

double rate(const Image& image, const readers::Onnx& settings, Network& network) {
  const Windows windows = windows_of(image.grid().size, settings);
  std::vector<double> ratings;
  run_all(image, settings, windows, network,
          [&](const std::array<Index, 3>&, const Tensor& input, Tensor out) {
            // 1 x C, C alone, or either with axes of one element.
            const auto longer = std::ranges::count_if(out.shape, [](Index n) { return n != 1; });
            const bool fits = longer == 0 || (longer == 1 && out.shape.size() == 1) ||
                              (longer == 1 && out.shape[1] != 1);
            require(fits && !out.values.empty(), Error::Kind::data, "the network's output is ",
                    to_string(out.shape), " of an input of ", to_string(input.shape),
                    " (a classifier gives one number a channel). Say task: segmentation, or end "
                    "the network in a pooling of the whole");
            ratings.push_back(Output(settings, std::move(out), 1).value(0));
          });
  if (settings.combine == "maximum") return *std::ranges::max_element(ratings);
  double sum = 0.0;
  for (const double rating : ratings) sum += rating;
  return sum / double(ratings.size());
}

}  // namespace vitrine::onnx
