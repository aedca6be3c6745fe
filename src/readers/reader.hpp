#pragma once
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "vitrine/core/catalogue.hpp"
#include "vitrine/model/voxel_regions.hpp"

/// Models under test: what reads an image and says where lesions are.
namespace vitrine::readers {

/// What a reader is asked for.
enum class Task { segmentation, detection, classification, embedding };
std::string_view to_string(Task task);

/// Where a reader says that a lesion is; the larger the score, the surer.
struct Point {
  Vec3 centre;  ///< mm
  double score = 0.0;
};

/// How sure a reader is that a lesion, or the image as a whole, has the label in question.
struct Rating {
  std::string lesion;  ///< empty: the image
  double score = 0.0;
};

/// Numbers that describe a lesion, or the image as a whole: features of a foundation model.
struct Embedding {
  std::string lesion;  ///< empty: the image
  std::vector<double> values;
};

/// What a reader made of an image: a mask on the image's grid, points, ratings or embeddings (one
/// of the image, or one of each lesion), as its task is.
struct Reading {
  std::optional<Mask> mask = {};
  std::vector<Point> points = {};
  std::vector<Rating> ratings = {};
  bool probabilities = false;              ///< ratings are probabilities, in [0, 1]
  std::vector<std::string> features = {};  ///< names of what embeddings hold
  std::vector<Embedding> embeddings = {};
};

/// A lesion that a reader is told of, as a person would draw a box about it.
struct LesionBox {
  std::string lesion;
  VoxelBox box;
};

/// What a reader is given: the image and, for those that ask, its lesions.
struct Request {
  const Image& image;
  std::span<const LesionBox> lesions;
};

/// A program that is no part of this one, and what it may take.
struct Command {
  /// The program first; `{image}`, `{boxes}` and `{output}` are replaced.
  std::vector<std::string> arguments;
  std::string task = "segmentation";
  double timeout = 600.0;  ///< s
  double memory = 8.0;     ///< GiB of addresses
  static const Schema<Command>& schema();
};

/// Runs programs for readers that need one.
class Host {
 public:
  virtual ~Host() = default;
  /// Throws Error (data) that says what the program did wrong.
  virtual Reading run(const Command& command, const Request& request) = 0;
};

class Reader {
 public:
  virtual ~Reader() = default;
  virtual Task task() const = 0;
  /// What it runs; null: nothing, it is built in.
  virtual const Command* command() const { return nullptr; }
  /// Equal bits for any number of threads.
  virtual Reading read(const Request& request, Host& host) const = 0;
};

/// The built-in readers, and `command`.
const Catalogue<Reader>& catalogue();
const Catalogue<Reader>& catalogue_for(const Reader*);

}  // namespace vitrine::readers
