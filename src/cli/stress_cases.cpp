#include "vitrine/cli/stress_cases.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numbers>

#include "vitrine/cli/image_name.hpp"
#include "vitrine/cli/stress_host.hpp"
#include "vitrine/core/math.hpp"
#include "vitrine/evaluation/segmentation.hpp"
#include "vitrine/io/image_reader.hpp"
#include "vitrine/io/json.hpp"
#include "vitrine/io/nifti.hpp"
#include "vitrine/model/voxel_regions.hpp"

namespace vitrine::cli {
namespace {

constexpr double none = std::numeric_limits<double>::quiet_NaN();

/// A lesion as its true mask shows it.
struct Truth {
  std::string id;
  std::string composition;
  Mask mask;
  VoxelBox box;
  evaluation::Target target;
  double diameter = 0.0;  // mm, of a ball of its volume
};

Truth truth_of(const MaskFile& file, Mask mask, double least_reach) {
  const Grid& grid = mask.grid();
  Truth truth{file.lesion, file.composition, std::move(mask), {}, {Vec3::Zero(), 0.0}, 0.0};
  truth.box =
      box_of(grid.size, [&](Index i, Index j, Index k) { return truth.mask(i, j, k) != 0; });
  truth.target.centre = centre_of(truth.mask);
  const auto voxels = double(grid.count() - std::ranges::count(truth.mask.values(), 0));
  const double volume = voxels * truth.mask.grid().voxel_volume();
  truth.diameter = math::cbrt(6.0 / std::numbers::pi * volume);
  truth.target.radius = std::max(0.5 * truth.diameter, least_reach);
  return truth;
}

/// An image read from disk, and what is true about it.
struct Case {
  io::Bytes bytes;
  Image image;
  std::vector<Truth> lesions;
  Digest digest;  // of all its files
};

Case read_case(const StoredTrial& stored, const io::Path& dir, const TrialImage& of,
               double least_reach) {
  Sha256 sum;
  io::Bytes bytes = read_listed(stored, dir, of.path);
  sum.bytes(bytes);
  Case one{std::move(bytes), io::read_image(dir / of.path), {}, {}};
  for (const MaskFile& mask : of.masks) {
    sum.bytes(read_listed(stored, dir, mask.path));
    one.lesions.push_back(truth_of(mask, io::read_mask(dir / mask.path), least_reach));
    io::require_same_grid(one.image.grid(), one.lesions.back().mask.grid());
  }
  one.digest = sum.finish();
  return one;
}

/// A lesion without scores.
evaluation::LesionScore unmeasured(const trial::Stress& stress, const Truth& truth) {
  return {truth.id, {trial::size_class(stress, truth.diameter), truth.composition}, {}, none};
}

/// The scores of a lesion that no mask touches.
evaluation::LesionScore missed(const trial::Stress& stress, const Truth& truth) {
  evaluation::LesionScore score = unmeasured(stress, truth);
  score.values = {0.0, 0.0, none, none, none, none, 0.0};
  return score;
}

std::vector<Finding> truths(const Case& one) {
  std::vector<Finding> all;
  for (const Truth& truth : one.lesions)
    all.push_back({truth.id, truth.target.centre, evaluation::axial_size(truth.mask)});
  return all;
}

/// Parts of the found mask that touch a lesion are compared with it; the rest is false.
void score_mask(const trial::Stress& stress, const Case& one, const Mask& found,
                StressCase& result) {
  const Components parts = components_of(found);
  std::vector<bool> touches_any(parts.parts.size() + 1, false);
  for (const Truth& truth : one.lesions) {
    std::vector<bool> touches(parts.parts.size() + 1, false);
    for (std::size_t v = 0; v < parts.label.size(); ++v)
      if (truth.mask.values()[v] != 0 && parts.label[v] != 0)
        touches[std::size_t(parts.label[v])] = touches_any[std::size_t(parts.label[v])] = true;
    evaluation::LesionScore& score = result.lesions.emplace_back(missed(stress, truth));
    if (std::ranges::find(touches, true) == touches.end()) continue;
    Mask mine(truth.mask.grid());
    for (std::size_t v = 0; v < parts.label.size(); ++v)
      mine.values()[v] = touches[std::size_t(parts.label[v])];
    result.found.push_back({truth.id, centre_of(mine), evaluation::axial_size(mine)});
    const auto agreed = evaluation::compare_masks(truth.mask, mine, stress.surface_tolerance);
    score.values = {agreed.dice,
                    agreed.surface_dice,
                    agreed.hausdorff95,
                    agreed.surface_distance,
                    100.0 * agreed.volume_error(),
                    result.found.back().size.longest - evaluation::axial_size(truth.mask).longest,
                    1.0};
  }
  for (std::size_t p = 1; p < touches_any.size(); ++p)
    if (!touches_any[p]) {
      const Mask part = mask_of(parts, p - 1, found.grid());
      result.found.push_back({"", centre_of(part), evaluation::axial_size(part)});
      result.false_ones.push_back(1.0);
    }
}

void score_points(const trial::Stress& stress, const Case& one, StressCase& result) {
  std::vector<evaluation::Mark> findings;
  for (const readers::Point& point : result.points) findings.push_back({point.centre, point.score});
  std::vector<evaluation::Target> targets;
  for (const Truth& truth : one.lesions) targets.push_back(truth.target);
  evaluation::ReadImage read = evaluation::match(findings, targets);
  for (std::size_t l = 0; l < one.lesions.size(); ++l) {
    result.lesions.push_back(unmeasured(stress, one.lesions[l]));
    result.lesions.back().best = read.best[l];
  }
  result.false_ones = std::move(read.false_ones);
}

/// Throws Error (data) unless these are one row of the image, or one of each of its lesions.
template <class Row>
void require_each_once(const Case& one, const std::vector<Row>& rows) {
  if (rows.size() == 1 && rows[0].lesion.empty()) return;
  for (const Row& row : rows)
    require(std::ranges::find(one.lesions, row.lesion, &Truth::id) != one.lesions.end(),
            Error::Kind::data, "it has a row for '", row.lesion,
            "', which is no lesion of the image. Write one row for the image and no column lesion, "
            "or one row for each lesion of {boxes}");
  for (const Truth& truth : one.lesions) {
    const auto times = std::ranges::count(rows, truth.id, &Row::lesion);
    require(times == 1, Error::Kind::data, "it has ", times, " rows for the lesion '", truth.id,
            "'. Write one row for each lesion of {boxes}");
  }
}

void score_ratings(const trial::Stress& stress, const Case& one, const readers::Reading& reading,
                   StressCase& result) {
  require_each_once(one, reading.ratings);
  result.probabilities = reading.probabilities;
  for (const readers::Rating& rating : reading.ratings) {
    const auto truth = std::ranges::find(one.lesions, rating.lesion, &Truth::id);
    result.lesions.push_back(truth == one.lesions.end() ? evaluation::LesionScore{}
                                                        : unmeasured(stress, *truth));
    result.lesions.back().best = rating.score;
  }
}

void fail(const trial::Stress& stress, const Case& one, readers::Task task, const std::string& why,
          StressCase& result) {
  result.failure = why;
  for (const Truth& truth : one.lesions)
    result.lesions.push_back(task == readers::Task::segmentation ? missed(stress, truth)
                                                                 : unmeasured(stress, truth));
}

/// What a classifier or an embedding says about: lesions or images, probabilities or not, features.
struct Kind {
  bool any = false, of_lesions = false, probabilities = false;
  std::vector<std::string> features;

