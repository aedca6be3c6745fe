#include "vitrine/cli/self_test.hpp"

#include "vitrine/config/yaml.hpp"
#include "vitrine/trial/engine.hpp"

namespace vitrine::cli {
namespace {

constexpr std::string_view scenario = R"(vitrine: 1
trial: {name: self-test, seed: 1}
patients:
  count: 1
  anatomy: {kind: thorax, vessel_twigs: 4}
  lesions:
    - shape: {kind: lobulated, diameter_mm: 12}
      texture: {kind: solid, heterogeneity_hu: 30}
      margin_mm: 1
arms:
  scanners:
    - name: coarse
      source_to_iso_mm: 541
      source_to_detector_mm: 949
      columns: 220
      rows: 16
      column_pitch_mm: 4.2
      row_pitch_mm: 4.4
      views_per_rotation: 160
      anode_angle_deg: 7
      filters: [{material: aluminium, thickness_mm: 6}]
  protocol: {kernel: soft, tube_load_mas: 40, slices: 6, slice_thickness_mm: 2.5, slice_increment_mm: 2.5, matrix: 96, field_of_view_mm: 360}
)";

/// Keeps nothing but the digest of what comes, and the image.
class Hasher final : public trial::Sink, public trial::Store, public trial::Progress {
 public:
  SelfTest result;
  Sha256 hash;

  std::vector<trial::FileRecord> image(const trial::ImageContext&, const Image& image) override {
    result.hu.assign(image.values().begin(), image.values().end());
    hash.bytes(std::as_bytes(std::span(image.values())));
    return {};
  }
  std::vector<trial::FileRecord> mask(const trial::ImageContext&, const std::string&,
                                      const Mask& mask) override {
    hash.bytes(std::as_bytes(std::span(mask.values())));
    return {};
  }
  std::vector<trial::FileRecord> finish_case(const std::string&) override { return {}; }
  std::optional<trial::CaseResult> load(const std::string&) override { return {}; }
  void save(const trial::CaseResult& done) override { hash.add(done.features.to_csv()); }
  void step(double, double, const std::string&) override {}
  void case_failed(const std::string&, const Error& error) override { throw Error(error); }
};

}  // namespace

SelfTest self_test(Isa isa) {
  Diagnostics problems;
  const Value tree = config::parse_yaml(scenario, "self test", problems);
  const auto parsed = trial::Scenario::schema().read(tree, problems);
  problems.throw_if_any();
  Hasher hasher;
  trial::run(trial::make_plan(parsed), hasher, hasher, hasher, isa, [] { return false; });
  hasher.result.digest = hasher.hash.finish();
  return std::move(hasher.result);
}

}  // namespace vitrine::cli
