#pragma once
#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace vitrine {

/// A SHA-256 digest.
struct Digest {
  std::array<std::uint8_t, 32> bytes{};

  std::string hex() const;        ///< 64 lower-case digits
  std::uint64_t first64() const;  ///< the first eight bytes, big-endian
  bool operator==(const Digest&) const = default;
};

/// Incremental SHA-256 (libcrypto). Text parts are framed with their length, so that
/// add("ab").add("c") differs from add("a").add("bc").
class Sha256 {
 public:
  Sha256();
  ~Sha256();
  Sha256(Sha256&&) noexcept;
  Sha256& operator=(Sha256&&) noexcept;

  Sha256& bytes(std::span<const std::byte> data);  ///< raw bytes, no framing
  Sha256& add(std::string_view part);              ///< length, then the bytes
  Digest finish();                                 ///< may be called once

 private:
  struct State;
  std::unique_ptr<State> state_;
};

/// Digest of raw bytes, as `sha256sum` prints it.
Digest sha256(std::span<const std::byte> data);
Digest sha256(std::string_view text);

/// The digest of 64 lower-case digits, as `Digest::hex` writes it; none if it is anything else.
std::optional<Digest> digest_from_hex(std::string_view hex);

}  // namespace vitrine
