#include <sys/stat.h>

#include <algorithm>
#include <array>
#include <cstdio>
#include <ctime>
#include <map>
#include <memory>

#include "vitrine/cli/commands.hpp"
#include "vitrine/cli/dataset_files.hpp"
#include "vitrine/cli/dicom_export.hpp"
#include "vitrine/cli/exit_code.hpp"
#include "vitrine/core/parallel.hpp"

namespace vitrine::cli {
namespace {

struct Options {
  std::string dir, output;
  DatasetChoice choice;
  std::vector<double> shares;
  std::optional<std::uint64_t> seed;
  std::vector<std::string> organs;
  bool quiet = false;
};

constexpr std::size_t at_once = 16;  // images in memory

/// Writes files below a directory and remembers what they are.
class Writer {
 public:
  explicit Writer(io::Path dir) : dir_(std::move(dir)) {}

  void write(std::vector<io::NamedBytes> files) {
    std::map<io::Path, std::vector<io::NamedBytes>> folders;
    for (io::NamedBytes& file : files) {
      sums_.push_back({file.name, sha256(file.bytes)});
      bytes_ += double(file.bytes.size());
      const io::Path path(file.name);
      note(path, file.bytes.size());
      folders[path.parent_path()].push_back({path.filename().string(), std::move(file.bytes)});
    }
    for (const auto& [folder, its] : folders) {
      io::make_directories(dir_ / folder);
      io::write_files(dir_ / folder, its);
    }
  }
  void write(const dataset::TextFile& file) {
    const auto bytes = std::as_bytes(std::span(file.text));
    write({{file.path, {bytes.begin(), bytes.end()}}});
  }
  const std::vector<dataset::FileEntry>& entries() const { return entries_; }
  void finish() { io::write_file(dir_ / "SHA256SUMS", io::checksums_text(sums_)); }
  double megabytes() const { return bytes_ / 1e6; }

 private:
  /// The slices of a series are one entry.
  void note(const io::Path& path, std::size_t bytes) {
    const io::Path folder = path.parent_path();
    if (folder.filename() != dataset::slices_folder) {
      entries_.push_back({path.string(), bytes, sums_.back().digest.hex()});
    } else if (entries_.empty() || entries_.back().path != folder.string() + '/') {
      entries_.push_back({folder.string() + '/', bytes, {}});
    } else {
      entries_.back().bytes += bytes;
    }
  }

