#pragma once
#include <optional>
#include <sstream>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

namespace vitrine {

/// Where in the user's input a value came from; printed as `lung.yaml:14:7 (trial.arms[1].dose)`.
struct Location {
  std::string file;
  int line = 0;      ///< 1-based; 0 = not from a file
  int column = 0;    ///< 1-based
  std::string path;  ///< dotted path inside the document
};

std::string to_string(const Location& where);

/// The one exception type of the project.
///
/// A message reads "<problem> (<why it is one>). <way out>" and names the offending value.
/// Callers add what they were doing with `during()`.
class Error : public std::runtime_error {
 public:
  /// `input`: the user's scenario or command; `data`: a file's content; `io`: the file system.
  enum class Kind { input, data, numeric, io, unsupported, interrupted };

  /// `[[nodiscard]]`: an Error that is built and not thrown is a mistake.
  [[nodiscard]] Error(Kind kind, const std::string& message, std::optional<Location> where = {})
      : std::runtime_error(message), kind_(kind), where_(std::move(where)) {}

  Kind kind() const noexcept { return kind_; }
  const std::optional<Location>& where() const noexcept { return where_; }
  const std::vector<std::string>& context() const noexcept { return context_; }

  Error& during(std::string what) & {
    context_.push_back(std::move(what));
    return *this;
  }

 private:
  Kind kind_;
  std::optional<Location> where_;
  std::vector<std::string> context_;  // innermost first
};

/// The whole story: location, message, then one "while ..." line per context entry.
std::string explain(const Error& error);

/// Concatenate anything streamable; stands in for std::format until the floor is GCC 13.
template <class... Args>
std::string str(const Args&... args) {
  std::ostringstream out;
  (out << ... << args);
  return std::move(out).str();
}

/// Check input or run-time data: always on, always explains itself.
template <class... Args>
void require(bool ok, Error::Kind kind, const Args&... message) {
  if (!ok) [[unlikely]]
    throw Error(kind, str(message...));
}

[[noreturn]] void contract_failed(const char* condition, const char* file, int line);

}  // namespace vitrine

/// Check our own reasoning: on in debug, dev and sanitizer builds, gone in release.
#if defined(VITRINE_CONTRACTS)
#define VITRINE_EXPECT(cond) \
  ((cond) ? void() : ::vitrine::contract_failed(#cond, __FILE__, __LINE__))
#else
#define VITRINE_EXPECT(cond) static_cast<void>(sizeof(cond))
#endif