  explicit Kind(const StressCase& one)
      : any(one.failure.empty() && (!one.lesions.empty() || !one.embeddings.empty())),
        probabilities(one.probabilities),
        features(one.features) {
    if (!one.lesions.empty()) of_lesions = !one.lesions.front().id.empty();
    if (!one.embeddings.empty()) of_lesions = !one.embeddings.front().lesion.empty();
  }
  bool operator==(const Kind&) const = default;
};

/// All that a classifier or an embedding says is of the kind of its first result.
void fail_unlike(const trial::Stress& stress, const Case& one, const StressRun& run,
                 StressCase& result) {
  const readers::Task task = run.model->reader->task();
  if (task != readers::Task::classification && task != readers::Task::embedding) return;
  const auto first =
      std::ranges::find_if(run.cases, [](const StressCase& x) { return Kind(x).any; });
  if (first == run.cases.end() || !Kind(result).any || Kind(*first) == Kind(result)) return;
  StressCase failed;
  failed.id = result.id;
  failed.confined = result.confined;
  result = std::move(failed);
  fail(
      stress, one, task,
      str("its output is not like that of ", first->id, ". Write the same columns for every image"),
      result);
}

Value numbers(const std::vector<double>& all) {
  Value::List list;
  for (const double x : all) list.emplace_back(x);
  return Value(std::move(list));
}

const Value::List& list_in(const Value& value, const char* key) {
  const Value* list = value.find(key);
  require(list && list->as<Value::List>(), Error::Kind::data, "it lacks '", key, "'");
  return *list->as<Value::List>();
}

std::vector<double> numbers_in(const Value& value, const char* key) {
  std::vector<double> all;
  for (const Value& each : list_in(value, key))
    all.push_back(each.as<double>() ? *each.as<double>() : none);
  return all;
}

std::string text_in(const Value& value, const char* key) {
  const Value* text = value.find(key);
  require(text && text->as<std::string>(), Error::Kind::data, "it lacks '", key, "'");
  return *text->as<std::string>();
}

Value texts(const std::vector<std::string>& all) {
  return Value(Value::List(all.begin(), all.end()));
}

std::vector<std::string> texts_in(const Value& value, const char* key) {
  std::vector<std::string> all;
  for (const Value& each : list_in(value, key)) {
    require(each.as<std::string>() != nullptr, Error::Kind::data, "'", key, "' holds no text");
    all.push_back(*each.as<std::string>());
  }
  return all;
}

bool is_true(const Value& value, const char* key) {
  const Value* flag = value.find(key);
  return flag && flag->as<bool>() && *flag->as<bool>();
}

Value findings(const std::vector<Finding>& all) {
  Value::List list;
  for (const Finding& one : all)
    list.push_back(Value()
                       .set("lesion", one.lesion)
                       .set("numbers", numbers({one.centre.x(), one.centre.y(), one.centre.z(),
                                                one.size.longest, one.size.short_axis})));
  return Value(std::move(list));
}

std::vector<Finding> findings_in(const Value& value, const char* key) {
  std::vector<Finding> all;
  for (const Value& each : list_in(value, key)) {
    const std::vector<double> n = numbers_in(each, "numbers");
    require(n.size() == 5, Error::Kind::data, "a finding has not 5 numbers");
    all.push_back({text_in(each, "lesion"), {n[0], n[1], n[2]}, {n[3], n[4]}});
  }
  return all;
}

std::string record(const StressCase& one, const std::string& key,
                   const std::optional<io::ProcessEnd>& end) {
  Value value;
  value.set("key", key).set("id", one.id).set("failure", one.failure);
  value.set("confined", one.confined);
  if (end) value.set("end", to_string(*end)).set("seconds", end->seconds);
  Value::List lesions, points;
  for (const evaluation::LesionScore& lesion : one.lesions)
    lesions.push_back(Value()
                          .set("id", lesion.id)
                          .set("classes", texts(lesion.classes))
                          .set("values", numbers(lesion.values))
                          .set("best", lesion.best));
  for (const readers::Point& p : one.points)
    points.push_back(numbers({p.centre.x(), p.centre.y(), p.centre.z(), p.score}));
  value.set("lesions", Value(std::move(lesions))).set("false", numbers(one.false_ones));
  value.set("points", Value(std::move(points))).set("probabilities", one.probabilities);
  Value::List embeddings;
  for (const readers::Embedding& each : one.embeddings)
    embeddings.push_back(Value().set("lesion", each.lesion).set("values", numbers(each.values)));
  value.set("features", texts(one.features));
  value.set("embeddings", Value(std::move(embeddings)));
  value.set("found", findings(one.found)).set("truth", findings(one.truth));
  return to_json(value, 1) + "\n";
}

/// What an earlier run kept; none if there is nothing, it is damaged, or something changed since.
std::optional<StressCase> kept(const io::Path& file, const std::string& key) {
  if (!std::filesystem::exists(file)) return std::nullopt;
  try {
    const Value value = io::parse_json(io::read_text(file), file.string());
    if (text_in(value, "key") != key) return std::nullopt;
    StressCase one;
    one.id = text_in(value, "id");
    one.failure = text_in(value, "failure");
    one.confined = is_true(value, "confined");
    one.probabilities = is_true(value, "probabilities");
    for (const Value& each : list_in(value, "lesions")) {
      const Value* best = each.find("best");
      one.lesions.push_back({text_in(each, "id"), texts_in(each, "classes"),
                             numbers_in(each, "values"),
                             best && best->as<double>() ? *best->as<double>() : none});
    }
    for (const Value& each : list_in(value, "points")) {
      const std::vector<double> p = numbers_in(Value().set("p", each), "p");
      if (p.size() != 4) return std::nullopt;
      one.points.push_back({{p[0], p[1], p[2]}, p[3]});
    }
    one.false_ones = numbers_in(value, "false");
    one.features = texts_in(value, "features");
    for (const Value& each : list_in(value, "embeddings")) {
      one.embeddings.push_back({text_in(each, "lesion"), numbers_in(each, "values")});
      if (one.embeddings.back().values.size() != one.features.size()) return std::nullopt;
    }
    one.found = findings_in(value, "found");
    one.truth = findings_in(value, "truth");
    return one;
  } catch (const Error&) {
    return std::nullopt;  // made again
  }
}

/// One model and one image.
class Attempt {
 public:
  Attempt(const io::Path& out, const trial::Stress& stress, const trial::StressModel& model,
          const TrialImage& image)
      : out_(out), stress_(stress), model_(model), id_(stress_id(image)) {}

