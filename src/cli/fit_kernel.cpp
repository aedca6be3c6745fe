#include <cstdio>
#include <memory>
#include <sstream>

#include "vitrine/cli/commands.hpp"
#include "vitrine/cli/exit_code.hpp"
#include "vitrine/cli/read_yaml.hpp"
#include "vitrine/core/table.hpp"
#include "vitrine/recon/kernel_fit.hpp"

namespace vitrine::cli {
namespace {

constexpr double per_cm = 0.1;  // 1/mm in a line pair per cm

struct Options {
  std::string scanner, nps, csv;
  double mtf50 = 0.0, mtf10 = 0.0, peak = 0.0, peak_at = 0.0;  // line pairs per cm
  bool enhance = false;
};

/// Lines of a frequency [lp/cm] and its power; what does not begin with a number is a heading.
recon::NpsTarget read_nps(const std::string& file) {
  recon::NpsTarget target;
  std::istringstream lines(io::read_text(file, config::max_document_bytes));
  std::string line;
  for (int number = 1; std::getline(lines, line); ++number) {
    for (char& c : line)
      if (c == ',' || c == ';' || c == '\t') c = ' ';
    std::istringstream fields(line);
    double frequency = 0.0, power = 0.0;
    if (!(fields >> frequency)) continue;
    require(bool(fields >> power), Error::Kind::input, file, ":", number, ": a frequency without ",
            "its power. Write one frequency [lp/cm] and one power a line.");
    target.frequencies.push_back(per_cm * frequency);
    target.power.push_back(power);
  }
  return target;
}

recon::RollOff::Params fitted(const Options& o, const recon::ScannerBlur& blur) {
  if (!o.nps.empty()) {
    require(o.mtf50 == 0.0 && o.mtf10 == 0.0, Error::Kind::input,
            "both an MTF and a noise power spectrum are given (a kernel has one of them to meet). "
            "Leave out --nps, or --mtf50 and --mtf10.");
    return recon::fit_kernel(read_nps(o.nps), blur, o.enhance);
  }
  require(o.mtf50 > 0.0 && o.mtf10 > 0.0, Error::Kind::input,
          "there is nothing to fit to. Give --mtf50 and --mtf10 (and --peak and --peak-at of an "
          "edge-enhancing kernel), or --nps.");
  recon::MtfTarget target{per_cm * o.mtf50, per_cm * o.mtf10, std::nullopt};
  require((o.peak > 0.0) == (o.peak_at > 0.0), Error::Kind::input,
          "--peak and --peak-at belong together.");
  if (o.peak > 0.0) target.peak = {o.peak, per_cm * o.peak_at};
  return recon::fit_kernel(target, blur);
}

void write_curves(const std::string& file, const recon::Kernel& kernel,
                  const recon::ScannerBlur& blur) {
  constexpr double step = 0.01;  // 1/mm
  Table table;
  table.columns = {"frequency_per_mm", "gain", "mtf", "nps"};
  double sum = 0.0;
  for (double f = 0.5 * step; f < 5.0; f += step) sum += step * noise_power(kernel, blur, f);
  for (int i = 0; i <= 200; ++i) {
    const double f = double(i) * step;
    table.add(
        {f, kernel.gain(f), kernel.gain(f) * blur.signal(f), noise_power(kernel, blur, f) / sum});
  }
  io::write_file(file, table.to_csv());
}

int answer(const Options& options) {
  const auto scanner = read_yaml<Scanner>(options.scanner);
  const recon::ScannerBlur blur(scanner);
  const recon::RollOff::Params p = fitted(options, blur);
  const recon::RollOff kernel(p);
  const recon::KernelFigures f = figures(kernel, blur);
  std::printf("# %s: MTF 50 %% at %.2f and 10 %% at %.2f lp/cm", scanner.name.c_str(),
              f.mtf50 / per_cm, f.mtf10 / per_cm);
  if (f.mtf_peak > 1.0 + 1e-6)
    std::printf(", %.3f at its peak at %.2f lp/cm", f.mtf_peak, f.mtf_peak_frequency / per_cm);
  std::printf(
      "\n# noise power: peak at %.2f, mean at %.2f lp/cm\n"
      "{kind: roll_off, width_per_mm: %.5f, steepness: %.4f, boost: %.5f, boost_at_per_mm: %.5f, "
      "boost_steepness: %.4f}\n",
      f.nps_peak_frequency / per_cm, f.nps_mean_frequency / per_cm, p.width, p.steepness, p.boost,
      p.boost_at, p.boost_steepness);
  if (!options.csv.empty()) write_curves(options.csv, kernel, blur);
  return ok;
}

}  // namespace

void add_fit_kernel(CLI::App& app, int& code) {
  auto* command = app.add_subcommand(
      "fit-kernel", "The reconstruction kernel that gives a scanner a measured MTF or noise power");
  auto options = std::make_shared<Options>();
  const auto frequency = CLI::Range(0.1, 50.0);
  command->add_option("scanner", options->scanner, "scanner file (YAML)")->required();
  command->add_option("--mtf50", options->mtf50, "where the MTF falls to 50 %, lp/cm")
      ->check(frequency);
  command->add_option("--mtf10", options->mtf10, "where it falls to 10 %, lp/cm")->check(frequency);
  command->add_option("--peak", options->peak, "highest MTF of an edge-enhancing kernel, above 1")
      ->check(CLI::Range(1.0, 10.0));
  command->add_option("--peak-at", options->peak_at, "where that is, lp/cm")->check(frequency);
  command->add_option("--nps", options->nps,
                      "file with a frequency [lp/cm] and its noise power a line, in any unit");
  command->add_flag("--enhance", options->enhance, "let a fit of noise power enhance edges");
  command->add_option("--csv", options->csv, "write gain, MTF and noise power to this file");
  command->footer(
      "\nWrite what it prints as `kernel` of a protocol, or among `arms.vary.kernel`. Where an "
      "MTF\n"
      "was fitted, the noise power is what follows from it, not what the scanner's may be.");
  command->callback([options, &code] { code = answer(*options); });
}

}  // namespace vitrine::cli
