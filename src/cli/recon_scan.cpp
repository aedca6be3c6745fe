#include "vitrine/cli/recon_scan.hpp"

#include <optional>
#include <utility>

#include "vitrine/cli/read_yaml.hpp"
#include "vitrine/cli/version.hpp"
#include "vitrine/core/hash.hpp"
#include "vitrine/io/raw.hpp"
#include "vitrine/io/stored_views.hpp"
#include "vitrine/recon/readings.hpp"
#include "vitrine/recon/sinogram_file.hpp"

namespace vitrine::cli {
namespace {

class TrialScan final : public ScanSource {
 public:
  explicit TrialScan(const std::string& file) : name_(file), file_(file) {}
  const RawScan& scan() const override { return file_.scan(); }
  const std::string& file() const override { return name_; }
  bool simulated() const override { return true; }
  void expect_values() const override { file_.views(0, {}); }
  void views(Index first, std::span<float> out) const override { file_.views(first, out); }

 private:
  std::string name_;
  io::RawReader file_;
};

io::ViewLayout::Axis axis_of(const std::string& name) {
  if (name == "view") return io::ViewLayout::view;
  return name == "column" ? io::ViewLayout::column : io::ViewLayout::row;
}

/// Readings in the memory of those who own them.
class OwnScan final : public ScanSource {
 public:
  explicit OwnScan(const std::string& file)
      : name_(file),
        folder_(io::Path(file).parent_path()),
        description_(read_yaml<recon::SinogramFile>(file)),
        raw_(recon::raw_scan(description_)) {
    raw_.origin.fingerprint = sha256(io::read_file(file)).hex();
    raw_.origin.isa = to_string(chosen_isa());
  }
  const RawScan& scan() const override { return raw_; }
  const std::string& file() const override { return name_; }
  bool simulated() const override { return false; }
  void expect_values() const override { values(); }
  void views(Index first, std::span<float> out) const override {
    const Open& open = values();
    told([&] {
      open.stored->views(first, out);
      open.readings->convert(first, out);
    });
  }

 private:
  struct Open {
    std::unique_ptr<io::StoredViews> stored;
    std::optional<recon::Readings> readings;
  };

  template <class Call>
  void told(const Call& call) const {
    try {
      call();
    } catch (Error& error) {
      error.during(str("reading the values that '", name_, "' describes"));
      throw;
    }
  }

  io::ViewLayout layout(const std::vector<std::string>& files, const std::string& dataset,
                        Index views) const {
    const auto& data = description_.data;
    const ScanGeometry& scan = raw_.geometry;
    io::ViewLayout made;
    for (const std::string& file : files) made.files.push_back(folder_ / file);
    made.dataset = dataset;
    made.size = {views, scan.columns, scan.rows};
    for (std::size_t a = 0; a < made.axes.size(); ++a) made.axes[a] = axis_of(data.axes[a]);
    for (const std::string& axis : data.reversed) made.reversed[axis_of(axis)] = true;
    made.big_endian = data.byte_order == "big";
    made.offset = std::uint64_t(data.offset);
    return made;
  }

  recon::Reference reference(const std::optional<recon::SinogramFile::Reference>& given,
                             const char* name) const {
    if (!given) return {};
    const auto cells = std::size_t(raw_.geometry.columns * raw_.geometry.rows);
    if (given->counts) return recon::Reference(cells, float(*given->counts));
    const io::StoredViews stored(layout(given->files, given->dataset, given->views));
    std::vector<float> values(std::size_t(given->views) * cells);
    stored.views(0, values);
    return recon::mean_reading(raw_.geometry, values, name);
  }

  /// Opened when values are asked for: what a file says of itself can be seen without them.
  const Open& values() const {
    if (open_.stored) return open_;
    told([&] {
      const auto& data = description_.data;
      io::ViewLayout all = layout(data.files, data.dataset, raw_.geometry.views());
      all.reversed[io::ViewLayout::view] = recon::views_are_reversed(description_);
      open_.readings.emplace(description_, raw_, reference(data.air, "air"),
                             reference(data.dark, "dark"));
      open_.stored = std::make_unique<io::StoredViews>(std::move(all));
    });
    return open_;
  }

  std::string name_;
  io::Path folder_;
  recon::SinogramFile description_;
  RawScan raw_;
  mutable Open open_;
};

}  // namespace

std::unique_ptr<ScanSource> open_scan(const std::string& file) {
  const std::string ending = io::Path(file).extension().string();
  if (ending == ".yaml" || ending == ".yml") return std::make_unique<OwnScan>(file);
  return std::make_unique<TrialScan>(file);
}

}  // namespace vitrine::cli
