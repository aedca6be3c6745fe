// Materials that no table lists: solutions, compounds and mixtures, written out in their name.
#include <cctype>
#include <charconv>
#include <map>
#include <mutex>
#include <optional>

#include "vitrine/core/units.hpp"
#include "vitrine/core/value.hpp"
#include "vitrine/model/elements.hpp"
#include "vitrine/model/material.hpp"

namespace vitrine {
namespace {

constexpr const char* remedy =
    " Write a table's material, a solution ('iodine 10 mg/ml in blood'), a compound with its "
    "density ('CaCO3 2.71 g/cm3') or a mixture by mass ('70 % water + 30 % C2H6O 0.96 g/cm3').";

const Material* in_table(std::string_view name) {
  for (const Material& m : materials())
    if (m.name == name) return &m;
  return nullptr;
}

[[noreturn]] void unknown(std::string_view name) {
  std::vector<std::string> names;
  for (const Material& m : materials()) names.push_back(m.name);
  throw Error(Error::Kind::input,
              str("unknown material '", name, "'.", suggestion(name, names), remedy));
}

std::optional<double> parse_number(const std::string& text) {
  double value = 0.0;
  const char* end = text.data() + text.size();
  const auto [stop, problem] = std::from_chars(text.data(), end, value);
  return problem == std::errc() && stop == end ? std::optional(value) : std::nullopt;
}

/// Mass fractions by atomic number.
using Composition = std::map<int, double>;

void add(Composition& sum, const Composition& other, double share) {
  for (const auto& [z, fraction] : other) sum[z] += share * fraction;
}

double total(const Composition& all) {
  double sum = 0.0;
  for (const auto& [z, fraction] : all) sum += fraction;
  return sum;
}

/// A chemical formula, `Ca10(PO4)6(OH)2`: masses of its elements, g/mol.
class Formula {
 public:
  explicit Formula(std::string_view text) : text_(text) {}
  Composition read() {
    Composition all = group();
    if (at_ != text_.size()) fail();
    return all;
  }

 private:
  [[noreturn]] void fail() const {
    throw Error(
        Error::Kind::input,
        str("'", text_, "' is no chemical formula (", at_ < text_.size() ? "'" : "the end",
            text_.substr(at_), at_ < text_.size() ? "'" : "", " is not understood).", remedy));
  }
  bool next_is(int (*test)(int)) const {
    return at_ < text_.size() && test(static_cast<unsigned char>(text_[at_])) != 0;
  }
  double count() {
    std::string digits;
    while (next_is(std::isdigit) || (at_ < text_.size() && text_[at_] == '.' && !digits.empty()))
      digits += text_[at_++];
    if (digits.empty()) return 1.0;
    const auto n = parse_number(digits);
    if (!n || !(*n > 0.0)) fail();
    return *n;
  }
  Composition group() {
    Composition all;
    while (at_ < text_.size() && text_[at_] != ')') {
      if (text_[at_] == '(') {
        ++at_;
        const Composition inner = group();
        if (at_ == text_.size()) fail();
        ++at_;
        add(all, inner, count());
        continue;
      }
      std::string_view symbol = text_.substr(at_, 2);
      if (symbol.size() < 2 || std::islower(static_cast<unsigned char>(symbol[1])) == 0)
        symbol = symbol.substr(0, 1);
      const int z = atomic_number(symbol);
      if (z == 0) fail();
      at_ += symbol.size();
      all[z] += count() * atomic_weight(z);
    }
    if (all.empty()) fail();
    return all;
  }

  std::string_view text_;
  std::size_t at_ = 0;
};

/// What one word stands for: a material of the table or a formula, which has no density.
struct Component {
  Composition composition;  ///< sums to 1
  std::optional<double> density;
};
Component component(const std::string& word) {
  Component out;
  if (const Material* known = in_table(word)) {
    for (const auto& part : known->parts) out.composition[part.atomic_number] += part.mass_fraction;
    out.density = known->density;
    return out;
  }
  if (word.empty() || std::isupper(static_cast<unsigned char>(word.front())) == 0) unknown(word);
  const Composition masses = Formula(word).read();
  add(out.composition, masses, 1.0 / total(masses));
  return out;
}

/// The words of a mixture's name.
class Mixture {
 public:
  explicit Mixture(std::string_view name) : name_(name) {
    std::string word;
    for (const char c : name_ + ' ') {
      const bool separate = c == '%' || c == '+';
      if ((c == ' ' || separate) && !word.empty()) words_.push_back(std::move(word)), word.clear();
      if (separate) words_.emplace_back(1, c);
      if (c != ' ' && !separate) word += c;
    }
  }

