#include "vitrine/trial/passport.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

#include "vitrine/core/math.hpp"
#include "vitrine/core/units.hpp"
#include "vitrine/evaluation/image_quality/inserts.hpp"
#include "vitrine/model/scan.hpp"
#include "vitrine/physics/carlo/ctdi.hpp"
#include "vitrine/trial/engine.hpp"
#include "vitrine/trial/image_quality.hpp"

namespace vitrine::trial {
namespace {

using physics::carlo::CtdiPhantom;

constexpr double loads[] = {200.0, 100.0, 50.0};  // mAs per rotation, of noise against dose

/// Keeps the tables of the one case.
class Keeper final : public Sink, public Store, public Progress {
 public:
  std::vector<FileRecord> image(const ImageContext&, const Image&) override { return {}; }
  std::vector<FileRecord> mask(const ImageContext&, const std::string&, const Mask&) override {
    return {};
  }
  std::vector<FileRecord> finish_case(const std::string&) override { return {}; }
  std::optional<CaseResult> load(const std::string&) override { return std::nullopt; }
  void save(const CaseResult& result) override { found = result; }
  void step(double, double, const std::string&) override {}
  void case_failed(const std::string&, const Error& error) override { throw Error(error); }

  CaseResult found;
};

/// One scan of a phantom and what its images say.
struct Scan {
  const char* phantom;
  Value anatomy, protocol, vary;
  double width;  ///< mm along the axis that the rows must see
  double sub_columns = 1.0, sub_rows = 1.0;
};

/// What a scan's images say, and which arm is which.
struct Found {
  QualityTables tables;
  std::vector<Arm> arms;
};

/// An arm by its levels; what is not said is any.
struct Which {
  std::string kernel = {};
  double load = 0.0, thickness = 0.0;

  std::string of(const std::vector<Arm>& arms) const {
    const auto found = std::ranges::find_if(arms, [&](const Arm& arm) {
      return (kernel.empty() || arm.kernel_name == kernel) &&
             (load == 0.0 || arm.tube_load == load) &&
             (thickness == 0.0 || arm.slice_thickness == thickness);
    });
    VITRINE_EXPECT(found != arms.end());
    return found->name;
  }
};

Value text_list(const std::vector<std::string>& words) {
  Value::List list;
  for (const std::string& word : words) list.emplace_back(word);
  return Value(std::move(list));
}

class Bench {
 public:
  Bench(const Scanner& scanner, PassportQuality quality, Isa isa)
      : scanner_(scanner), draft_(quality == PassportQuality::draft), isa_(isa) {
    if (scanner_.profile) {
      targets_ = scanner_.profile->targets;
      const Console& console = scanner_.profile->console;
      scanner_.focal_spot_width = console.focal_spots.front().width;
      scanner_.focal_spot_length = console.focal_spots.front().length;
      rotation_time_ = console.rotation_times.back();
      for (const OwnKernel& kernel : scanner_.profile->kernels) kernels_.push_back(kernel.name);
    }
    if (std::ranges::find(kernels_, "standard") == kernels_.end())
      kernels_.insert(kernels_.begin(), "standard");
  }

  Passport run() {
    ct_numbers();
    water();
    resolution();
    slices();
    dose();
    return std::move(out_);
  }

 private:
  Value protocol(double field, double matrix, double thickness, double increment,
                 double count) const {
    return Value()
        .set("kernel", "standard")
        .set("tube_voltage_kv", targets_.tube_voltage)
        .set("tube_load_mas", loads[0])
        .set("rotation_time_s", rotation_time_)
        .set("centre", "origin")
        .set("slices", count)
        .set("slice_thickness_mm", thickness)
        .set("slice_increment_mm", increment)
        .set("full_coverage_radius_mm", 0.45 * field)
        .set("matrix", matrix)
        .set("field_of_view_mm", field);
  }