  io::Path file() const { return out_ / "cases" / model_.name / (id_ + ".json"); }
  io::Path mask() const { return found_mask(out_, model_.name, id_); }

  StressCase make(const Case& one, const std::string& key) const {
    StressCase result;
    result.id = id_;
    const readers::Task task = model_.reader->task();
    std::vector<readers::LesionBox> boxes;
    for (const Truth& truth : one.lesions) boxes.push_back({truth.id, truth.box});
    io::make_directories(file().parent_path());
    io::make_directories(out_ / "logs" / model_.name);
    CommandHost host(out_ / "scratch" / model_.name, one.bytes,
                     out_ / "logs" / model_.name / (id_ + ".txt"));
    try {
      readers::Reading reading = model_.reader->read({one.image, boxes}, host);
      result.points = std::move(reading.points);
      if (task == readers::Task::detection) {
        score_points(stress_, one, result);
      } else if (task == readers::Task::classification) {
        score_ratings(stress_, one, reading, result);
      } else if (task == readers::Task::embedding) {
        require_each_once(one, reading.embeddings);
        result.features = std::move(reading.features);
        result.embeddings = std::move(reading.embeddings);
      } else {
        score_mask(stress_, one, *reading.mask, result);
        io::make_directories(mask().parent_path());
        io::write_file(mask(), io::encode_nifti(*reading.mask, "vitrine " + model_.name));
      }
    } catch (const Error& error) {
      // The machine's own troubles are not the model's.
      if (!host.end() || error.kind() == Error::Kind::interrupted) throw;
      result = {};
      result.id = id_;
      fail(stress_, one, task, error.what(), result);
    }
    if (task == readers::Task::segmentation) result.truth = truths(one);
    result.confined = !host.end() || host.end()->confined;
    io::write_file(file(), record(result, key, host.end()));
    return result;
  }