  Material read() {
    if (words_.empty()) unknown(name_);
    const bool solution = words_.size() >= 3 && (words_[2] == "mg/ml" || words_[2] == "mg/mL");
    Component whole = solution ? dissolved() : sum();
    if (at_ + 2 == words_.size() && words_[at_ + 1] == "g/cm3") {
      whole.density = number() * units::g_per_cm3;
      ++at_;
    }
    if (at_ != words_.size()) fail(str("'", words_[at_], "' is not understood"));
    if (!whole.density) fail("it needs a density in g/cm3");
    constexpr double densest = 25.0 * units::g_per_cm3;
    if (!(*whole.density > 0.0 && *whole.density <= densest))
      fail("its density must be above 0 and at most 25 g/cm3");
    Material out{name_, *whole.density, {}, "as written"};
    for (const auto& [z, fraction] : whole.composition) out.parts.push_back({z, fraction});
    return out;
  }

 private:
  [[noreturn]] void fail(const std::string& why) const {
    throw Error(Error::Kind::input, str("material '", name_, "' (", why, ").", remedy));
  }
  const std::string& word() {
    if (at_ == words_.size()) fail("something is missing at its end");
    return words_[at_++];
  }
  double number() {
    const std::string& text = word();
    const auto n = parse_number(text);
    if (!n || !(*n >= 0.0)) fail(str("'", text, "' should be a number, 0 or more"));
    return *n;
  }

  /// `solute 10 mg/ml [in solvent]`: volumes add up.
  Component dissolved() {
    const std::string solute_name = word();
    const Component solute = component(solute_name);
    const double concentration = number() * units::mg_per_ml;
    ++at_;  // mg/ml
    const bool named = at_ < words_.size() && words_[at_] == "in";
    if (named) ++at_;
    const Component solvent = component(named ? word() : "water");
    if (!solute.density || !solvent.density) fail("solute and solvent must be in the table");
    const double room = 1.0 - concentration / *solute.density;
    if (!(room >= 0.0))
      fail(str("no more than ", *solute.density / units::mg_per_ml, " mg/ml fit"));
    Component out;
    out.density = concentration + room * *solvent.density;
    add(out.composition, solute.composition, concentration / *out.density);
    add(out.composition, solvent.composition, room * *solvent.density / *out.density);
    return out;
  }

  /// `70 % water + 30 % C2H6O`, or one component. Volumes add up where all have a density.
  Component sum() {
    Component out;
    double shares = 0.0, volume = 0.0;
    bool known = true;
    do {
      double share = 1.0;
      if (at_ + 1 < words_.size() && words_[at_ + 1] == "%") {
        share = 0.01 * number();
        ++at_;
      }
      const Component part = component(word());
      add(out.composition, part.composition, share);
      shares += share;
      known = known && part.density.has_value();
      if (known) volume += share / *part.density;
    } while (at_ < words_.size() && words_[at_] == "+" && ++at_ > 0);
    constexpr double rounding = 0.005;
    if (!(shares > 1.0 - rounding && shares < 1.0 + rounding))
      fail(str("its shares sum to ", 100.0 * shares, " %"));
    for (auto& [z, fraction] : out.composition) fraction /= shares;
    if (known) out.density = shares / volume;
    return out;
  }

  std::string name_;
  std::vector<std::string> words_;
  std::size_t at_ = 0;
};

}  // namespace

const Material& material(std::string_view name) {
  if (const Material* known = in_table(name)) return *known;
  static std::mutex mutex;
  static std::map<std::string, Material, std::less<>> written;  // nodes stay where they are
  const std::lock_guard lock(mutex);
  auto at = written.find(name);
  if (at == written.end()) at = written.emplace(name, Mixture(name).read()).first;
  return at->second;
}

}  // namespace vitrine