  /// The tables of a scan with as many rows as it needs; draft quality halves views down to 500.
  Found measured(const Scan& scan) const {
    Scanner machine = scanner_;
    const double row = machine.row_pitch * machine.source_to_iso / machine.source_to_detector;
    machine.rows = std::min(machine.rows, std::int64_t(std::ceil(scan.width / row)) + 4);
    while (draft_ && machine.views_per_rotation > 700) machine.views_per_rotation /= 2;
    Scanner bare = machine;  // a part of its rows is not what its console knows
    bare.profile.reset();
    const Value node =
        Value()
            .set("vitrine", 1.0)
            .set("trial", Value().set("name", str("passport-", scan.phantom)).set("seed", 1.0))
            .set("patients", Value().set("count", 1.0).set("anatomy", scan.anatomy))
            .set("arms", Value()
                             .set("scanners", Value::List{Scanner::schema().write(bare)})
                             .set("protocol", scan.protocol)
                             .set("vary", scan.vary))
            .set("analyse", Value::List{Value("image_quality")})
            .set("simulation",
                 Value().set("sub_columns", scan.sub_columns).set("sub_rows", scan.sub_rows));
    Diagnostics problems;
    Scenario scenario = Scenario::schema().read(node, problems);
    problems.throw_if_any();
    scenario.arms.scanners.front() = machine;
    Keeper keeper;
    const Plan plan = make_plan(std::move(scenario));
    trial::run(plan, keeper, keeper, keeper, isa_, [] { return false; });
    return {{keeper.found.quality, keeper.found.quality_curves}, plan.arms};
  }

  /// A number that a measure found; NaN if there is none.
  static double number(const Found& found, const Which& which, const char* measure,
                       const std::string& target, const char* quantity) {
    const Table& t = found.tables.numbers;
    const std::string arm = which.of(found.arms);
    const auto is = [&](const auto& row, const char* column, const std::string& word) {
      return std::get<std::string>(row[t.column(column)]) == word;
    };
    for (const auto& row : t.rows)
      if (is(row, "arm", arm) && is(row, "measure", measure) && is(row, "quantity", quantity) &&
          (target.empty() || is(row, "target", target)))
        return std::get<double>(row[t.column("value")]);
    return std::numeric_limits<double>::quiet_NaN();
  }

  void curve(const Found& found, const Which& which, const char* measure, const std::string& name) {
    const Table& t = found.tables.curves;
    const std::string arm = which.of(found.arms);
    const auto text = [&](const auto& row, const char* column) -> const std::string& {
      return std::get<std::string>(row[t.column(column)]);
    };
    PassportCurve curve{measure, name, "", "", {}, {}};
    for (const auto& row : t.rows) {
      if (text(row, "arm") != arm || text(row, "measure") != measure) continue;
      curve.x_unit = text(row, "x_unit");
      curve.y_unit = text(row, "y_unit");
      curve.x.push_back(std::get<double>(row[t.column("x")]));
      curve.y.push_back(std::get<double>(row[t.column("y")]));
    }
    if (!curve.x.empty()) out_.curves.push_back(std::move(curve));
  }

  void add(std::string measure, std::string target, std::string unit, double value,
           std::optional<double> low = {}, std::optional<double> high = {},
           std::string limits = {}) {
    out_.rows.push_back({std::move(measure), std::move(target), std::move(unit), value, low, high,
                         std::move(limits)});
  }
  void about(std::string measure, std::string target, std::string unit, double value, double aim,
             double tolerance, std::string limits) {
    add(std::move(measure), std::move(target), std::move(unit), value, aim - tolerance,
        aim + tolerance, std::move(limits));
  }

  void ct_numbers() {
    constexpr double field = 215.0, thickness = 2.5;
    const auto tables = measured({"acr464", Value().set("kind", "acr464"),
                                  protocol(field, 256, thickness, thickness, 1), Value(), thickness,
                                  draft_ ? 1.0 : 2.0});
    for (const auto& insert : evaluation::insert_layout("acr464").inserts) {
      const bool published = std::isfinite(insert.low) && targets_.tube_voltage == 120.0;
      add("ct_number", insert.name, "HU", number(tables, {}, "ct_number", insert.name, "mean"),
          published ? std::optional(insert.low) : std::nullopt,
          published ? std::optional(insert.high) : std::nullopt,
          published ? "ACR phantom testing instructions" : "");
    }
  }

