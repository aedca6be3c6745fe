#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>
#include <filesystem>
#include <memory>

#include "vitrine/cli/exit_code.hpp"
#include "vitrine/cli/passport_page.hpp"
#include "vitrine/cli/qa_commands.hpp"
#include "vitrine/cli/read_yaml.hpp"
#include "vitrine/cli/version.hpp"
#include "vitrine/io/file.hpp"

namespace vitrine::cli {
namespace {

struct Options {
  std::string scanner, quality = "full", page, json;
};

void show(const trial::PassportRow& row) {
  const auto number = [](std::optional<double> x) {
    std::array<char, 32> text{};
    if (x) std::snprintf(text.data(), text.size(), "%.4g", *x);
    return std::string(x ? text.data() : "");
  };
  std::printf("  %-22s %-14s %10s %-5s %9s %9s  %s\n", row.measure.c_str(), row.target.c_str(),
              number(row.value).c_str(), row.unit.c_str(), number(row.low).c_str(),
              number(row.high).c_str(), verdict(row).c_str());
}

int answer(const Options& options) {
  Value written;
  const auto scanner = read_yaml<Scanner>(options.scanner, &written);
  const auto quality =
      options.quality == "draft" ? trial::PassportQuality::draft : trial::PassportQuality::full;
  const PassportPage page{scanner, without_provenance(scanner, written),
                          trial::make_passport(scanner, quality, chosen_isa()), options.quality};
  std::printf("%s: passport, %s quality\n  %-22s %-14s %10s %-5s %9s %9s\n", scanner.name.c_str(),
              options.quality.c_str(), "measure", "of", "value", "unit", "lowest", "highest");
  for (const trial::PassportRow& row : page.passport.rows) show(row);
  if (scanner.profile) {
    for (const std::string& key : page.without_source)
      std::printf("note: nothing says where %s comes from (profile.provenance)\n", key.c_str());
  } else {
    std::printf("note: this scanner has no profile: nothing says where its numbers come from\n");
  }
  if (!options.page.empty()) write_page(page, options.page);
  if (!options.json.empty()) io::write_file(options.json, to_json(page));
  return page.passport.passed() ? ok : check_failed;
}

}  // namespace

void add_qa_scanner(CLI::App& qa, int& code) {
  auto options = std::make_shared<Options>();
  auto* scanner = qa.add_option("--scanner", options->scanner,
                                "make the passport of a scanner's file (YAML): CT numbers, MTF, "
                                "noise, slices and CTDI, compared with its profile");
  qa.add_option("--quality", options->quality, "of a passport: draft takes seconds")
      ->check(CLI::IsMember({"draft", "full"}))
      ->capture_default_str()
      ->needs(scanner);
  qa.add_option("--page", options->page, "write the passport as Markdown, its figures beside it")
      ->needs(scanner);
  qa.add_option("--json", options->json, "write all of it to this file")->needs(scanner);
  qa.callback([&qa, &code, options] {
    const bool measures = !qa.get_subcommands().empty();
    require(measures != !options->scanner.empty(), Error::Kind::input,
            measures ? "--scanner makes a passport (a measure of an image is asked for too). Leave "
                       "out one of them."
                     : "there is nothing to measure. Give --scanner FILE, or a measure with an "
                       "image: `vitrine qa mtf IMAGE`.");
    if (!measures) code = answer(*options);
  });
}

}  // namespace vitrine::cli
