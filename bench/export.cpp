#include <CLI/CLI.hpp>
#include <memory>

#include "item.hpp"
#include "trial_parts.hpp"
#include "vitrine/cli/case_store.hpp"
#include "vitrine/cli/commands.hpp"
#include "vitrine/cli/load_scenario.hpp"
#include "vitrine/cli/output_sink.hpp"
#include "vitrine/cli/publish.hpp"
#include "vitrine/cli/trial_directory.hpp"
#include "vitrine/core/hash.hpp"
#include "vitrine/trial/engine.hpp"

namespace vitrine::bench {
namespace {

constexpr double images = 8.0, voxels = 512.0 * 512.0 * 32.0, bytes_a_voxel = 2.0;

/// A finished trial with all its files, as `vitrine run` leaves it.
void run_trial(const io::Path& dir, Isa isa) {
  const auto loaded = cli::load_valid_scenario("bench/scenarios/export.yaml", {});
  const trial::Plan plan = trial::make_plan(loaded.scenario);
  cli::claim(dir, plan, isa);
  Nowhere nowhere;
  cli::OutputSink sink(plan, dir);
  cli::CaseStore store(dir);
  const auto result = trial::run(plan, sink, store, nowhere, isa, [] { return false; });
  cli::publish(dir, plan, loaded, result, isa, [](const Digest&) {});
}

}  // namespace

std::vector<Item> export_items() {
  auto parts = std::make_shared<Parts>();
  const double bytes = images * voxels * bytes_a_voxel;
  return {{"EXPORT",
           "`vitrine export --layout dicom` of 8 images of 512 x 512 x 32, parts in MB of pixels "
           "(run in the repository's root)",
           bytes, "bytes of pixels",
           [parts, bytes](Isa isa) -> std::function<void()> {
             const auto trial = std::make_shared<Scratch>("export");
             run_trial(trial->path(), isa);
             return [=] {
               const Scratch out("exported");
               timed(*parts, 1e-6 * bytes, [&] {
                 CLI::App app;
                 int code = 0;
                 cli::add_export(app, code);
                 app.parse(str("export --quiet --layout dicom --shares 1 0 0 ",
                               trial->path().string(), ' ', (out.path() / "set").string()));
                 require(code == 0, Error::Kind::data, "the export ended with ", code);
               });
             };
           },
           true, parts}};
}

}  // namespace vitrine::bench