  void water() {
    constexpr double diameter = 200.0, field = 220.0, thickness = 2.5, count = 2.0;
    Value::List doses;
    for (const double load : loads) doses.emplace_back(load);
    const auto tables = measured(
        {"water", Value().set("kind", "water_cylinder").set("diameter_mm", diameter),
         protocol(field, 512, thickness, thickness, count),
         Value()
             .set("kernel", text_list(draft_ ? std::vector<std::string>{"standard"} : kernels_))
             .set("tube_load_mas", Value(std::move(doses))),
         count * thickness, draft_ ? 1.0 : 2.0});
    const Which most{"standard", loads[0]};
    about("water", "middle", "HU", number(tables, most, "uniformity", "", "middle"), 0.0,
          targets_.water_tolerance, "the profile's targets");
    add("uniformity", "water", "HU", number(tables, most, "uniformity", "", "largest_difference"),
        -targets_.uniformity_tolerance, targets_.uniformity_tolerance, "the profile's targets");
    PassportCurve noise{"noise", "standard", "mAs", "HU", {}, {}};
    for (const double load : loads) {
      noise.x.push_back(load);
      noise.y.push_back(number(tables, Which{"standard", load}, "nps", "", "noise"));
      add("noise", str(to_text(load), " mAs"), "HU", noise.y.back());
    }
    about("noise_exponent", "dose", "", slope(noise), -0.5, targets_.exponent_tolerance,
          "quantum noise, within the profile's tolerance");
    noise_ = noise.y.front();
    out_.curves.push_back(std::move(noise));
    for (const std::string& kernel : kernels_) {
      const Which of{kernel, loads[0]};
      if (draft_ && kernel != "standard") continue;
      const double sd = number(tables, of, "nps", "", "noise");
      add("nps_peak", kernel, "1/mm", number(tables, of, "nps", "", "peak_frequency"));
      add("nps_mean", kernel, "1/mm", number(tables, of, "nps", "", "mean_frequency"));
      constexpr double same = 1e-3;  // the area of a spectrum is the variance, exactly
      about("nps_area_over_variance", kernel, "",
            number(tables, of, "nps", "", "integral") / (sd * sd), 1.0, same, "Parseval");
      curve(tables, of, "nps", kernel);
    }
  }

  /// Of the logarithms, least squares.
  static double slope(const PassportCurve& c) {
    const double n = double(c.x.size());
    double x = 0.0, y = 0.0, xx = 0.0, xy = 0.0;
    for (std::size_t i = 0; i < c.x.size(); ++i) {
      const double a = math::log(c.x[i]), b = math::log(c.y[i]);
      x += a, y += b, xx += a * a, xy += a * b;
    }
    return (n * xy - x * y) / (n * xx - x * x);
  }

  void resolution() {
    constexpr double thickness = 2.5;
    const double rays = draft_ ? 5.0 : 8.0;  // across a cell, of a wire much thinner than it
    const auto tables = measured({"wire",
                                  Value()
                                      .set("kind", "wire")
                                      .set("material", "copper")
                                      .set("offset_mm", 5.0)
                                      .set("container_diameter_mm", 100.0),
                                  protocol(51.2, 256, thickness, thickness, 1),
                                  Value().set("kernel", text_list(kernels_)), thickness, rays});
    for (const std::string& kernel : kernels_) {
      const double mtf50 = number(tables, Which{kernel}, "mtf", "", "mtf50"),
                   mtf10 = number(tables, Which{kernel}, "mtf", "", "mtf10");
      const OwnKernel* own = own_of(kernel);
      const auto row = [&](const char* measure, double value, double aim) {
        if (own)
          about(measure, kernel, "1/mm", value, aim, targets_.mtf_tolerance * aim,
                "the profile's kernel");
        else
          add(measure, kernel, "1/mm", value);
      };
      row("mtf50", mtf50, own ? own->mtf50 : 0.0);
      row("mtf10", mtf10, own ? own->mtf10 : 0.0);
      curve(tables, Which{kernel}, "mtf", kernel);
    }
  }

