#include "vitrine/onnx/opencv_network.hpp"

#include <algorithm>
#include <opencv2/core.hpp>
#include <opencv2/core/ocl.hpp>
#include <opencv2/core/utils/logger.hpp>
#include <opencv2/dnn.hpp>
#include <span>

#include "vitrine/core/utf8.hpp"
#include "vitrine/onnx/model_file.hpp"

namespace vitrine::onnx {
namespace {

/// The reason in an exception of OpenCV, without the places in its sources that stand before it.
std::string reason(const cv::Exception& exception) {
  std::string text;
  for (const char c : exception.err)
    if (c != '>' && (c != ' ' || !text.ends_with(' '))) text += c == '\n' ? ' ' : c;
  if (const auto place = text.rfind("error: ("); place != std::string::npos)
    text = text.substr(std::min(text.size(), text.find(") ", place) + 2));
  while (text.ends_with(' ')) text.pop_back();
  while (text.starts_with(' ')) text.erase(0, 1);
  constexpr std::size_t most = 200;
  return shortened(text, most);
}

class OpenCvNetwork final : public Network {
 public:
  OpenCvNetwork(const cv::dnn::Net& net, std::vector<Index> shape)
      : net_(net), shape_(std::move(shape)), outputs_(net_.getUnconnectedOutLayersNames()) {
    require(outputs_.size() == 1, Error::Kind::unsupported, "the network has ", outputs_.size(),
            " outputs. Keep the one that counts (onnx.utils.extract_model writes such a file)");
    net_.setPreferableBackend(cv::dnn::DNN_BACKEND_OPENCV);
    net_.setPreferableTarget(cv::dnn::DNN_TARGET_CPU);
  }

  Tensor run(const Tensor& input) override {
    // OpenCV divides by zero where there are other axes, and takes other lengths at its own risk.
    const bool fits =
        shape_.empty() ||
        std::ranges::equal(shape_, input.shape, [](Index a, Index b) { return a == 0 || a == b; });
    require(fits, Error::Kind::data, "the network reads ", to_string(shape_),
            " and would be given ", to_string(input.shape),
            " (batch, channels, then slices, rows and columns). Change reads, channels, patch or "
            "multiple_of");
    const std::vector<int> shape(input.shape.begin(), input.shape.end());
    try {
      // OpenCV only reads it.
      net_.setInput(cv::Mat(shape, CV_32F, const_cast<float*>(input.values.data())));
      const cv::Mat result = net_.forward(outputs_.front());
      require(result.depth() == CV_32F && result.isContinuous(), Error::Kind::unsupported,
              "the network's output holds no 32-bit floating point numbers. Say runtime: node");
      const std::span values(result.ptr<float>(), result.total());
      return {{result.size.p, result.size.p + result.dims}, {values.begin(), values.end()}};
    } catch (const cv::Exception& exception) {
      throw Error(
          Error::Kind::unsupported,
          str("OpenCV cannot run the network on ", to_string(input.shape), " (", reason(exception),
              "). Look at reads, channels, patch and multiple_of, or say runtime: node"));
    }
  }

 private:
  cv::dnn::Net net_;
  std::vector<Index> shape_;
  std::vector<std::string> outputs_;
};

}  // namespace

std::string opencv_runtime() { return "OpenCV DNN " + cv::getVersionString(); }

std::unique_ptr<Network> opencv_network(const io::Path& file) {
  cv::setNumThreads(1);
  cv::ocl::setUseOpenCL(false);
  cv::utils::logging::setLogLevel(cv::utils::logging::LOG_LEVEL_SILENT);
  cv::redirectError([](int, const char*, const char*, const char*, int, void*) { return 0; });
  const io::Bytes bytes = io::read_file(file);
  const std::vector<ModelInput> inputs = model_inputs(bytes);
  require(inputs.size() == 1, Error::Kind::unsupported, "the network has ", inputs.size(),
          " inputs. Keep the image alone");
  try {
    return std::make_unique<OpenCvNetwork>(
        cv::dnn::readNetFromONNX(reinterpret_cast<const char*>(bytes.data()), bytes.size()),
        inputs.front().shape);
  } catch (const cv::Exception& exception) {
    throw Error(Error::Kind::unsupported, str("OpenCV cannot read the network (", reason(exception),
                                              "). Say runtime: node, which knows more of ONNX"));
  }
}

}  // namespace vitrine::onnx
