#include "vitrine/model/profile.hpp"

#include <algorithm>
#include <charconv>
#include <cmath>

#include "vitrine/core/units.hpp"
#include "vitrine/model/detail/check_profile.hpp"

namespace vitrine {

const Schema<FocalSpot>& FocalSpot::schema() {
  static const auto s =
      Schema<FocalSpot>("focal_spot", "A focal spot of the tube")
          .required("width", &FocalSpot::width, unit::mm, "effective width in the plane of the fan")
          .between(0.05, 3)
          .required("length", &FocalSpot::length, unit::mm, "effective length along z")
          .between(0.05, 3);
  return s;
}

const Schema<Console>& Console::schema() {
  static const auto s =
      Schema<Console>("console", "What the console of a type of scanner offers")
          .required("scan_field", &Console::scan_field, unit::mm,
                    "diameter that fan and bowtie cover")
          .between(50, 1000)
          .required("collimation", &Console::collimation, unit::mm,
                    "all rows together at the isocentre")
          .between(0.1, 400)
          .required("tube_voltages", &Console::tube_voltages, unit::kv,
                    "that can be chosen, ascending; scans at others are refused")
          .between(40, 150)
          .required("lowest_tube_current", &Console::lowest_tube_current, unit::ma,
                    "that can be chosen")
          .between(0.1, 5000)
          .required("highest_tube_current", &Console::highest_tube_current, unit::ma,
                    "of the largest focal spot; scans that need more are refused")
          .between(1, 5000)
          .required("rotation_times", &Console::rotation_times, unit::s,
                    "that can be chosen, ascending; faster scans are refused")
          .between(0.1, 120)
          .required("focal_spots", &Console::focal_spots,
                    "of the tube; MTFs of kernels hold with the first")
          .rule("tube_voltages_kv must ascend and be one at least",
                [](const Console& c) {
                  return !c.tube_voltages.empty() &&
                         std::ranges::adjacent_find(c.tube_voltages, std::greater_equal<>()) ==
                             c.tube_voltages.end();
                })
          .rule("rotation_times_s must ascend and be one at least",
                [](const Console& c) {
                  return !c.rotation_times.empty() &&
                         std::ranges::adjacent_find(c.rotation_times, std::greater_equal<>()) ==
                             c.rotation_times.end();
                })
          .rule("focal_spots must not be empty (without a focal spot there is no beam)",
                [](const Console& c) { return !c.focal_spots.empty(); })
          .rule("lowest_tube_current_ma must be below highest_tube_current_ma",
                [](const Console& c) { return c.lowest_tube_current < c.highest_tube_current; });
  return s;
}

const Schema<OwnKernel>& OwnKernel::schema() {
  static const auto s =
      Schema<OwnKernel>("own_kernel", "What a type of scanner makes of a kernel's name")
          .required("name", &OwnKernel::name, "the kernel of a protocol that is meant")
          .one_of({"smooth", "soft", "standard", "detail", "sharp", "ultra_sharp"})
          .optional("like", &OwnKernel::like, "what the vendor calls such a kernel")
          .required("mtf50_per_mm", &OwnKernel::mtf50, "where the image's MTF falls to a half")
          .between(0.05, 5)
          .required("mtf10_per_mm", &OwnKernel::mtf10, "where it falls to a tenth")
          .between(0.05, 5)
          .rule("mtf50_per_mm must be below mtf10_per_mm (an MTF falls)",
                [](const OwnKernel& k) { return k.mtf50 < k.mtf10; });
  return s;
}

const Schema<Targets>& Targets::schema() {
  static const auto s =
      Schema<Targets>("targets", "What a scanner's passport must find, and how near")
          .optional("tube_voltage", &Targets::tube_voltage, unit::kv, "of the passport's scans")
          .between(40, 150)
          .optional("body_ctdi_w_per_100_mas", &Targets::body_ctdi, unit::mgy,
                    "CTDIw in 32 cm of PMMA (not compared if nothing is said)")
          .between(0.1, 100)
          .optional("head_ctdi_w_per_100_mas", &Targets::head_ctdi, unit::mgy,
                    "CTDIw in 16 cm of PMMA (not compared if nothing is said)")
          .between(0.1, 200)
          .optional("ctdi_tolerance", &Targets::ctdi_tolerance, unit::percent,
                    "of either; a body's is what the tube's output is set by")
          .between(0.1, 100)
          .optional("water_tolerance", &Targets::water_tolerance, unit::hu,
                    "in the middle of 20 cm of water (IEC 61223-3-5: 4)")
          .between(0.1, 100)
          .optional("uniformity_tolerance", &Targets::uniformity_tolerance, unit::hu,
                    "between rim and middle of it (IEC 61223-3-5: 4)")
          .between(0.1, 100)
          .optional("mtf_tolerance", &Targets::mtf_tolerance, unit::percent,
                    "of both frequencies of each kernel")
          .between(0.1, 100)
          .optional("exponent_tolerance", &Targets::exponent_tolerance,
                    "about -0.5, of noise as a power of dose")
          .between(0.001, 0.5)
          .optional("slice_tolerance", &Targets::slice_tolerance, unit::percent,
                    "of the width of slices of three rows and more")
          .between(0.1, 100);
  return s;
}

const Schema<Provenance>& Provenance::schema() {
  static const auto s =
      Schema<Provenance>("provenance", "Where numbers come from, or how little is known of them")
          .required("keys", &Provenance::keys,
                    "of the scanner: columns, detector.thickness_mm; a block stands for all in it")
          .required("source", &Provenance::source,
                    "the publication; of uncertain numbers why they are guessed so")
          .optional("uncertain", &Provenance::uncertain,
                    "not published: a guess within range, which arms.sites can draw from")
          .unless_default()
          .optional("range", &Provenance::range,
                    "lowest and highest, in the unit of the keys, each a single number")
          .unless_default()
          .optional("range_percent", &Provenance::range_percent,
                    "likewise in percent of the numbers there, all of a list or block together")
          .between(-99, 900)
          .unless_default()
          .rule("keys must name one number at least",
                [](const Provenance& p) { return !p.keys.empty(); })
          .rule("source must not be empty (a number without one is not known)",
                [](const Provenance& p) { return !p.source.empty(); })
          .rule(
              "uncertain numbers need either range or range_percent, and only they have one: two "
              "numbers, the lower one first",
              [](const Provenance& p) {
                const auto fits = [](const std::vector<double>& r) {
                  return r.size() == 2 && r[0] < r[1];
                };
                if (!p.uncertain) return p.range.empty() && p.range_percent.empty();
                return p.range.empty() ? fits(p.range_percent)
                                       : p.range_percent.empty() && fits(p.range);
              });
  return s;
}

const Schema<Profile>& Profile::schema() {
  static const auto s =
      Schema<Profile>("profile", "What is known of a type of scanner beside its physics")
          .required("vendor", &Profile::vendor, "whose scanners it is like")
          .required("modelled_on", &Profile::modelled_on, "what it is like, without being it")
          .required("year", &Profile::year, "in which such scanners appeared")
          .between(1970, 2100)
          .required("console", &Profile::console, "what can be chosen")
          .optional("kernels", &Profile::kernels,
                    "what the names of generic kernels mean on it (the generic ones if nothing is "
                    "said)")
          .optional("targets", &Profile::targets, "what its passport must find")
          .optional("provenance", &Profile::provenance,
                    "where each number of the scanner comes from")
          .rule("kernels must have different names", [](const Profile& p) {
            std::vector<std::string> names;
            for (const OwnKernel& kernel : p.kernels) names.push_back(kernel.name);
            std::ranges::sort(names);
            return std::ranges::adjacent_find(names) == names.end();
          });
  return s;
}

namespace detail {

const Value* find(const Value& root, std::string_view path) {
  const Value* node = &root;
  while (!path.empty() && node) {
    if (path.front() == '[') {
      std::size_t index = 0;
      const char* end = path.data() + path.size();
      const auto [stop, error] = std::from_chars(path.data() + 1, end, index);
      const auto* list = node->as<Value::List>();
      if (error != std::errc{} || stop == end || *stop != ']' || !list || index >= list->size())
        return nullptr;
      node = &(*list)[index];
      path.remove_prefix(std::size_t(stop - path.data()) + 1);
    } else {
      if (path.front() == '.') path.remove_prefix(1);
      const std::size_t length = std::min(path.find_first_of(".["), path.size());
      node = node->find(path.substr(0, length));
      path.remove_prefix(length);
    }
  }
  return node;
}

}  // namespace detail

namespace {

/// What stands at `a.b[0].c`, or null.
Value* at(Value& root, std::string_view path) {
  return const_cast<Value*>(detail::find(root, path));
}

/// Calls `visit` with the path and the value of every number under a node.
template <class Node, class Visit>
void for_each_number(Node& node, const std::string& path, const Visit& visit) {
  if (std::holds_alternative<double>(node.data)) return visit(path, node);
  if (auto* list = std::get_if<Value::List>(&node.data)) {
    for (std::size_t i = 0; i < list->size(); ++i)
      for_each_number((*list)[i], str(path, '[', i, ']'), visit);
  } else if (auto* map = std::get_if<Value::Map>(&node.data)) {
    for (auto& member : *map)
      for_each_number(member.value, path.empty() ? member.key : str(path, '.', member.key), visit);
  }
}

bool is_whole(const std::string& path) {
  for (const FieldInfo& field : Scanner::schema().fields())
    if (field.key == path) return field.type == FieldInfo::Type::integer;
  return false;
}

}  // namespace

std::vector<UncertainNumber> uncertain_numbers(const Scanner& scanner) {
  std::vector<UncertainNumber> all;
  if (!scanner.profile) return all;
  for (const Provenance& p : scanner.profile->provenance) {
    if (!p.uncertain) continue;
    const bool relative = p.range.empty();
    const auto& range = relative ? p.range_percent : p.range;
    const double unit = relative ? unit::percent.to_native : 1.0;
    for (const std::string& key : p.keys)
      if (!key.starts_with("profile.") || key.starts_with("profile.kernels"))
        all.push_back({key, relative, range[0] * unit, range[1] * unit});
  }
  return all;
}

Scanner with_numbers(const Scanner& scanner, std::span<const ChosenNumber> chosen) {
  if (chosen.empty()) return scanner;
  Value written = Scanner::schema().write(scanner);
  for (const ChosenNumber& number : chosen) {
    Value* there = at(written, number.of.key);
    VITRINE_EXPECT(there != nullptr);
    for_each_number(*there, number.of.key, [&](const std::string& path, Value& value) {
      double& x = std::get<double>(value.data);
      x = number.of.relative ? x * (1.0 + number.value) : number.value;
      if (is_whole(path)) x = std::round(x);
    });
  }
  Diagnostics problems;
  Scanner changed = Scanner::schema().read(written, problems);
  problems.throw_if_any();
  return changed;
}

std::vector<std::string> without_provenance(const Scanner& scanner, const Value& written) {
  const auto within = [](const std::string& path, const std::string& key) {
    return path.starts_with(key) &&
           (path.size() == key.size() || path[key.size()] == '.' || path[key.size()] == '[');
  };
  std::vector<std::string> missing;
  for_each_number(written, "", [&](const std::string& path, const Value&) {
    if (within(path, "profile.provenance")) return;
    if (scanner.profile)
      for (const Provenance& p : scanner.profile->provenance)
        for (const std::string& key : p.keys)
          if (within(path, key)) return;
    missing.push_back(path);
  });
  return missing;
}

}  // namespace vitrine
