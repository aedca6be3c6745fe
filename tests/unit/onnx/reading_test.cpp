#include <catch2/catch.hpp>
#include <cmath>
#include <functional>

#include "vitrine/onnx/reading.hpp"
#include "vitrine/onnx/windows.hpp"

using namespace vitrine;
using namespace vitrine::onnx;

namespace {

/// A network that is a function.
class Function final : public Network {
 public:
  explicit Function(std::function<Tensor(const Tensor&)> f) : f_(std::move(f)) {}
  Tensor run(const Tensor& input) override {
    ++runs;
    return f_(input);
  }
  int runs = 0;

 private:
  std::function<Tensor(const Tensor&)> f_;
};

Tensor itself(const Tensor& input) { return input; }

Image image_of(const std::array<Index, 3>& size) {
  Grid grid;
  grid.size = size;
  Image image(grid);
  for (std::size_t v = 0; v < image.values().size(); ++v)
    image.values()[v] = float((v * 7919) % 2001) - 1000.0F;
  return image;
}

readers::Onnx scores(double threshold) {
  readers::Onnx settings;
  settings.output = "scores";
  settings.threshold = threshold;
  return settings;
}

std::vector<std::uint8_t> values(const Mask& mask) {
  return {mask.values().begin(), mask.values().end()};
}

std::vector<std::uint8_t> above(const Image& image, double hu) {
  std::vector<std::uint8_t> all;
  for (const float x : image.values()) all.push_back(double(x) >= hu);
  return all;
}

}  // namespace

TEST_CASE("windows cover every voxel, reach the image's end and overlap as asked") {
  for (const Index image : {1, 2, 5, 16, 17, 100})
    for (const Index window : {1, 2, 5, 16})
      for (const double overlap : {0.0, 0.5, 0.9}) {
        readers::Onnx settings;
        settings.patch = {window, window};
        settings.overlap = overlap;
        const Windows windows = windows_of({image, image, 3}, settings);
        const auto& starts = windows.starts[0];
        CAPTURE(image, window, overlap);
        CHECK(std::ranges::min(coverage(image, window, starts)) >= 1);
        CHECK(starts.front() == 0);
        CHECK(starts.back() == std::max(Index(0), image - window));
        for (std::size_t n = 1; n < starts.size(); ++n) {
          CHECK(starts[n] > starts[n - 1]);
          CHECK(double(starts[n] - starts[n - 1]) <=
                std::max(1.0, double(window) * (1 - overlap) + 0.5));
        }
        CHECK(windows.size[2] == 1);
        CHECK(windows.starts[2] == std::vector<Index>{0, 1, 2});
      }
}

TEST_CASE("without patches the edges are the next multiples") {
  readers::Onnx settings;
  settings.reads = "volume";
  settings.multiple_of = 8;
  const Windows windows = windows_of({16, 17, 3}, settings);
  CHECK(windows.size == std::array<Index, 3>{16, 24, 8});
}

TEST_CASE("an axis of one voxel needs one window") {
  CHECK(windows_of({1, 1, 1}, {}).starts[0] == std::vector<Index>{0});
}

TEST_CASE("a network that does nothing leaves a threshold, whatever the windows") {
  const Image image = image_of({9, 7, 4});
  for (const char* reads : {"slices", "volume"})
    for (const Index edge : {0, 2, 5, 12})
      for (const double overlap : {0.0, 0.7}) {
        readers::Onnx settings = scores(100.5);
        settings.reads = reads;
        settings.overlap = overlap;
        if (edge > 0) settings.patch.assign(settings.reads == "slices" ? 2 : 3, edge);
        Function network(itself);
        CAPTURE(reads, edge, overlap);
        CHECK(values(segment(image, settings, network)) == above(image, 100.5));
      }
}

