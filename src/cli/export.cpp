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
#include "vitrine/io/memory.hpp"
#include "vitrine/io/new_directory.hpp"

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

/// What was written of an image.
struct Written {
  std::string path;
  std::size_t bytes = 0;
  Digest digest;
};

/// Writes the files of a data set and remembers what they are.
class Writer {
 public:
  explicit Writer(const io::Path& dir) : dir_(dir) {}

  /// Several threads may call this at once; `note` says it in its turn.
  std::vector<Written> write(const std::vector<io::NamedBytes>& files) {
    std::vector<Written> written(files.size());
    parallel_for(std::ssize(files), [&](Index i) {
      const io::NamedBytes& file = files[std::size_t(i)];
      dir_.write(file.name, file.bytes);
      written[std::size_t(i)] = {file.name, file.bytes.size(), sha256(file.bytes)};
    });
    return written;
  }
  void note(const std::vector<Written>& files) {
    for (const Written& file : files) note(file);
  }
  void write(const dataset::TextFile& file) {
    dir_.write(file.path, file.text);
    note({file.path, file.text.size(), sha256(std::as_bytes(std::span(file.text)))});
  }
  const std::vector<dataset::FileEntry>& entries() const { return entries_; }
  void finish() {
    dir_.write("SHA256SUMS", io::checksums_text(sums_));
    dir_.publish();
  }
  double megabytes() const { return bytes_ / 1e6; }

 private:
  /// The slices of a series are one entry.
  void note(const Written& file) {
    sums_.push_back({file.path, file.digest});
    bytes_ += double(file.bytes);
    const io::Path path(file.path), folder = path.parent_path();
    if (folder.filename() != dataset::slices_folder) {
      entries_.push_back({path.string(), file.bytes, file.digest.hex()});
    } else if (entries_.empty() || entries_.back().path != folder.string() + '/') {
      entries_.push_back({folder.string() + '/', file.bytes, {}});
    } else {
      entries_.back().bytes += file.bytes;
    }
  }

  io::NewDirectory dir_;
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
    writer.note(writer.write(files));
  }
}

/// Bytes that an image takes while its files are made: its voxels as they are packed and unpacked,
/// in floats and in slices; shapes of lesions and organs, and the objects made of them.
std::uint64_t memory_of(const DicomImage& image) {
  std::uint64_t bytes = 12 * std::uint64_t(image.grid.count());
  for (const io::DicomRegion& region : image.regions) {
    bytes += region.shape->mask.values().size();
    for (const io::DicomContour& contour : region.shape->contours) bytes += 4 * contour.data.size();
  }
  return bytes;
}

/// Images that are made together, from `first` on: as many as take a quarter of the memory that is
/// there, at least one.
std::vector<DicomImage> next_images(DicomExport& objects, const TrialDataset& made,
                                    const dataset::Layout& layout, std::size_t first) {
  const std::uint64_t room = io::available_memory() / 4;
  std::vector<DicomImage> images;
  std::uint64_t taken = 0;
  for (std::size_t n = first; n < made.images.size() && images.size() < at_once && taken <= room;
       ++n) {
    images.push_back(
        objects.described(made.images[n], layout.image_path(made.about, made.about.items[n])));
    taken += memory_of(images.back());
  }
  return images;
}

/// Notes which images have a Segmentation.
void write_dicom(Writer& writer, const StoredTrial& stored, const io::Path& dir, TrialDataset& made,
                 const dataset::Layout& layout, ShownImages& shown) {
  DicomExport objects(stored, dir, shown);
  std::vector<dataset::Item>& items = made.about.items;
  for (std::size_t first = 0; first < items.size();) {
    const std::vector<DicomImage> images = next_images(objects, made, layout, first);
    for (std::size_t i = 0; i < images.size(); ++i)
      items[first + i].labelled = !images[i].regions.empty();
    std::vector<std::vector<Written>> written(images.size());
    const auto write = [&](Index i) {
      written[std::size_t(i)] = writer.write(objects.files(images[std::size_t(i)]));
    };
    if (images.size() == 1)
      write(0);  // its slices on all cores
    else
      parallel_for(std::ssize(images), write);
    for (const std::vector<Written>& files : written) writer.note(files);
    first += images.size();
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

int export_dataset(const Options& options) {
  const auto& layouts = dataset::layouts();
  const auto layout = std::ranges::find(layouts, options.choice.layout, &dataset::Layout::name);
  DatasetChoice choice = options.choice;
  if (!options.shares.empty()) std::ranges::copy(options.shares, choice.shares.begin());
  require(std::ranges::any_of(choice.shares, [](double share) { return share > 0.0; }),
          Error::Kind::input, "--shares are all zero: nothing would be exported");
  const io::Path out = io::Path(options.output).lexically_normal();
  io::require_new(out);
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

  Writer writer(out);
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
