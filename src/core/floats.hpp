#pragma once
#include <functional>
#include <memory>

namespace vitrine {

/// Floats that go back to where they came from (a mapped file, say) when this ends.
using Floats = std::unique_ptr<float[], std::function<void(float*)>>;

}  // namespace vitrine
