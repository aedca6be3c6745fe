#pragma once
#include <array>
#include <cstdint>
#include <string>
#include <vector>

#include "vitrine/phantoms/anatomy.hpp"
#include "vitrine/phantoms/lesion_content.hpp"

namespace vitrine::phantoms::detail {

/// Where an imported body comes to lie.
enum class Position : std::uint8_t {
  centred,    ///< the middle of the box about what is denser than 0.1 g/cm3 is the origin
  as_stored,  ///< at the file's own coordinates
};

/// What the voxels of one entry are.
struct VoxelContent {
  std::string organ;                ///< "" where they belong to none
  std::string host;                 ///< what lesions call the organ; "" where none grow
  std::vector<Ingredient> content;  ///< none: vacuum
};

/// A body of voxels as a file holds it, ready to be put into scenes; copies share the voxels.
class VoxelBody {
 public:
  /// Throws Error (data) if there is nothing in it. A single voxel along an axis becomes sixteen.
  VoxelBody(Grid grid, std::vector<std::uint16_t> index, std::vector<VoxelContent> entries,
            Position position);

  /// Add it to an empty scene and tell what lesions may grow in.
  AnatomyRecord place(SceneBuilder& scene, const std::string& sex) const;

  const Grid& grid() const { return grid_; }

 private:
  struct Box {  // of an entry's voxels
    std::array<Index, 3> low{}, high{-1, -1, -1};
    std::uint64_t voxels = 0;
    void add(const Box& other);
  };
  std::vector<Box> boxes() const;
  Bounds bounds_of(const Box& box) const;
  double density_of(std::size_t entry) const;
  std::vector<Host> find_hosts(const std::vector<Box>& boxes) const;

  Grid grid_;
  SharedArray<std::uint16_t> index_;
  std::vector<VoxelContent> entries_;
  std::vector<Host> hosts_;
  double mass_ = 0.0;  // g
};

/// `centred` or `as_stored`, as a scenario writes it.
Position position_named(const std::string& word);

}  // namespace vitrine::phantoms::detail
