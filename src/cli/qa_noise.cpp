#include <cmath>

#include "vitrine/cli/exit_code.hpp"
#include "vitrine/cli/qa_commands.hpp"
#include "vitrine/cli/qa_image.hpp"
#include "vitrine/evaluation/image_quality/detectability.hpp"
#include "vitrine/evaluation/image_quality/mtf.hpp"
#include "vitrine/evaluation/image_quality/nps.hpp"
#include "vitrine/io/csv.hpp"
#include "vitrine/io/image_reader.hpp"

namespace vitrine::cli {
namespace {

using namespace evaluation;

/// Where noise is looked at, for its spectrum and for observers.
struct NoiseOptions {
  QaInput input;
  std::string repeat, trend = "second_order";
  Index roi = 64;
  double radius = 0.0;
};

void add_noise(CLI::App& command, NoiseOptions& o) {
  add_input(command, o.input);
  add_phantom_place(command, o.input);
  command.add_option("--repeat", o.repeat,
                     "a second scan of the same: noise is taken from their difference");
  command.add_option("--roi", o.roi, "edge of the square regions, pixels")
      ->check(CLI::Range(8, 512))
      ->capture_default_str();
  command
      .add_option("--radius", o.radius,
                  "of the disc that the regions fill, mm (default: 0.8 of the phantom's)")
      ->check(CLI::PositiveNumber);
  command.add_option("--trend", o.trend, "what is subtracted: mean, plane, second_order")
      ->check(CLI::IsMember({"mean", "plane", "second_order"}))
      ->capture_default_str();
}

Trend trend_of(const std::string& name) {
  return name == "mean" ? Trend::mean : name == "plane" ? Trend::plane : Trend::second_order;
}

/// The slices, and the regions' middles in each.
struct NoiseRegions {
  std::vector<Plane> planes;
  std::vector<Vec2> centres;
  std::string text;
};

NoiseRegions regions(const NoiseOptions& o) {
  const Image image = io::read_image(o.input.image);
  const Grid& grid = image.grid();
  const Slices slices = chosen_slices(o.input, grid).value_or(Slices{0, grid.size[2] - 1});
  NoiseRegions all;
  for (Index k = slices.first; k <= slices.last; ++k)
    all.planes.push_back(mean_plane(image, {k, k}));
  constexpr double inside = 0.8;  // of the phantom's radius: away from its rim
  Outline where;
  if (const auto centre = point(o.input.centre); centre && o.radius > 0.0)
    where = {*centre, o.radius};
  else {
    where = chosen_outline(o.input, all.planes[all.planes.size() / 2]);
    where.radius = o.radius > 0.0 ? o.radius : inside * where.radius;
  }
  all.centres =
      regions_in_disc(where.centre, where.radius, double(o.roi) * all.planes.front().pixel);
  all.text = text_of(slices, grid);
  if (!o.repeat.empty()) {
    const Image second = io::read_image(o.repeat);
    for (Index k = slices.first; k <= slices.last; ++k) {
      Plane& plane = all.planes[std::size_t(k - slices.first)];
      plane = noise_plane(plane, mean_plane(second, {k, k}));
    }
    all.text += ", difference of two scans";
  }
  return all;
}

QaResult measure_spectrum(const NoiseOptions& o) {
  const NoiseRegions all = regions(o);
  const Nps nps = noise_power_spectrum(all.planes, all.centres, {o.roi, trend_of(o.trend)});
  QaResult result;
  result.measure = str("Noise power spectrum, ", all.text);
  result.numbers = {{"regions", "", double(nps.regions), 6},
                    {"mean", "HU", nps.mean, 4},
                    {"noise", "HU", std::sqrt(nps.variance), 4},
                    {"variance", "HU^2", nps.variance, 5},
                    {"integral of NPS", "HU^2", nps.integral(), 5},
                    {"peak", "1/mm", nps.peak_frequency(), 3},
                    {"mean frequency", "1/mm", nps.mean_frequency(), 3}};
  result.table.columns = {"frequency_per_mm", "nps_hu2_mm2"};
  for (std::size_t i = 0; i < nps.value.size(); ++i)
    result.table.add({nps.frequency[i], nps.value[i]});
  result.chart = {"Noise power spectrum (radial mean)",
                  "frequency / (1/mm)",
                  "NPS / (HU^2 mm^2)",
                  {{"NPS", nps.frequency, nps.value}},
                  true};
  return result;
}

struct DetectOptions {
  NoiseOptions noise;
  std::string mtf, channels = "gabor";
  std::vector<double> diameters{3.0, 5.0, 10.0};
  double contrast = 10.0, internal = 0.0;
  EyeFilter eye;
};

Mtf read_mtf(const std::string& file) {
  const Table table = io::read_csv(file);
  const std::size_t f = table.column("frequency_per_mm"), v = table.column("mtf");
  Mtf mtf;
  for (const auto& row : table.rows) {
    const double *at = std::get_if<double>(&row[f]), *value = std::get_if<double>(&row[v]);
    require(
        at && value && std::isfinite(*value), Error::Kind::data, file,
        " has a row without numbers (an MTF has a frequency and a value in each). Write it with "
        "`vitrine qa mtf --csv`.");
    mtf.frequency.push_back(*at);
    mtf.value.push_back(*value);
  }
  bool even = mtf.frequency.size() >= 2 && mtf.frequency.front() == 0.0;
  for (std::size_t i = 1; even && i < mtf.frequency.size(); ++i)
    even = std::abs(mtf.frequency[i] - double(i) * mtf.frequency[1]) < 1e-6;
  require(even, Error::Kind::data, file,
          " does not hold even frequencies from 0 (the MTF is read between them). Write it with "
          "`vitrine qa mtf --csv`.");
  return mtf;
}

/// The channels' response to a disc in the middle of a region that lost its trend, as noise did.
Eigen::VectorXd response_to_disc(const std::vector<Channel>& channels, const DiscTask& task,
                                 const Imaging& imaging, Index size, double pixel, Trend trend) {
  Plane plane{size, size, pixel, Vec2(0.0, 0.0), imaged_disc(task, imaging, size, pixel)};
  double mean = 0.0;
  return region_response(channels, detrended(plane, plane.middle(), size, trend, mean), size,
                         pixel);
}

QaResult measure_detectability(const DetectOptions& o) {
  const NoiseRegions all = regions(o.noise);
  const Trend trend = trend_of(o.noise.trend);
  const Nps nps = noise_power_spectrum(all.planes, all.centres, {o.noise.roi, trend});
  const Mtf mtf = o.mtf.empty() ? Mtf{} : read_mtf(o.mtf);
  Imaging imaging;
  imaging.mtf = [&](double f) { return mtf.value.empty() ? 1.0 : mtf.at(f); };
  imaging.nps = [&](double f) { return nps.at(f); };
  imaging.highest = all.planes.front().nyquist();
  const double pixel = nps.pixel;
  const auto channels = o.channels == "dog" ? dense_dog_channels(pixel) : gabor_channels(pixel);
  const Eigen::MatrixXd model = channel_covariance(channels, imaging);
  std::vector<std::vector<double>> samples;
  double mean = 0.0;
  for (const Plane& plane : all.planes)
    for (const Vec2& centre : all.centres)
      samples.push_back(detrended(plane, centre, o.noise.roi, trend, mean));
  const bool enough = std::ssize(samples) > std::ssize(channels) + 2;
  Eigen::MatrixXd sampled;
  if (enough) sampled = sampled_covariance(channels, samples, o.noise.roi, pixel);

  QaResult result;
  result.measure = str("Detectability d' of discs of ", to_text(o.contrast), " HU, ", all.text);
  result.numbers = {{"noise", "HU", std::sqrt(nps.variance), 4},
                    {"regions", "", double(nps.regions), 6},
                    {"channels", "", double(channels.size()), 4}};
  result.table.columns = {"diameter_mm", "npw", "npwe", "cho_model", "cho_samples"};
  for (const double diameter : o.diameters) {
    require(diameter > 0.0, Error::Kind::input, "--diameter has ", diameter,
            " (a disc has a size). Give mm above 0.");
    const DiscTask task{diameter, o.contrast};
    const Eigen::VectorXd signal = channel_signal(channels, task, imaging);
    const Eigen::VectorXd in_region =
        response_to_disc(channels, task, imaging, o.noise.roi, pixel, trend);
    result.table.add(
        {diameter, npw_detectability(task, imaging), npwe_detectability(task, imaging, o.eye),
         cho_detectability(signal, model, o.internal, 0),
         enough ? cho_detectability(in_region, sampled, o.internal, std::ssize(samples))
                : std::nan("")});
  }
  result.shown_rows = result.table.rows.size();
  if (o.mtf.empty())
    result.notes.push_back("no --mtf was given: the disc is taken as sharp, d' is too high");
  if (!enough)
    result.notes.push_back("too few regions for the observer on samples: it is left out");
  report::Line lines[4] = {
      {"NPW", {}, {}}, {"NPWE", {}, {}}, {"CHO (model)", {}, {}}, {"CHO (samples)", {}, {}}};
  for (const auto& row : result.table.rows)
    for (std::size_t n = 0; n < 4; ++n) {
      lines[n].x.push_back(std::get<double>(row[0]));
      lines[n].y.push_back(std::get<double>(row[n + 1]));
    }
  result.chart = {
      "Detectability", "diameter / mm", "d'", {std::begin(lines), std::end(lines)}, true};
  return result;
}

}  // namespace

void add_qa_nps(CLI::App& qa, int& code) {
  auto* command = qa.add_subcommand("nps", "Noise power spectrum of a uniform phantom");
  auto o = std::make_shared<NoiseOptions>();
  add_noise(*command, *o);
  command->footer(
      "\n  vitrine qa nps water.nii.gz --csv nps.csv --figure nps.svg\n"
      "  vitrine qa nps first/ --repeat second/ --trend mean");
  command->callback([o, &code] {
    show(measure_spectrum(*o), o->input.outputs);
    code = ok;
  });
}

void add_qa_detect(CLI::App& qa, int& code) {
  auto* command =
      qa.add_subcommand("detect", "Detectability d' of low-contrast discs (NPW, NPWE, CHO)");
  auto o = std::make_shared<DetectOptions>();
  add_noise(*command, o->noise);
  command->add_option("--mtf", o->mtf, "the MTF, as `vitrine qa mtf --csv` writes it");
  command->add_option("--diameter", o->diameters, "of the discs, mm, comma-separated")
      ->delimiter(',')
      ->capture_default_str();
  command->add_option("--contrast", o->contrast, "of the discs, HU")->capture_default_str();
  command->add_option("--channels", o->channels, "of the channelised observer: gabor, dog")
      ->check(CLI::IsMember({"gabor", "dog"}))
      ->capture_default_str();
  command
      ->add_option("--internal-noise", o->internal,
                   "of the channelised observer, as a share of each channel's variance")
      ->check(CLI::Range(0.0, 100.0))
      ->capture_default_str();
  command->add_option("--viewing-distance", o->eye.viewing_distance, "of NPWE's eye, mm")
      ->check(CLI::Range(50.0, 5000.0))
      ->capture_default_str();
  command
      ->add_option("--magnification", o->eye.magnification,
                   "mm on NPWE's display per mm in the image")
      ->check(CLI::Range(0.05, 50.0))
      ->capture_default_str();
  command->footer(
      "\n  vitrine qa detect water.nii.gz --mtf mtf.csv --diameter 3,5,10 --contrast 10");
  command->callback([o, &code] {
    show(measure_detectability(*o), o->noise.input.outputs);
    code = ok;
  });
}

}  // namespace vitrine::cli