TEST_CASE("a network is given one slice or volume, rows and columns last") {
  const Image image = image_of({9, 7, 4});
  std::vector<Index> shape;
  std::vector<float> last;
  Function network([&](const Tensor& input) {
    shape = input.shape;
    last = input.values;
    return input;
  });
  readers::Onnx settings = scores(0);
  segment(image, settings, network);
  CHECK(shape == std::vector<Index>{1, 1, 7, 9});
  CHECK(network.runs == 4);
  CHECK(std::ranges::equal(last, image.values().subspan(3 * 63)));
  settings.reads = "volume";
  settings.channels = 2;
  segment(image, settings, network);
  CHECK(shape == std::vector<Index>{1, 2, 4, 7, 9});
  CHECK(network.runs == 5);
  CHECK(std::ranges::equal(std::span(last).subspan(last.size() / 2), image.values()));
}

TEST_CASE("HU are clipped, then shifted, then scaled; voxels beyond the image have pad_hu") {
  const Image image = image_of({3, 3, 1});
  std::vector<float> got;
  Function network([&](const Tensor& input) {
    got = input.values;
    return input;
  });
  readers::Onnx settings = scores(0);
  settings.clip = {-100.0, 300.0};
  settings.subtract = 100.0;
  settings.divide = 200.0;
  settings.pad = 250.0;
  settings.multiple_of = 4;
  segment(image, settings, network);
  REQUIRE(got.size() == 16);
  for (Index j = 0; j < 4; ++j)
    for (Index i = 0; i < 4; ++i) {
      const double hu = i < 3 && j < 3 ? double(image(i, j, 0)) : 250.0;
      CHECK(double(got[std::size_t(4 * j + i)]) == (std::clamp(hu, -100.0, 300.0) - 100.0) / 200.0);
    }
}

TEST_CASE("where windows overlap their mean counts") {
  // Each window says its own number; windows of 2 at steps of 1 along i.
  Image image = image_of({3, 1, 1});
  int number = 0;
  Function network([&](const Tensor& input) {
    Tensor out = input;
    std::ranges::fill(out.values, float(number++));
    return out;
  });
  readers::Onnx settings = scores(0.5);  // means 0, 0.5, 1
  settings.patch = {2, 1};
  CHECK(values(segment(image, settings, network)) == std::vector<std::uint8_t>{0, 1, 1});
  number = 0;
  settings.threshold = 0.51;
  CHECK(values(segment(image, settings, network)) == std::vector<std::uint8_t>{0, 0, 1});
}

TEST_CASE("findings are connected parts, where they lie and as sure as their surest voxel") {
  Grid grid;
  grid.size = {6, 4, 3};
  grid.spacing = {0.5, 2.0, 3.0};
  grid.origin = {-10.0, 20.0, 30.0};
  grid.axes << 0, -1, 0, 1, 0, 0, 0, 0, 1;
  Image image(grid);
  image(0, 0, 0) = 1.0F;  // two voxels that share a face across slices
  image(0, 0, 1) = 4.0F;
  image(1, 1, 1) = 9.0F;  // shares an edge with them alone
  image(5, 3, 2) = 4.0F;
  image(4, 3, 2) = 0.5F;  // below the threshold
  for (const char* reads : {"slices", "volume"}) {
    readers::Onnx settings = scores(1.0);
    settings.reads = reads;
    Function network(itself);
    const auto points = detect(image, settings, network);
    REQUIRE(points.size() == 3);
    CHECK(points[0].score == 9.0);
    CHECK(points[0].centre == grid.centre(1, 1, 1));
    CHECK(points[1].score == 4.0);
    CHECK((points[1].centre - Vec3(-10.0, 20.0, 31.5)).norm() < 1e-12);
    CHECK(points[2].score == 4.0);  // equally sure, but later in the image
    CHECK((points[2].centre - Vec3(-10.0 - 6.0, 20.0 + 2.5, 36.0)).norm() < 1e-12);
    settings.most = 1;
    CHECK(detect(image, settings, network).size() == 1);
    settings.threshold = 9.5;
    CHECK(detect(image, settings, network).empty());
  }
}

