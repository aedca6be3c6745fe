#include "vitrine/trial/factors.hpp"

#include <utility>

#include "vitrine/trial/detail/distinct.hpp"

namespace vitrine::trial {
namespace {

/// The fields that lists of levels and single arms have alike.
template <class T>
Schema<T>&& with_factors(Schema<T>&& s) {
  const auto of = []<class F, class B>(F B::*member) -> F T::* { return member; };
  return std::move(s)
      .optional("protocol", of(&T::protocol), "name of one of arms.protocols")
      .unless_default()
      .optional("kernel", of(&T::kernel), "reconstruction kernel: a kind, a map, or a YAML file")
      .optional("algorithm", of(&T::algorithm), "reconstruction algorithm")
      .unless_default()
      .optional("tube_voltage", of(&T::tube_voltage), unit::kv, "tube voltage")
      .between(40, 150)
      .optional("tube_load", of(&T::tube_load), unit::mas, "tube load per rotation")
      .between(0.1, 2000)
      .optional("slice_thickness", of(&T::slice_thickness), unit::mm, "slice thickness")
      .between(0.3, 20)
      .optional("bins", of(&T::bins),
                "energy bins of photon-counting scanners: total, bin1 (the lowest), bin2, ..., "
                "threshold1 (all above it), ...; spectral images of them: vmi_40kev to "
                "vmi_190kev, iodine_map, water_map, vnc; other scanners have their one image")
      .unless_default()
      .optional("corrections", of(&T::corrections),
                "none, all: without and with the protocol's corrections")
      .one_of({"none", "all"})
      .unless_default()
      .optional("motion", of(&T::motion), unit::percent,
                "strength of the protocol's motion (0: the patient lies still)")
      .between(0, 200)
      .optional("noise_reduction", of(&T::noise_reduction), unit::percent,
                "step of the protocol's denoise, or of its defaults (0: none)")
      .between(0, 80)
      .optional("contrast_delay", of(&T::contrast_delay), unit::s,
                "phase: delay of the scan after the contrast medium (0: before it)")
      .between(0, 1200);
}

template <class T>
bool levels_differ(const std::vector<T>& levels) {
  return detail::distinct(levels);
}

template <class T>
bool levels_differ(const std::vector<Pick<T>>& levels) {
  std::vector<std::string> texts;
  for (const auto& level : levels) texts.push_back(to_json(level.canonical));
  return detail::distinct(std::move(texts));
}

}  // namespace

const Schema<Factors>& Factors::schema() {
  static const auto s =
      with_factors(
          Schema<Factors>("vary", "Levels of each factor, which `design` combines to arms"))
          .rule("the levels of a factor must differ", [](const Factors& vary) {
            return std::apply([](const auto&... levels) { return (levels_differ(levels) && ...); },
                              vary.each());
          });
  return s;
}

const Schema<ListedArm>& ListedArm::schema() {
  static const auto s = with_factors(
      Schema<ListedArm>("listed_arm", "One arm of a list, by what differs from the protocol")
          .optional("scanner", &ListedArm::scanner,
                    "name of the scanner, at each of its sites, or of one site (empty: the first "
                    "scanner)"));
  return s;
}

const Schema<ArmSelector>& ArmSelector::schema() {
  static const auto s =
      Schema<ArmSelector>("arm", "One arm, by the levels that tell it from the others")
          .optional("scanner", &ArmSelector::scanner, "name of the scanner (empty: the first)")
          .optional("protocol", &ArmSelector::protocol,
                    "name of the protocol (empty: the first level)")
          .unless_default()
          .optional("kernel", &ArmSelector::kernel,
                    "kind or name of the kernel (empty: the first level)")
          .optional("algorithm", &ArmSelector::algorithm,
                    "kind of the reconstruction algorithm (empty: the first level)")
          .unless_default()
          .optional("bins", &ArmSelector::bins, "energy bins (empty: the first level)")
          .unless_default()
          .optional("corrections", &ArmSelector::corrections,
                    "none or all (empty: the first level)")
          .unless_default()
          .optional("tube_voltage", &ArmSelector::tube_voltage, unit::kv, "tube voltage")
          .optional("tube_load", &ArmSelector::tube_load, unit::mas, "tube load per rotation")
          .optional("slice_thickness", &ArmSelector::slice_thickness, unit::mm, "slice thickness")
          .optional("motion", &ArmSelector::motion, unit::percent, "strength of the motion")
          .optional("noise_reduction", &ArmSelector::noise_reduction, unit::percent,
                    "how much less noise")
          .optional("contrast_delay", &ArmSelector::contrast_delay, unit::s,
                    "delay of the scan after the contrast medium");
  return s;
}

Factors replaced(const Factors& base, const Factors& with) {
  Factors out = base;
  const auto put = [](auto& to, const auto& from) {
    if (!from.empty()) to = from;
  };
  const auto to = out.each();
  const auto from = with.each();
  [&]<std::size_t... I>(std::index_sequence<I...>) {
    (put(std::get<I>(to), std::get<I>(from)), ...);
  }
  (std::make_index_sequence<std::tuple_size_v<decltype(from)>>{});
  return out;
}

}  // namespace vitrine::trial
