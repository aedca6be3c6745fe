#include <unistd.h>

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <memory>

#include "vitrine/cli/commands.hpp"
#include "vitrine/cli/exit_code.hpp"
#include "vitrine/cli/feature_tables.hpp"
#include "vitrine/cli/read_yaml.hpp"
#include "vitrine/cli/stress_embeddings.hpp"
#include "vitrine/cli/stress_host.hpp"
#include "vitrine/cli/stress_page.hpp"
#include "vitrine/cli/stress_response.hpp"
#include "vitrine/cli/stress_tables.hpp"
#include "vitrine/io/run_lock.hpp"
#include "vitrine/readers/onnx.hpp"

namespace vitrine::cli {
namespace {

struct Options {
  std::string dir, output, with, consent;
  std::vector<std::string> models, arms;
  bool repeats = false, yes = false, json = false, quiet = false;
};

/// Models that are named: those of the block, or built-in readers with their defaults.
void choose(trial::Stress& stress, const std::vector<std::string>& names) {
  if (names.empty()) return;
  std::vector<trial::StressModel> chosen;
  std::vector<std::string> known;
  for (const trial::StressModel& model : stress.models) known.push_back(model.name);
  for (const std::string& kind : readers::catalogue().kinds())
    if (kind != "command" && kind != "onnx") known.push_back(kind);
  for (const std::string& name : names) {
    const auto found = std::ranges::find(stress.models, name, &trial::StressModel::name);
    require(std::ranges::find(known, name) != known.end(), Error::Kind::input,
            "there is no model '", name, "'.", suggestion(name, known),
            " Commands and networks are described in a `stress:` block (--with FILE)");
    Diagnostics none;
    chosen.push_back(found != stress.models.end()
                         ? *found
                         : trial::StressModel{name, readers::catalogue().make(Value(name), none)});
  }
  std::erase_if(stress.accept, [&](const trial::StressLimit& limit) {
    return std::ranges::none_of(chosen, [&](const trial::StressModel& model) {
      return (limit.model.empty() || limit.model == model.name) &&
             trial::find_metric(model.reader->task(), limit.metric);
    });
  });
  stress.models = std::move(chosen);
}

trial::Stress stress_of(const StoredTrial& stored, const Options& options) {
  trial::Stress stress;
  if (!options.with.empty())
    stress = read_yaml<trial::Stress>(options.with, nullptr, "stress");
  else if (stored.plan.scenario.stress)
    stress = *stored.plan.scenario.stress;
  const std::string problem = trial::label_problem(stress, stored.plan.scenario.patients);
  require(problem.empty(), Error::Kind::input, problem);
  choose(stress, options.models);
  require(!stress.models.empty(), Error::Kind::input,
          "no model is named, and the trial's scenario has no `stress:` block. Name built-in "
          "readers (region_growing, blob_detector), or give a block by --with FILE");
  return stress;
}

std::vector<TrialImage> images_for(const StoredTrial& stored, const Options& options) {
  std::vector<TrialImage> images = images_of(stored, options.dir);
  std::vector<std::string> arms;
  for (const trial::Arm& arm : stored.plan.arms) arms.push_back(arm.name);
  for (const std::string& arm : options.arms)
    require(std::ranges::find(arms, arm) != arms.end(), Error::Kind::input, "there is no arm '",
            arm, "'.", suggestion(arm, arms));
  const bool all_come_again = stored.plan.scenario.arms.follow_up.in_every_arm();
  const auto is_repeat = [&](const TrialImage& image) {
    return image.replicate != "scan" && !(all_come_again && image.replicate.starts_with("visit"));
  };
  std::erase_if(images, [&](const TrialImage& image) {
    return (!options.repeats && is_repeat(image)) ||
           (!options.arms.empty() &&
            std::ranges::find(options.arms, image.arm) == options.arms.end());
  });
  require(!images.empty(), Error::Kind::input, "no image is left to read. Choose other arms");
  return images;
}

/// Files of the result, in one directory.
void write(const io::Path& out, const std::vector<std::pair<std::string, std::string>>& texts) {
  std::vector<io::NamedBytes> files;
  for (const auto& [name, text] : texts) {
    const auto bytes = std::as_bytes(std::span(text));
    files.push_back({name, {bytes.begin(), bytes.end()}});
  }
  io::write_files(out, files);
}

std::string as_json(const std::vector<std::pair<std::string, Table>>& tables, bool passed) {
  std::string text = str("{\n\"passed\": ", passed ? "true" : "false");
  for (const auto& [name, table] : tables) {
    std::string rows = rows_as_json(table);
    while (!rows.empty() && rows.back() == '\n') rows.pop_back();
    text += str(",\n\"", name, "\": ", rows);
  }
  return text + "\n}\n";
}

std::string with_interval(const evaluation::Estimate& e) {
  if (!e.has_value()) return "withheld (" + e.reason + ")";
  std::array<char, 96> text{};
  if (e.has_interval())
    std::snprintf(text.data(), text.size(), "%.3g (%.3g to %.3g)", e.value, e.low, e.high);
  else
    std::snprintf(text.data(), text.size(), "%.3g", e.value);
  return text.data();
}

/// A model, and how many images it read.
void print(const StressRun& run) {
  const auto failed =
      std::ranges::count_if(run.cases, [](const StressCase& one) { return !one.failure.empty(); });
  std::printf("%s (%s): %zu images, failed on %td%s\n", run.model->name.c_str(),
              std::string(to_string(run.model->reader->task())).c_str(), run.cases.size(), failed,
              run.kept > 0 ? str(", ", run.kept, " kept").c_str() : "");
}

/// Where an embedding's features are.
io::Path features_file(const io::Path& out, const ScoredEmbedding& one) {
  return out / "features" / (one.run->model->name + ".csv");
}

void print(const ScoredEmbedding& one, const io::Path& file) {
  print(*one.run);
  std::printf(
      "  %zu features of %td subjects, ICC(A,1) over the arms: median %s\n"
      "  `vitrine stability %s` says more\n",
      one.features.size(), one.subjects, with_interval(median_agreement(one)).c_str(),
      file.c_str());
}

void print(const trial::Stress& stress, const std::vector<ScoredModel>& models,
           const std::vector<ReadersTogether>& together, const std::vector<JudgedLimit>& limits) {
  for (const ScoredModel& model : models) {
    print(*model.run);
    for (const evaluation::GroupScore& score : model.scores) {
      if (score.group != "all" || !is_stated(model, score.metric)) continue;
      std::printf("  %-26s %-32s", score.metric.c_str(), with_interval(score.value).c_str());
      if (const auto* worst = worst_of(stress, model, score.metric))
        std::printf(" worst %s %s: %.3g", worst->group.c_str(), worst->level.c_str(),
                    worst->value.value);
      std::printf("\n");
    }
    for (const evaluation::GroupScore& score : model.response)
      if (score.group == "all" && score.value.has_value())
        std::printf("  %-32s %s\n", score.metric.c_str(), with_interval(score.value).c_str());
  }
  for (const ReadersTogether& one : together)
    for (const evaluation::GroupScore& score : one.scores)
      if (score.group == "all")
        std::printf("%s together: auc %s\n", one.readers.c_str(),
                    with_interval(score.value).c_str());
  for (const JudgedLimit& row : limits)
    std::printf("%s: %s, %s of %s: %s%s%s\n", row.passed ? "pass" : "FAIL", row.model.c_str(),
                row.limit->metric.c_str(), row.group.c_str(), with_interval(row.value).c_str(),
                row.reason.empty() ? "" : ", ", row.reason.c_str());
}

/// Beside the trial if nothing is said: in it stands only what its checksums list.
io::Path output_of(const Options& options) {
  io::Path dir = io::Path(options.dir).lexically_normal();
  if (!dir.has_filename()) dir = dir.parent_path();
  if (options.output.empty()) return dir.string() + "-stress";
  const auto absolute = [](const io::Path& path) {
    return std::filesystem::weakly_canonical(std::filesystem::absolute(path));
  };
  const io::Path inside = absolute(options.output).lexically_relative(absolute(dir));
  require(inside.empty() || *inside.begin() == "..", Error::Kind::input, "'", options.output,
          "' lies in the trial's directory, of which `vitrine verify` knows every file. Choose "
          "another one");
  return options.output;
}

/// A reader that runs this command. It is recorded as the command, or as the network that it runs,
/// with what runs it and the digest of its file.
Pick<readers::Reader> settled(const Pick<readers::Reader>& reader,
                              const readers::Command& command) {
  Diagnostics none;
  Value written = readers::Command::schema().write(command);
  Pick<readers::Reader> runs = readers::catalogue().make(written.set("kind", "command"), none);
  if (!readers::is_onnx(*reader->command())) return runs;
  const Digest file = sha256(io::read_file(command.arguments[readers::onnx_file]));
  runs.canonical = reader.canonical;
  runs.canonical.set("runs_by", command.arguments[readers::onnx_runtime]).set("sha256", file.hex());
  return runs;
}

int run(const Options& options) {
  const StoredTrial stored = read_stored_trial(options.dir);
  trial::Stress stress = stress_of(stored, options);
  const std::vector<TrialImage> images = images_for(stored, options);
  Consent consent(options.consent, options.yes);
  for (trial::StressModel& model : stress.models)
    if (const readers::Command* command = model.reader->command()) {
      const readers::Command at_home = resolved(*command);
      consent.require_for(model.name, at_home, digest_of(at_home));
      model.reader = settled(model.reader, at_home);
    }
  const io::Path out = output_of(options);
  io::make_directories(out);
  const io::RunLock lock(out);
  const double total = double(images.size() * stress.models.size());
  double done = 0.0;
  const auto told = [&](const StressCase& one) {
    done += 1.0;
    if (!one.failure.empty())
      std::fprintf(stderr, "%s failed: %s\n", one.id.c_str(), one.failure.c_str());
    if (!options.quiet && ::isatty(STDERR_FILENO) != 0)
      std::fprintf(stderr, "\r%3.0f %% %s\x1b[K%s", 100.0 * done / total, one.id.c_str(),
                   done == total ? "\r\x1b[K" : "");
  };
  const auto runs = run_models(stored, options.dir, out, stress, images, told);
  auto models = score_models(stored, stress, images, runs);
  const auto responses = read_responses(stored, stress, images, models);
  const auto together = readers_together(models);
  const auto embeddings = score_embeddings(stored, images, runs);
  const auto limits = judge(stress, models);
  const bool passed = std::ranges::all_of(limits, &JudgedLimit::passed);
  std::vector<std::pair<std::string, Table>> tables{
      {"summary", summary_table(models)},   {"limits", limit_table(limits)},
      {"froc", froc_table(models)},         {"roc", roc_table(models)},
      {"readers", readers_table(together)}, {"embeddings", agreement_table(embeddings)},
      {"cases", case_table(images, models)}};
  if (!responses.empty()) {
    tables.emplace_back("response", response_table(responses));
    tables.emplace_back("visits", visit_table(responses));
  }
  std::vector<std::pair<std::string, std::string>> files{
      {"stress.json", as_json(tables, passed)},
      {"stress.html", stress_page({stored, options.dir, out, stress, images, models, together,
                                   embeddings, limits, responses})}};
  for (const auto& [name, table] : tables)
    files.emplace_back(name == "cases" ? "stress.csv" : str("stress_", name, ".csv"),
                       table.to_csv());
  write(out, files);
  for (const ScoredEmbedding& one : embeddings) {
    const io::Path file = features_file(out, one);
    io::make_directories(file.parent_path());
    write(file.parent_path(),
          {{file.filename().string(), embedding_table(images, *one.run).to_csv()}});
  }
  if (options.json)
    std::fputs(as_json(tables, passed).c_str(), stdout);
  else if (!options.quiet) {
    print(stress, models, together, limits);
    for (const ScoredEmbedding& one : embeddings) print(one, features_file(out, one));
    std::printf("%s shows it\n", (out / "stress.html").c_str());
  }
  return passed ? ok : check_failed;
}

}  // namespace

void add_stress(CLI::App& app, int& code) {
  auto* command = app.add_subcommand(
      "stress", "Try models on the images of a finished trial: by scanner, dose, kernel, lesion");
  auto options = std::make_shared<Options>();
  command->footer(
      "Models are those of the scenario's `stress:` block, or of --with. Results are kept as they "
      "come: the same command continues. A program is run only after consent to the SHA-256 of its "
      "command and files.");
  command->add_option("dir", options->dir, "output directory of `vitrine run`")->required();
  command->add_option("models", options->models,
                      "names of models of the block, or of built-in readers (all of the block)");
  command->add_option("--with", options->with,
                      "YAML file with another `stress:` block than the scenario's");
  command->add_option("--output,-o", options->output, "directory for the results (DIR-stress)");
  command->add_option("--arm", options->arms, "only images of this arm; may be repeated");
  command->add_flag("--repeats", options->repeats,
                    "with repeated scans, and the later visits of one arm, too");
  command->add_flag("--yes", options->yes, "run the programs without asking");
  command->add_option("--consent", options->consent,
                      "file that keeps which programs may be run "
                      "(vitrine/consent in the user's configuration)");
  command->add_flag("--json", options->json, "print the tables as JSON");
  command->add_flag("--quiet,-q", options->quiet, "say nothing but failures");
  command->callback([options, &code] { code = run(*options); });
}

}  // namespace vitrine::cli