TEST_CASE("what an output means") {
  const Image image = image_of({1, 1, 1});
  const auto rated = [&](const char* output, Index channel, std::vector<float> out) {
    readers::Onnx settings;
    settings.output = output;
    settings.channel = channel;
    Function network([&](const Tensor&) { return Tensor{{1, Index(out.size())}, out}; });
    return rate(image, settings, network);
  };
  CHECK(rated("scores", 1, {5, -7}) == -7.0);
  CHECK(rated("probabilities", 0, {0.25F}) == 0.25);
  CHECK(rated("probabilities", 0, {1.00001F}) == 1.0);
  CHECK(rated("logits", 0, {0}) == 0.5);
  CHECK(rated("logits", 0, {1}) + rated("logits", 0, {-1}) == Approx(1));
  CHECK(rated("logits", 0, {-2000}) == 0.0);
  CHECK(rated("class_logits", 0, {3, 3, 3, 3}) == 0.25);
  CHECK(rated("class_logits", 0, {1, 0}) == Approx(rated("logits", 0, {1})));
  CHECK(rated("class_logits", 0, {2000, -2000}) == 1.0);
  CHECK(rated("class_logits", 1, {2000, -2000}) == 0.0);
  CHECK(rated("largest_class", 1, {-1, 2, 1.9F}) == 1.0);
  CHECK(rated("largest_class", 2, {-1, 2, 1.9F}) == 0.0);
  CHECK(rated("largest_class", 0, {3, 3, 1}) == 1.0);  // the first of equals
  CHECK(rated("largest_class", 1, {3, 3, 1}) == 0.0);
  CHECK_THROWS_WITH(rated("probabilities", 0, {1.5F}), Catch::Contains("no probability"));
  CHECK_THROWS_WITH(rated("probabilities", 0, {-0.01F}), Catch::Contains("no probability"));
  CHECK_THROWS_WITH(rated("logits", 2, {1, 2}), Catch::Contains("2 channels and no channel 2"));
  CHECK_THROWS_WITH(rated("logits", 0, {0.0F, NAN}), Catch::Contains("not finite"));
}

TEST_CASE("a classifier's slices are combined by maximum or mean") {
  const Image image = image_of({2, 2, 4});
  for (const auto& [combine, wanted] : {std::pair("maximum", 3.0), std::pair("mean", 1.5)}) {
    float slice = 0.0F;
    Function network([&](const Tensor&) { return Tensor{{1, 1, 1, 1}, {slice++}}; });
    readers::Onnx settings = scores(0);
    settings.combine = combine;
    CHECK(rate(image, settings, network) == wanted);
  }
}

TEST_CASE("outputs of another size are refused") {
  const Image image = image_of({4, 4, 2});
  for (const std::vector<Index>& shape :
       {std::vector<Index>{1, 1, 4, 2}, {1, 8}, {2, 1, 4, 4}, {1, 1, 1, 4, 4}, {}}) {
    std::size_t count = 1;
    for (const Index n : shape) count *= std::size_t(n);
    Function network([&](const Tensor&) { return Tensor{shape, std::vector<float>(count, 0.0F)}; });
    CAPTURE(shape);
    CHECK_THROWS_WITH(segment(image, {}, network), Catch::Contains("of an input of 1 x 1 x 4 x 4"));
  }
  for (const std::vector<Index>& shape : {std::vector<Index>{1, 1, 4, 4}, {1, 1, 2}, {2, 1}, {0}}) {
    std::size_t count = 1;
    for (const Index n : shape) count *= std::size_t(n);
    Function network([&](const Tensor&) { return Tensor{shape, std::vector<float>(count, 0.0F)}; });
    CAPTURE(shape);
    CHECK_THROWS_WITH(rate(image, {}, network), Catch::Contains("one number a channel"));
  }
}
