#pragma once
#include <catch2/catch.hpp>
#include <initializer_list>
#include <string>
#include <utility>

#include "vitrine/radiomics/filters/filter.hpp"

namespace vitrine::radiomics::test {

/// A filter of the catalogue by its kind and parameters.
inline Pick<ImageFilter> make_filter(
    std::initializer_list<std::pair<const char*, Value>> parameters) {
  Value node;
  for (const auto& [key, value] : parameters) node.set(key, value);
  Diagnostics problems;
  Pick<ImageFilter> filter = image_filters().make(node, problems);
  INFO(to_json(node));
  REQUIRE(problems.ok());
  return filter;
}

/// Whole HU from -500 to 500 without order, on voxels of 1 mm unless said otherwise.
inline Image noise_image(std::array<Index, 3> size, Vec3 spacing = Vec3::Ones()) {
  Image image(Grid{size, spacing, Vec3::Zero(), Mat3::Identity()});
  std::uint32_t state = 12345;
  for (float& x : image.values()) {
    state = state * 1664525u + 1013904223u;  // Numerical Recipes' generator
    x = float(int(state >> 8) % 1001 - 500);
  }
  return image;
}

inline double largest_difference(const Image& a, const Image& b) {
  REQUIRE(a.grid().size == b.grid().size);
  double largest = 0;
  for (std::size_t v = 0; v < a.values().size(); ++v)
    largest = std::max(largest, std::abs(double(a.values()[v]) - double(b.values()[v])));
  return largest;
}

}  // namespace vitrine::radiomics::test
