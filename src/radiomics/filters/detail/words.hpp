#pragma once
#include <array>

#include "vitrine/radiomics/detail/word_codec.hpp"
#include "vitrine/radiomics/filters/filter.hpp"

namespace vitrine {
namespace radiomics {

inline constexpr std::array paddings{
    Word<Padding>{Padding::zero, "zero"}, Word<Padding>{Padding::nearest, "nearest"},
    Word<Padding>{Padding::periodic, "periodic"}, Word<Padding>{Padding::mirror, "mirror"}};
inline constexpr std::array dimension_words{Word<Dimensions>{Dimensions::slice, "2d"},
                                            Word<Dimensions>{Dimensions::volume, "3d"}};
inline constexpr std::array rotation_poolings{
    Word<RotationPooling>{RotationPooling::none, "none"},
    Word<RotationPooling>{RotationPooling::average, "average"},
    Word<RotationPooling>{RotationPooling::max, "max"}};

/// What keys of that name say of themselves.
inline constexpr const char* padding_doc =
    "what the image continues with beyond its edge; mirror repeats the edge";
inline constexpr const char* dimensions_doc = "3d, or 2d: slice by slice";
inline constexpr const char* rotation_doc =
    "pool the responses to all right-angle rotations of the filter (24 in 3d, 4 in 2d)";

}  // namespace radiomics

template <>
struct Codec<radiomics::Padding> : radiomics::WordCodec<radiomics::Padding, radiomics::paddings> {};
template <>
struct Codec<radiomics::Dimensions>
    : radiomics::WordCodec<radiomics::Dimensions, radiomics::dimension_words> {};
template <>
struct Codec<radiomics::RotationPooling>
    : radiomics::WordCodec<radiomics::RotationPooling, radiomics::rotation_poolings> {};

}  // namespace vitrine
