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
enum class Task { segmentation, detection };
std::string_view to_string(Task task);

/// Where a reader says that a lesion is; the larger the score, the surer.
struct Point {
  Vec3 centre;  ///< mm
  double score = 0.0;
};

/// What a reader made of an image: a mask on the image's grid, or points, as its task is.
struct Reading {
  std::optional<Mask> mask;
  std::vector<Point> points;
};

/// What a reader is given: the image and, for those that ask, a box about each lesion, as a person
/// would draw it.
struct Request {
  const Image& image;
  std::span<const VoxelBox> boxes;
};

/// A program that is no part of this one, and what it may take.
struct Command {
  std::vector<std::string> arguments;  ///< the program first; `{image}` and `{output}` are replaced
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
