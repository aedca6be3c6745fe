#pragma once
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>
#include <vector>

#include "vitrine/core/error.hpp"

/// One input. 0: it was taken; -1: it was refused, with a message. Anything else ends the program.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

namespace vitrine::fuzz {

/// Inputs that must be taken; others are made of them.
std::vector<std::string> seeds();

/// A broken promise ends the program, so that the input can be looked at.
inline void expect(bool ok) {
  if (!ok) std::abort();
}

/// Runs `parse`: an Error of ours that says something is a refusal, all else that is thrown a bug.
template <class Parse>
int taken(const Parse& parse) {
  try {
    parse();
    return 0;
  } catch (const Error& error) {
    expect(std::string_view(error.what()).size() > 10);
    expect(error.kind() != Error::Kind::numeric);
    return -1;
  }
}

}  // namespace vitrine::fuzz