  const OwnKernel* own_of(const std::string& kernel) const {
    if (!scanner_.profile) return nullptr;
    const auto& all = scanner_.profile->kernels;
    const auto found = std::ranges::find(all, kernel, &OwnKernel::name);
    return found == all.end() ? nullptr : &*found;
  }

  void slices() {
    const std::vector<double> thicknesses{1.25, 2.5, 5.0};
    constexpr double increment = 0.3, reach = 7.5;  // mm; a quarter of the thinnest slice, nearly
    Value::List levels;
    for (const double t : thicknesses) levels.emplace_back(t);
    const auto tables = measured(
        {"bead",
         Value()
             .set("kind", "wire")
             .set("shape", "bead")
             .set("material", "tungsten_carbide")
             .set("diameter_mm", 0.4)
             .set("offset_mm", 5.0)
             .set("container_diameter_mm", 60.0),
         protocol(38.4, 128, thicknesses.front(), increment, 2.0 * reach / increment + 1.0),
         Value().set("slice_thickness_mm", Value(std::move(levels))),
         2.0 * reach + thicknesses.back(), draft_ ? 2.0 : 4.0, draft_ ? 4.0 : 8.0});
    const double row = scanner_.row_pitch * scanner_.source_to_iso / scanner_.source_to_detector;
    for (const double t : thicknesses) {
      const Which which{.thickness = t};
      const double width = number(tables, which, "ssp", "", "fwhm");
      constexpr double rows = 3.0;  // of fewer, their own width and interpolation are a large part
      if (t >= rows * row)
        about("slice_fwhm", str(to_text(t), " mm"), "mm", width, t, targets_.slice_tolerance * t,
              "the profile's targets");
      else
        add("slice_fwhm", str(to_text(t), " mm"), "mm", width);
      curve(tables, which, "ssp", str(to_text(t), " mm"));
    }
  }

  void dose() {
    const physics::carlo::Precision precision{.relative = draft_ ? 0.02 : 0.005};
    const auto index = [&](CtdiPhantom phantom, const char* name,
                           const std::optional<double>& aim) {
      const double diameter = physics::carlo::diameter_of(phantom);
      const auto ctdi = physics::carlo::ctdi(
          scanner_, targets_.tube_voltage, diameter, precision,
          make_stream(1, str("passport ctdi ", scanner_.name, ' ', name), Draw::transport), isa_);
      const double value = 100.0 * ctdi.weighted.mean;
      if (aim)
        about("ctdi_w_per_100_mas", name, "mGy", value, *aim, targets_.ctdi_tolerance * *aim,
              "the profile's targets");
      else
        add("ctdi_w_per_100_mas", name, "mGy", value);
      return value;
    };
    const double body = index(CtdiPhantom::body, "32 cm", targets_.body_ctdi);
    index(CtdiPhantom::head, "16 cm", targets_.head_ctdi);
    constexpr double compared = 10.0;  // mGy
    add("noise_at_10_mgy", "20 cm of water", "HU",
        noise_ * std::sqrt(body * loads[0] / 100.0 / compared));
  }

  Scanner scanner_;
  bool draft_;
  Isa isa_;
  Targets targets_;
  double rotation_time_ = 1.0;
  std::vector<std::string> kernels_;
  double noise_ = 0.0;
  Passport out_;
};

}  // namespace

bool PassportRow::passed() const {
  if (!judged()) return true;
  return (!low || value >= *low) && (!high || value <= *high);
}

bool Passport::passed() const { return std::ranges::all_of(rows, &PassportRow::passed); }

Passport make_passport(const Scanner& scanner, PassportQuality quality, Isa isa) {
  return Bench(scanner, quality, isa).run();
}

}  // namespace vitrine::trial
