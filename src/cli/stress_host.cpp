#include "vitrine/cli/stress_host.hpp"

#include <unistd.h>

#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <iostream>

#include "vitrine/cli/onnx_program.hpp"
#include "vitrine/core/utf8.hpp"
#include "vitrine/io/csv.hpp"
#include "vitrine/io/image_reader.hpp"

namespace vitrine::cli {
namespace {

bool names_a_file(const std::string& argument) {
  std::error_code ignored;
  return !argument.empty() && std::filesystem::is_regular_file(argument, ignored);
}

void replace(std::string& text, std::string_view what, const std::string& by) {
  for (std::size_t at = 0; (at = text.find(what, at)) != std::string::npos; at += by.size())
    text.replace(at, what.size(), by);
}

/// A mask on the image's grid: what is not 0.
Mask read_found(const io::Path& file, const Grid& grid) {
  const LabelImage labels = io::read_labels(file, 8 * std::uint64_t(grid.count()) + io::mebibyte);
  require(labels.grid.size == grid.size, Error::Kind::data, "its output has ", labels.grid.size[0],
          " x ", labels.grid.size[1], " x ", labels.grid.size[2], " voxels (the image has ",
          grid.size[0], " x ", grid.size[1], " x ", grid.size[2],
          "). Write the mask on the image's grid");
  io::require_same_grid(grid, labels.grid);
  Mask mask(grid);
  for (std::size_t v = 0; v < labels.index.size(); ++v)
    mask.values()[v] = labels.labels[labels.index[v]].value != 0;
  return mask;
}

std::vector<double> numbers_of(const Table& table, const char* column) {
  const std::size_t at = table.column(column);
  std::vector<double> numbers;
  for (const auto& row : table.rows) {
    const double* number = std::get_if<double>(&row[at]);
    require(number && std::isfinite(*number), Error::Kind::data, "row ", numbers.size() + 1,
            " of its output has no number as ", column, ". Write finite numbers");
    numbers.push_back(*number);
  }
  return numbers;
}

Table read_table(const io::Path& file) {
  constexpr std::uint64_t most_bytes = 16 * io::mebibyte;
  return io::parse_csv(io::read_text(file, most_bytes), "its output");
}

std::vector<readers::Point> read_points(const io::Path& file) {
  const Table table = read_table(file);
  const auto x = numbers_of(table, "x_mm"), y = numbers_of(table, "y_mm"),
             z = numbers_of(table, "z_mm"), score = numbers_of(table, "score");
  std::vector<readers::Point> points;
  for (std::size_t r = 0; r < score.size(); ++r) points.push_back({{x[r], y[r], z[r]}, score[r]});
  return points;
}

/// Names of lesions may look like numbers.
std::string text_of(const Table::Cell& cell) {
  const double* number = std::get_if<double>(&cell);
  return number ? to_text(*number) : std::get<std::string>(cell);
}

/// Without names of lesions there is one row, about the image.
void require_one_row(const Table& table) {
  require(table.rows.size() == 1, Error::Kind::data, "its output has ", table.rows.size(),
          " rows and no column lesion. Write one row for the image, or one for each lesion of "
          "{boxes} with its name in the column lesion");
}

void read_ratings(const io::Path& file, readers::Reading& reading) {
  const Table table = read_table(file);
  const auto has = [&](const char* name) {
    return std::ranges::find(table.columns, name) != table.columns.end();
  };
  if (!has("lesion")) require_one_row(table);
  reading.probabilities = has("probability");
  const std::vector<double> scores =
      numbers_of(table, reading.probabilities ? "probability" : "score");
  for (std::size_t r = 0; r < scores.size(); ++r) {
    constexpr double most = 1e300;
    require(
        reading.probabilities ? scores[r] >= 0.0 && scores[r] <= 1.0 : std::abs(scores[r]) <= most,
        Error::Kind::data, "row ", r + 1, " of its output has ", to_text(scores[r]),
        reading.probabilities
            ? " as probability. Write numbers from 0 to 1, or name the column score"
            : " as score. Write numbers of less than 1e300");
    reading.ratings.push_back(
        {has("lesion") ? text_of(table.rows[r][table.column("lesion")]) : "", scores[r]});
  }
}

void read_embeddings(const io::Path& file, readers::Reading& reading) {
  const Table table = read_table(file);
  const auto lesion = std::ranges::find(table.columns, "lesion");
  if (lesion == table.columns.end()) require_one_row(table);
  std::vector<std::vector<double>> columns;
  for (const std::string& name : table.columns) {
    require(std::ranges::count(table.columns, name) == 1, Error::Kind::data, "its output has '",
            name, "' as the name of two columns. Give each feature a name of its own");
    if (name == "lesion") continue;
    reading.features.push_back(name);
    columns.push_back(numbers_of(table, name.c_str()));
  }
  require(!columns.empty(), Error::Kind::data,
          "its output has no column of a feature. Write one column a feature, with its name");
  for (std::size_t r = 0; r < table.rows.size(); ++r) {
    readers::Embedding& one = reading.embeddings.emplace_back();
    if (lesion != table.columns.end())
      one.lesion = text_of(table.rows[r][std::size_t(lesion - table.columns.begin())]);
    for (const auto& column : columns) one.values.push_back(column[r]);
  }
}

/// What a program says why it failed, in a last line `error: why`; empty: nothing.
std::string reason_in(const io::Path& log) {
  constexpr std::uint64_t most_bytes = io::mebibyte;
  constexpr std::size_t most_characters = 600;
  constexpr std::string_view mark = "error: ";
  if (std::filesystem::file_size(log) > most_bytes) return {};
  std::string text = io::read_text(log);
  while (text.ends_with('\n')) text.pop_back();
  const std::string last = text.substr(text.rfind('\n') + 1);  // all of it if there is no other
  if (!last.starts_with(mark)) return {};
  return ": " + shortened(clean_utf8(last.substr(mark.size())), most_characters);
}

/// Removes a directory at the end, whatever happens.
struct Removed {
  io::Path path;
  ~Removed() {
    std::error_code ignored;
    std::filesystem::remove_all(path, ignored);
  }
};

}  // namespace

readers::Command resolved(const readers::Command& command) {
  readers::Command out = with_runtime(command);
  for (std::string& argument : out.arguments)
    if (names_a_file(argument)) argument = std::filesystem::absolute(argument).string();
  return out;
}

Digest digest_of(const readers::Command& command) {
  const io::Path program = io::find_program(command.arguments.front());
  require(!program.empty(), Error::Kind::io, "there is no program '", command.arguments.front(),
          "'. Give its path, or install it");
  Sha256 sum;
  for (const std::string& argument : command.arguments) {
    sum.add(argument);
    if (&argument == &command.arguments.front())
      sum.add(sha256(io::read_file(program)).hex());
    else if (names_a_file(argument))
      sum.add(sha256(io::read_file(argument)).hex());
  }
  return sum.finish();
}

std::string boxes_csv(std::span<const readers::LesionBox> lesions) {
  Table table;
  table.columns = {"lesion", "i_first", "i_last", "j_first", "j_last", "k_first", "k_last"};
  for (const readers::LesionBox& one : lesions) {
    std::vector<Table::Cell> row{one.lesion};
    for (std::size_t a = 0; a < 3; ++a)
      row.insert(row.end(), {double(one.box.first[a]), double(one.box.last[a])});
    table.add(std::move(row));
  }
  return table.to_csv();
}

readers::Reading CommandHost::run(const readers::Command& command,
                                  const readers::Request& request) {
  const Removed removed{scratch_};
  std::filesystem::remove_all(scratch_);
  // The inputs lie outside of the directory in which the program may write.
  const io::Path home = scratch_ / "run", image = scratch_ / "image.nii.gz",
                 boxes = scratch_ / "boxes.csv";
  io::make_directories(home);
  io::write_file(image, image_);
  io::write_file(boxes, boxes_csv(request.lesions));
  const bool masks = command.task == "segmentation";
  const io::Path output =
      std::filesystem::absolute(home / (masks ? "output.nii.gz" : "output.csv"));
  io::ProcessOrder order{command.arguments, home, log_, command.timeout,
                         std::uint64_t(command.memory * double(io::gibibyte))};
  for (std::string& argument : order.arguments) {
    replace(argument, "{image}", std::filesystem::absolute(image).string());
    replace(argument, "{boxes}", std::filesystem::absolute(boxes).string());
    replace(argument, "{output}", output.string());
  }
  end_ = io::run_process(order);
  require(end_->how == io::ProcessEnd::How::exited && end_->code == 0, Error::Kind::data,
          to_string(*end_), reason_in(log_));
  // A link could lead anywhere.
  const auto status = std::filesystem::symlink_status(output);
  require(std::filesystem::exists(status), Error::Kind::data,
          "it wrote no output (exit code 0). {output} is where it must be");
  require(std::filesystem::is_regular_file(status), Error::Kind::data,
          "its output is no regular file (links are not followed). Write the file itself");
  readers::Reading reading;
  try {
    if (masks)
      reading.mask = read_found(output, request.image.grid());
    else if (command.task == "detection")
      reading.points = read_points(output);
    else if (command.task == "classification")
      read_ratings(output, reading);
    else
      read_embeddings(output, reading);
  } catch (const Error& error) {
    // Tables name no directory of this run.
    std::string message = error.what();
    replace(message, output.string(), "{output}");
    throw Error(error.kind(), message);
  }
  return reading;
}

Consent::Consent(const std::string& file, bool yes) : file_(file), yes_(yes) {
  if (!file_.empty()) return;
  const char* config = std::getenv("XDG_CONFIG_HOME");
  const char* home = std::getenv("HOME");
  if (config && *config)
    file_ = io::Path(config) / "vitrine" / "consent";
  else if (home && *home)
    file_ = io::Path(home) / ".config" / "vitrine" / "consent";
}

void Consent::require_for(const std::string& model, const readers::Command& command,
                          const Digest& digest) {
  std::string agreed;
  if (!file_.empty() && std::filesystem::exists(file_)) agreed = io::read_text(file_);
  if (yes_ || agreed.starts_with(digest.hex()) ||
      agreed.find('\n' + digest.hex()) != std::string::npos)
    return;
  std::string shown;
  for (const std::string& argument : command.arguments) shown += " " + to_json(Value(argument));
  if (::isatty(STDIN_FILENO) != 0) {
    std::fprintf(stderr,
                 "The model '%s' runs a program:\n %s\n(SHA-256 of it and its files %s)\n"
                 "Run it on every image? [y/N] ",
                 model.c_str(), shown.c_str(), digest.hex().c_str());
    std::string answer;
    std::getline(std::cin, answer);
    if (answer == "y" || answer == "Y" || answer == "yes") {
      if (!file_.empty()) {
        io::make_directories(file_.parent_path());
        io::write_file(file_, str(agreed, digest.hex(), ' ', model, '\n'));
      }
      return;
    }
  }
  throw Error(Error::Kind::input, str("nobody agreed that the model '", model, "' may run", shown,
                                      ". Give --yes, or put the line '", digest.hex(), ' ', model,
                                      "' into a file and name it by --consent"));
}

}  // namespace vitrine::cli
