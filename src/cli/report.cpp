#include <algorithm>
#include <cstdio>
#include <iterator>
#include <memory>
#include <stdexcept>
#include <variant>

#include "vitrine/cli/commands.hpp"
#include "vitrine/cli/exit_code.hpp"
#include "vitrine/cli/figure_png.hpp"
#include "vitrine/cli/result_files.hpp"
#include "vitrine/cli/run_journal.hpp"
#include "vitrine/cli/stored_trial.hpp"
#include "vitrine/cli/trial_directory.hpp"
#include "vitrine/io/run_lock.hpp"

namespace vitrine::cli {
namespace {

struct Options {
  std::string dir, output;
  bool png = false, quiet = false, no_identity = false;
};

/// "case004, case005 and 7 more"
std::string named(const std::vector<std::string>& cases) {
  constexpr std::size_t shown = 8;
  std::string text;
  for (std::size_t i = 0; i < std::min(shown, cases.size()); ++i)
    text += str(i == 0 ? "" : ", ", cases[i]);
  return cases.size() > shown ? str(text, " and ", cases.size() - shown, " more") : text;
}

std::string unfinished(const StoredTrial& stored) {
  if (stored.missing.empty()) return {};
  return str(stored.result.cases.size(), " of ", stored.plan.cases.size(),
             " cases are finished; missing: ", named(stored.missing),
             ". The same `vitrine run` command makes them.");
}

/// The files of the results, as they were made when the run ended.
std::vector<io::NamedBytes> files_of(const StoredTrial& stored, const io::Path& dir) {
  std::vector<io::NamedBytes> files;
  const auto keep = [&](const std::string& name, Pieces pieces) {
    io::Bytes& bytes = files.emplace_back(io::NamedBytes{name, {}}).bytes;
    pieces([&](std::span<const std::byte> piece) {
      bytes.insert(bytes.end(), piece.begin(), piece.end());
    });
    return trial::FileRecord{name, sha256(bytes).hex(), bytes.size()};
  };
  const auto damaged = [&] {
    return Error(Error::Kind::data,
                 str("the cases stored in '", dir.string(),
                     "' are damaged: their tables do not fit the scenario. Run the same `vitrine "
                     "run` in a new directory"));
  };
  try {
    make_result_files(dir, std::filesystem::temp_directory_path(), stored.plan, stored.result,
                      stored.isa, unfinished(stored), keep);
  } catch (const std::bad_variant_access&) {  // text where a number belongs
    throw damaged();
  } catch (const std::out_of_range&) {  // an arm, lesion or perturbation that the plan lacks
    throw damaged();
  }
  return files;
}

/// A finished trial's files are what SHA256SUMS says, or they go elsewhere.
void require_listed(const StoredTrial& stored, const std::vector<io::NamedBytes>& files,
                    const io::Path& dir) {
  for (const io::NamedBytes& file : files) {
    const bool same = std::ranges::any_of(stored.files, [&](const io::Checksum& sum) {
      return sum.path == file.name && sum.digest == sha256(file.bytes);
    });
    require(same, Error::Kind::input, "'", file.name, "' would not be the one that SHA256SUMS of '",
            dir.string(), "' lists (that was made by vitrine ", stored.version,
            ", this is " VITRINE_VERSION
            "; or a file below .state/ has changed). Write it elsewhere with --output");
  }
}

/// Figures first: they lie in a folder of their own.
void write_all(const io::Path& out, std::vector<io::NamedBytes> files) {
  constexpr std::string_view folder = "figures/";
  const auto rest = std::stable_partition(
      files.begin(), files.end(),
      [&](const io::NamedBytes& file) { return file.name.starts_with(folder); });
  const std::span figures(files.begin(), rest);
  for (io::NamedBytes& figure : figures) figure.name.erase(0, folder.size());
  if (!figures.empty()) {
    io::make_directories(out / "figures");
    io::write_files(out / "figures", figures);
  }
  io::write_files(out, std::span(rest, files.end()));
}

int report(const Options& options) {
  const io::Path dir = options.dir;
  const bool in_place = options.output.empty();
  if (options.png) require_svg_renderer();
  std::optional<io::RunLock> lock;
  if (in_place) {
    read_marker(dir);  // before anything is written there, the lock's file included
    const auto holder = io::lock_holder(dir);
    require(!holder, Error::Kind::input, "'", dir.string(), "' is being written by ",
            holder.value_or(""), ". Give --output to see what there is so far");
    lock.emplace(dir);
  }
  const StoredTrial stored = read_stored_trial(dir);
  require(!stored.result.cases.empty(), Error::Kind::input, "no case in '", dir.string(),
          "' is finished, so there is nothing to report. `vitrine status` says how far it is");
  const io::Path out = in_place ? dir : io::Path(options.output);
  require(in_place || !std::filesystem::exists(out / ".state"), Error::Kind::input, "'",
          out.string(), "' holds a trial. Choose another --output");
  auto files = files_of(stored, dir);
  const bool page = files.back().name == "report.html";
  if (in_place && !stored.files.empty()) require_listed(stored, files, dir);
  if (options.png) {
    require(page, Error::Kind::input, "the scenario of '", dir.string(),
            "' asks for no report (outputs.report), so there are no figures for --png");
    std::ranges::move(png_figures(files), std::back_inserter(files));
  }
  io::make_directories(out);
  if (in_place)
    audit_event(dir, report_made, options.no_identity ? Identity::left_out : Identity::named,
                stored.isa, {});
  write_all(out, std::move(files));
  if (options.quiet) return ok;
  if (const std::string missing = unfinished(stored); !missing.empty())
    std::printf("not the whole trial: %s\n", missing.c_str());
  if (const auto& failures = stored.result.failures; !failures.empty()) {
    std::printf("%zu failed (failures.csv says why):", failures.size());
    for (const auto& failure : failures) std::printf(" %s", failure.case_id.c_str());
    std::printf("\n");
  }
  std::printf(page ? "report: %s\n" : "tables in %s (the scenario asks for no report)\n",
              (page ? out / "report.html" : out).string().c_str());
  return ok;
}

}  // namespace

void add_report(CLI::App& app, int& code) {
  auto* command = app.add_subcommand(
      "report", "Make tables and report again from what an output directory holds");
  auto options = std::make_shared<Options>();
  command->add_option("dir", options->dir, "output directory of `vitrine run`")->required();
  command->add_option("--output,-o", options->output,
                      "directory for the files (default: where the trial is)");
  command->add_flag("--png", options->png,
                    "also draw figures/*.svg as PNG files (by rsvg-convert, package librsvg2-bin)");
  command->add_flag("--quiet,-q", options->quiet, "say nothing");
  command->add_flag("--no-identity", options->no_identity,
                    "leave user, host, process and command line out of the audit log");
  command->callback([options, &code] { code = report(*options); });
}

}  // namespace vitrine::cli