 private:
  const io::Path& out_;
  const trial::Stress& stress_;
  const trial::StressModel& model_;
  std::string id_;
};

/// What, beside the image, a model's results depend on.
std::string key_of(const trial::Stress& stress, const trial::StressModel& model,
                   const Digest& image) {
  Sha256 sum;
  sum.add(VITRINE_VERSION).add(to_json(model.reader.canonical)).add(image.hex());
  if (const readers::Command* command = model.reader->command()) sum.add(digest_of(*command).hex());
  sum.add(to_text(stress.surface_tolerance)).add(to_text(stress.least_reach));
  for (const double limit : stress.size_limits) sum.add(to_text(limit));
  return sum.finish().hex();
}

}  // namespace

std::vector<std::string> lesion_metrics() {
  std::vector<std::string> names;
  for (const trial::StressMetric& metric : trial::stress_metrics())
    if (metric.task == readers::Task::segmentation &&
        std::string_view(metric.name) != "false_positives_per_image" &&
        !trial::is_of_response(metric.name))
      names.emplace_back(metric.name);
  return names;
}

std::string stress_id(const TrialImage& image) {
  return image.case_id + "__" + image_name(image.arm, image.replicate);
}

io::Path found_mask(const io::Path& out, const std::string& model, const std::string& id) {
  return out / "found" / model / (id + ".nii.gz");
}

std::vector<StressRun> run_models(const StoredTrial& stored, const io::Path& dir,
                                  const io::Path& out, const trial::Stress& stress,
                                  const std::vector<TrialImage>& images,
                                  const std::function<void(const StressCase&)>& told) {
  std::vector<StressRun> runs;
  for (const trial::StressModel& model : stress.models) runs.push_back({&model, {}, 0});
  for (std::size_t i = 0; i < images.size(); ++i) {
    const Case one = read_case(stored, dir, images[i], stress.least_reach);
    for (StressRun& run : runs) {
      const Attempt attempt(out, stress, *run.model, images[i]);
      const std::string key = key_of(stress, *run.model, one.digest);
      std::optional<StressCase> result = kept(attempt.file(), key);
      if (result && result->failure.empty() &&
          run.model->reader->task() == readers::Task::segmentation &&
          !std::filesystem::exists(attempt.mask()))
        result.reset();
      run.kept += result.has_value();
      if (!result) result = attempt.make(one, key);
      fail_unlike(stress, one, run, *result);
      run.cases.push_back(*std::move(result));
      run.cases.back().image = i;
      told(run.cases.back());
    }
  }
  std::error_code ignored;
  std::filesystem::remove_all(out / "scratch", ignored);
  return runs;
}

}  // namespace vitrine::cli
