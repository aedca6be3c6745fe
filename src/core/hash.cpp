#include "vitrine/core/hash.hpp"

#include <openssl/evp.h>

#include <utility>

#include "vitrine/core/error.hpp"

namespace vitrine {

std::string Digest::hex() const {
  constexpr std::string_view digits = "0123456789abcdef";
  std::string text;
  for (const std::uint8_t byte : bytes) {
    text += digits[byte >> 4];
    text += digits[byte & 15];
  }
  return text;
}

std::uint64_t Digest::first64() const {
  std::uint64_t value = 0;
  for (std::size_t i = 0; i < 8; ++i) value = value << 8 | bytes[i];
  return value;
}

struct Sha256::State {
  EVP_MD_CTX* context = EVP_MD_CTX_new();
  ~State() { EVP_MD_CTX_free(context); }
};

Sha256::Sha256() : state_(std::make_unique<State>()) {
  require(state_->context && EVP_DigestInit_ex(state_->context, EVP_sha256(), nullptr) == 1,
          Error::Kind::unsupported, "libcrypto refuses SHA-256 (is it restricted by a policy?)");
}
Sha256::~Sha256() = default;
Sha256::Sha256(Sha256&&) noexcept = default;
Sha256& Sha256::operator=(Sha256&&) noexcept = default;

Sha256& Sha256::bytes(std::span<const std::byte> data) {
  EVP_DigestUpdate(state_->context, data.data(), data.size());
  return *this;
}

Sha256& Sha256::add(std::string_view part) {
  std::array<std::byte, 8> length{};
  for (std::size_t i = 0; i < 8; ++i) length[i] = std::byte(part.size() >> (8 * i));
  return bytes(length).bytes(std::as_bytes(std::span(part)));
}

Digest Sha256::finish() {
  Digest digest;
  EVP_DigestFinal_ex(state_->context, digest.bytes.data(), nullptr);
  return digest;
}

Digest sha256(std::span<const std::byte> data) { return Sha256().bytes(data).finish(); }
Digest sha256(std::string_view text) { return sha256(std::as_bytes(std::span(text))); }

std::optional<Digest> digest_from_hex(std::string_view hex) {
  constexpr std::string_view digits = "0123456789abcdef";
  Digest digest;
  if (hex.size() != 2 * digest.bytes.size()) return {};
  for (std::size_t i = 0; i < digest.bytes.size(); ++i) {
    const auto high = digits.find(hex[2 * i]), low = digits.find(hex[2 * i + 1]);
    if (high == digits.npos || low == digits.npos) return {};
    digest.bytes[i] = static_cast<std::uint8_t>(high * 16 + low);
  }
  return digest;
}

}  // namespace vitrine
