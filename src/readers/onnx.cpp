#include "vitrine/readers/onnx.hpp"

#include <algorithm>

namespace vitrine::readers {
namespace {

/// Programs that run networks are called this and the name of a runtime.
constexpr const char* program = "vitrine-onnx-";
/// In the place of a runtime's name and version, until its program is asked.
constexpr const char* unknown_runtime = "{runtime}";

}  // namespace

bool is_onnx(const Command& command) {
  const auto& given = command.arguments;
  return given.size() > onnx_file && given.front().starts_with(program) &&
         given[onnx_runtime] == unknown_runtime;
}

const Schema<Onnx>& Onnx::schema() {
  constexpr double most_hu = 1e6;
  static const auto s =
      Schema<Onnx>("onnx", "A network of yours in an ONNX file")
          .required("file", &Onnx::file,
                    "the network, with its weights; from where `vitrine` is started")
          .optional("runtime", &Onnx::runtime,
                    "what runs it: opencv (OpenCV's DNN module, networks of slices), node "
                    "(onnxruntime-node, all networks)")
          .one_of({"opencv", "node"})
          .optional("task", &Onnx::task,
                    "segmentation: the output is as large as the input; detection: it is, too, and "
                    "each connected part of it (by faces) from threshold on is a finding, at the "
                    "mean of its voxels, with its largest value as score; classification: one "
                    "number a channel, which rates the image")
          .one_of({"segmentation", "detection", "classification"})
          .optional("reads", &Onnx::reads,
                    "slices: one after the other, axes 1 x channels x rows x columns; volume: axes "
                    "1 x channels x slices x rows x columns")
          .one_of({"slices", "volume"})
          .optional("clip", &Onnx::clip, unit::hu,
                    "lowest and highest value, to which others are set; none if nothing is said")
          .optional("subtract", &Onnx::subtract, unit::hu, "taken away after clipping")
          .between(-most_hu, most_hu)
          .optional("divide_by", &Onnx::divide, unit::hu, "by which the rest is divided")
          .between(1e-6, most_hu)
          .optional("pad", &Onnx::pad, unit::hu,
                    "of voxels beyond the image, where it is smaller than what the network reads")
          .between(-most_hu, most_hu)
          .optional("channels", &Onnx::channels, "of the input: copies of the image")
          .between(1, 64)
          .optional("patch", &Onnx::patch,
                    "voxels along i, j and (of volumes) k that the network reads at once; whole "
                    "slices or volumes if nothing is said")
          .optional("overlap", &Onnx::overlap,
                    "of neighbouring patches, as a share of their edge; where several cover a "
                    "voxel their mean counts")
          .between(0, 0.9)
          .optional("multiple_of", &Onnx::multiple_of,
                    "voxels: without patches every edge is padded to a multiple of it")
          .between(1, 1024)
          .optional(
              "output", &Onnx::output,
              "what the network gives: probabilities; logits (a sigmoid is taken); "
              "class_logits (a softmax over the channels is taken); largest_class (1 where no "
              "other channel is larger nor an earlier one as large, else 0); scores (any "
              "number)")
          .one_of({"probabilities", "logits", "class_logits", "largest_class", "scores"})
          .optional("channel", &Onnx::channel, "of the output that counts, from 0")
          .between(0, 100000)
          .optional("threshold", &Onnx::threshold,
                    "probability, or score, from which on a voxel is lesion, or part of a finding")
          .between(-1e9, 1e9)
          .optional("most", &Onnx::most, "findings an image, the surest")
          .between(1, 10000)
          .optional("combine", &Onnx::combine,
                    "what of a classifier's slices or patches rates the image")
          .one_of({"maximum", "mean"})
          .optional("timeout", &Onnx::timeout, unit::s, "an image, after which it is stopped")
          .between(0.1, 86400)
          .optional("memory_gib", &Onnx::memory, "addresses that its process may use")
          .between(0.05, 4096)
          .rule("file must not be empty", [](const Onnx& n) { return !n.file.empty(); })
          .rule("clip_hu must be two ascending numbers",
                [](const Onnx& n) {
                  return n.clip.empty() || (n.clip.size() == 2 && n.clip[0] < n.clip[1]);
                })
          .rule("patch must be two numbers of slices, three of a volume, each from 1 to 4096",
                [](const Onnx& n) {
                  return n.patch.empty() || (n.patch.size() == (n.reads == "slices" ? 2U : 3U) &&
                                             std::ranges::all_of(n.patch, [](std::int64_t edge) {
                                               return edge >= 1 && edge <= 4096;
                                             }));
                })
          .rule("patch and multiple_of exclude each other (a patch has its own size)",
                [](const Onnx& n) { return n.patch.empty() || n.multiple_of == 1; })
          .rule("threshold must be above 0 and at most 1 (only scores have others)",
                [](const Onnx& n) {
                  return n.output == "scores" || (n.threshold > 0.0 && n.threshold <= 1.0);
                });
  return s;
}

OnnxReader::OnnxReader(const Onnx& network)
    : CommandReader({{program + network.runtime, unknown_runtime, network.file,
                      to_json(Onnx::schema().write(network)), "{image}", "{output}"},
                     network.task,
                     network.timeout,
                     network.memory}) {}

}  // namespace vitrine::readers
