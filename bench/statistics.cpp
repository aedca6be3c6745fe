#include "item.hpp"
#include "vitrine/core/error.hpp"
#include "vitrine/core/random.hpp"
#include "vitrine/evaluation/stability.hpp"
#include "vitrine/evaluation/variance_components.hpp"

namespace vitrine::bench {
namespace {

/// A trial of 10,000 rows: 625 lesions in 250 patients, each in 16 of 6 scanners x 8 kernels x 5
/// doses.
struct Trial {
  evaluation::MixedModel model;
  Eigen::MatrixXd values;
};

std::shared_ptr<const Trial> trial(Index features) {
  constexpr Index lesions = 625, arms = 16, rows = lesions * arms;
  auto made = std::make_shared<Trial>();
  for (const char* name : {"patient", "lesion", "scanner", "kernel", "dose"})
    made->model.factors.push_back({name, {}});
  const std::vector<double> sds{2.0, 1.0, 0.5, 0.7, 0.2};
  for (Index i = 0; i < rows; ++i) {
    const Index lesion = i / arms, arm = i % arms;
    const std::vector<Index> levels{lesion * 2 / 5, lesion, (lesion + arm) % 6, arm % 8,
                                    (lesion + arm / 3) % 5};
    for (std::size_t k = 0; k < levels.size(); ++k)
      made->model.factors[k].level.push_back(str(levels[k]));
  }
  made->values.resize(rows, features);
  for (Index f = 0; f < features; ++f) {
    const Stream stream = make_stream(1, str("bench ", f), Draw::test);
    for (Index i = 0; i < rows; ++i) {
      double y = Rng(stream, std::uint64_t(i)).normal();
      for (std::size_t k = 0; k < sds.size(); ++k)
        y += sds[k] * Rng(stream, 1'000'000 * (k + 1) +
                                      std::stoul(made->model.factors[k].level[std::size_t(i)]))
                          .normal();
      made->values(i, f) = y;
    }
  }
  return made;
}

Item reml(const char* name, bool intervals, Index features) {
  return {name,
          intervals ? "the same with profile intervals of all components and shares"
                    : "REML of 10,000 rows, 5 crossed and nested random factors, 100 features",
          double(features), "features", [intervals, features](Isa) -> std::function<void()> {
            const auto made = trial(features);
            return [made, intervals] {
              (void)evaluation::variance_components(made->model, made->values,
                                                    {.intervals = intervals});
            };
          }};
}

/// 250 patients with 625 lesions in 16 arms, their scans and truths of 100 features.
std::shared_ptr<const evaluation::Study> study(Index features) {
  constexpr Index lesions = 625, arms = 16;
  auto made = std::make_shared<evaluation::Study>();
  for (Index f = 0; f < features; ++f) made->features.push_back({str("f", f), "", "", ""});
  for (Index j = 0; j < arms; ++j) made->arms.push_back(str("arm ", j));
  const Stream stream = make_stream(1, "bench", Draw::test);
  for (Index i = 0; i < lesions; ++i) {
    Rng rng(stream, std::uint64_t(i));
    made->lesions.push_back({str(i * 2 / 5), str(i), 100.0 + 50.0 * rng.uniform()});
    evaluation::Sample truth{
        evaluation::Source::object_truth, i, evaluation::Sample::every_arm, {}, {}};
    for (Index f = 0; f < features; ++f) truth.values.push_back(20.0 + 2.0 * rng.normal());
    for (Index j = 0; j < arms; ++j) {
      evaluation::Sample scan{evaluation::Source::scan, i, j, truth.values, {}};
      for (double& v : scan.values) v += 0.1 * double(j) + 0.5 * rng.normal();
      made->samples.push_back(std::move(scan));
    }
    made->samples.push_back(std::move(truth));
  }
  return made;
}

Item agreement(Index features) {
  return {"S2",
          "agreement, biases, linearity of 10,000 scans of 625 lesions in 16 arms, 100 features",
          double(features), "features", [features](Isa) -> std::function<void()> {
            const auto made = study(features);
            return [made] { (void)evaluation::stability(*made, {}); };
          }};
}

}  // namespace

std::vector<Item> statistics_items() {
  return {reml("S1", false, 100), reml("S1i", true, 100), agreement(100)};
}

}  // namespace vitrine::bench