  io::Path dir_;
  std::vector<dataset::FileEntry> entries_;
  std::vector<io::Checksum> sums_;
  double bytes_ = 0.0;
};

void write_images(Writer& writer, const StoredTrial& stored, const io::Path& dir,
                  const TrialDataset& made, const dataset::Layout& layout, ShownImages* shown) {
  const auto& items = made.about.items;
  for (std::size_t first = 0; first < items.size(); first += at_once) {
    const std::size_t count = std::min(at_once, items.size() - first);
    std::vector<std::shared_ptr<const LabelMap>> anatomy(count);
    for (std::size_t n = 0; shown && n < count; ++n)
      anatomy[n] = shown->organs(made.images[first + n]);
    std::vector<io::NamedBytes> files(2 * count);
    parallel_for(std::ssize(files), [&](Index i) {
      const std::size_t n = first + std::size_t(i) / 2;
      files[std::size_t(i)] = i % 2 == 0
                                  ? io::NamedBytes{layout.image_path(made.about, items[n]),
                                                   read_listed(stored, dir, made.images[n].path)}
                                  : io::NamedBytes{layout.label_path(made.about, items[n]),
                                                   label_map(stored, dir, made.images[n], items[n],
                                                             anatomy[std::size_t(i) / 2].get())};
    });
    writer.write(std::move(files));
  }
}

/// Notes which images have a Segmentation.
void write_dicom(Writer& writer, const StoredTrial& stored, const io::Path& dir, TrialDataset& made,
                 const dataset::Layout& layout, ShownImages& shown) {
  DicomExport objects(stored, dir, shown);
  for (std::size_t n = 0; n < made.images.size(); ++n) {
    dataset::Item& item = made.about.items[n];
    std::vector<io::NamedBytes> files =
        objects.files(made.images[n], layout.image_path(made.about, item));
    item.labelled = std::ranges::find(files, layout.label_path(made.about, item),
                                      &io::NamedBytes::name) != files.end();
    writer.write(std::move(files));
  }
}

void say(const TrialDataset& made, const Writer& writer, const std::string& output) {
  std::map<dataset::Subset, std::pair<std::map<std::string, int>, std::size_t>> counts;
  for (const dataset::Item& item : made.about.items) {
    ++counts[item.subset].first[item.patient];
    ++counts[item.subset].second;
  }
  for (const auto& [subset, count] : counts)
    std::printf("%-10s %zu patients, %zu images\n", dataset::to_string(subset).c_str(),
                count.first.size(), count.second);
  std::printf("%.1f MB in %s (README.md describes it)\n", writer.megabytes(), output.c_str());
}

/// The day a file was written, UTC; empty if it is not there.
std::string day_of(const io::Path& path) {
  struct ::stat about {};
  if (::stat(path.c_str(), &about) != 0) return {};
  std::tm utc{};
  ::gmtime_r(&about.st_mtime, &utc);
  std::array<char, 16> text{};
  std::strftime(text.data(), text.size(), "%Y-%m-%d", &utc);
  return text.data();
}

bool is_day(const std::string& text) {
  std::tm day{};
  const char* const end = ::strptime(text.c_str(), "%Y-%m-%d", &day);
  return text.size() == 10 && end != nullptr && *end == 0;
}

/// All or nothing: what was cut off keeps the name `OUT.partial`.
int export_dataset(const Options& options) {
  const auto& layouts = dataset::layouts();
  const auto layout = std::ranges::find(layouts, options.choice.layout, &dataset::Layout::name);
  DatasetChoice choice = options.choice;
  if (!options.shares.empty()) std::ranges::copy(options.shares, choice.shares.begin());
  require(std::ranges::any_of(choice.shares, [](double share) { return share > 0.0; }),
          Error::Kind::input, "--shares are all zero: nothing would be exported");
  const io::Path out = io::Path(options.output).lexically_normal();
  const io::Path partial = str((out.has_filename() ? out : out.parent_path()).string(), ".partial");
  for (const io::Path& taken : {out, partial})
    require(!std::filesystem::exists(taken), Error::Kind::input, "'", taken.string(), "' is there",
            taken == partial ? ", left by an export that was cut off" : "",
            ". Delete it or choose another directory");
  const StoredTrial stored = read_stored_trial(options.dir);
  if (choice.published.empty()) choice.published = day_of(io::Path(options.dir) / "SHA256SUMS");
  choice.seed = options.seed.value_or(stored.plan.scenario.trial.seed);
  const bool is_dicom = layout->stored == dataset::Stored::dicom;
  require(options.organs.empty() || is_dicom || layout->valued == dataset::Valued::by_class,
          Error::Kind::input, "--organ is for classes of voxels: --layout ", layout->name,
          " numbers lesions. Choose another --layout, or leave it out");
  std::optional<ShownImages> shown;
  if (is_dicom || !options.organs.empty()) {
    shown.emplace(stored, options.organs);
    for (const OrganLabel& organ : shown->labels()) choice.organs.push_back(organ.name);
  }
  TrialDataset made = make_dataset(stored, options.dir, choice, *layout);

  io::make_directories(partial);
  Writer writer(partial);
  try {
    if (is_dicom)
      write_dicom(writer, stored, options.dir, made, *layout, *shown);
    else
      write_images(writer, stored, options.dir, made, *layout, shown ? &*shown : nullptr);
    for (const dataset::TextFile& file : layout->index(made.about)) writer.write(file);
    writer.write(dataset::card(made.about, *layout));
    writer.write(dataset::image_table(made.about, *layout));
    const std::vector<dataset::FileEntry> described = writer.entries();
    writer.write(dataset::ro_crate(made.about, *layout, described));
    writer.write(dataset::croissant(made.about, *layout, described));
    writer.finish();
  } catch (...) {
    std::error_code ignored;
    std::filesystem::remove_all(partial, ignored);
    throw;
  }
  std::filesystem::rename(partial, out);
  if (options.quiet) return ok;
  for (const auto& failure : stored.result.failures)
    std::printf("without %s, which failed\n", failure.case_id.c_str());
  say(made, writer, options.output);
  return ok;
}

}  // namespace

void add_export(CLI::App& app, int& code) {
  auto* command = app.add_subcommand(
      "export", "Lay out a finished trial's images and truth masks as a data set for AI");
  auto options = std::make_shared<Options>();
  std::vector<std::string> names;
  std::string footer = "Layouts:\n";
  for (const dataset::Layout& layout : dataset::layouts()) {
    names.push_back(layout.name);
    footer += str("  ", layout.name, ": ", layout.summary, '\n');
  }
  footer +=
      "Patients are dealt to training, validation and test, by stratum, sex and lesions or none; "
      "no patient is in two.";
  command->footer(footer);
  command->add_option("dir", options->dir, "output directory of `vitrine run`")->required();
  command->add_option("output", options->output, "directory to make")->required();
  command->add_option("--layout,-l", options->choice.layout, "how to lay it out")
      ->required()
      ->check(CLI::IsMember(names));
  command->add_option("--name", options->choice.name, "of the data set (default: the trial's)");
  command->add_option("--arm", options->choice.arms, "only images of this arm; may be repeated");
  command->add_flag("--repeats", options->choice.repeats, "with repositioned and noise repeats");
  command->add_flag("--by-organ", options->choice.by_organ,
                    "a label for the lesions of each organ, not one for all");
  command
      ->add_option("--organ", options->organs,
                   "label an organ, too: its name, NAME=PART+PART, or 'all'; may be repeated")
      ->allow_extra_args(false);
  command
      ->add_option("--shares", options->shares,
                   "of patients for training, validation and test (default: 0.7 0.1 0.2)")
      ->expected(3)
      ->check(CLI::Range(0.0, 1e6));
  command
      ->add_option("--folds", options->choice.folds,
                   "of cross-validation in the patients that are not for testing")
      ->check(CLI::Range(2, 1000));
  command->add_option("--number", options->choice.number, "of an nnU-Net data set (default: 501)")
      ->check(CLI::Range(1, 999));
  command->add_option("--seed", options->seed, "of who is in which subset (default: the trial's)");
  command->add_option("--licence", options->choice.licence, "an SPDX identifier, e.g. CC-BY-4.0");
  command
      ->add_option("--published", options->choice.published,
                   "day for the metadata, YYYY-MM-DD (default: the day the trial ended)")
      ->check([](const std::string& text) {
        return is_day(text) ? std::string() : '\'' + text + "' is no day (YYYY-MM-DD)";
      });
  command->add_option("--url", options->choice.url, "where the data set will be had");
  command->add_option("--creator", options->choice.creator, "who made it");
  command->add_flag("--quiet,-q", options->quiet, "say nothing");
  command->callback([options, &code] { code = export_dataset(*options); });
}

}  // namespace vitrine::cli
