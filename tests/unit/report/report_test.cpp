#include <unistd.h>

#include <algorithm>
#include <catch2/catch.hpp>
#include <cmath>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <regex>
#include <sstream>

#include "vitrine/core/error.hpp"
#include "vitrine/report/answer.hpp"
#include "vitrine/report/detail/assets.hpp"
#include "vitrine/report/detail/html.hpp"
#include "vitrine/report/figures.hpp"
#include "vitrine/report/page.hpp"
#include "vitrine/report/page_figures.hpp"

using namespace vitrine;
using namespace vitrine::report;

namespace {

/// One black pixel.
const std::string pixel =
    "data:image/"
    "png;base64,iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAAAAAA6fptVAAAACklEQVR4nGNgAAAAAgABSK+"
    "kcQAAAABJRU5E"
    "rkJggg==";

evaluation::StabilityRow row(const std::string& id, double icc, double low, double high) {
  evaluation::StabilityRow r;
  r.feature = {id, id.substr(0, id.find('.')), "Q4LE", "HU"};
  r.icc = {icc, low, high, ""};
  r.bias.total.relative = {0.02, 0.01, 0.05, ""};
  r.arm_bias.resize(2);
  r.arm_bias[1].reference.relative = {-0.2, -0.3, -0.1, ""};
  r.lesions = 12;
  return r;
}

/// Texts that would do harm unescaped, in every place that takes text.
Page made_up_page() {
  const std::string evil = "<script>alert(\"1\")</script> & 'x' --> </style>";
  Page page;
  page.title = "lung " + evil;
  page.question = page.decision = page.population = evil;
  page.unfinished = evil;
  page.asked = {{"patients " + evil, "6 " + evil}};
  page.scenario = "{\"x\": \"" + evil + "\"}";
  page.arms.columns = {"arm", "CTDIvol [mGy]", evil};
  page.arms.rows = {{"soft", 6.1, evil}, {"sharp", 6.1, "y"}};
  page.lesions.columns = {"lesion", "volume [mm3]"};
  page.lesions.rows = {{"case001/lesion01", 523.6}};
  page.windows = {"lung", "mediastinum " + evil};
  page.sheets = {
      {"Slices", evil, {{"soft " + evil, evil, {pixel, pixel}}, {"sharp", "", {pixel}}}}};
  page.arm_names = {"soft", evil};
  page.stability = {row("statistics.mean", 0.97, 0.93, 0.99), row("glcm.</script>", 0.4, 0.1, 0.45),
                    row("glcm.contrast", 0.85, 0.76, 0.9)};
  page.stability.push_back(row("morphology.volume", 1.0, 1.0, 1.0));
  page.stability.back().same_in_all_arms = true;
  page.stability.push_back(row("glcm.lost", NAN, NAN, NAN));
  page.stability.back().icc = evaluation::Estimate::withheld(evil);
  for (auto& one : page.stability) {
    one.arm_bias[0].total.relative = one.arm_bias[1].total.relative = {0.02, 0.01, 0.05, ""};
    for (auto& arm : one.arm_bias)
      arm.total.patients = 6, arm.total.lesions = 12, arm.total.relative_error = 0.03;
  }
  page.stability[1].arm_bias[1].total.relative = {0.2, 0.15, 0.3, ""};     // glcm.</script>
  page.stability[2].arm_bias[1].total.relative = {0.05, -0.02, 0.12, ""};  // glcm.contrast
  page.stability[4].arm_bias[0].total.relative = evaluation::Estimate::withheld(evil);
  page.verdicts = evaluation::judge(page.stability, page.arm_names, page.tolerance);
  page.masks.columns = {"perturbation", "Dice"};
  page.masks.rows = {{"grown " + evil, 0.95}};
  for (const std::string& arm : {std::string("soft"), evil})
    for (const char* id : {"statistics.mean", "glcm.lost"}) {
      evaluation::RobustnessRow robust;
      robust.feature = {id, "x", "Q4LE", "HU"};
      robust.arm = arm;
      robust.icc = arm == "soft" ? evaluation::Estimate{0.8125, 0.7, 0.9, ""}
                                 : evaluation::Estimate::withheld(evil);
      page.robustness.push_back(robust);
    }
  page.factors = {{"kernel " + evil, {"soft", evil}}};
  page.measured = {{evil}, 2, {5, {1.0, 2.0}}, {5, {1.5}}};
  for (const auto& one : page.stability)
    page.variances.push_back(
        {one.feature.id,
         {{"patient", evaluation::Effect::random, 6, {4.0, NAN, NAN, ""}, {0.75, 0.5, 0.9, ""}},
          {evil, evaluation::Effect::fixed, 2, {1.0, NAN, NAN, ""}, {0.25, NAN, NAN, ""}}},
         {0.75, 0.5, 0.9, ""},
         {evil},
         12,
         0});
  page.harmonised = {{evil, evil, "t0", "", {}}, {evil, evil, "t1", evil, {}}};
  page.harmonised[0].features.resize(1);
  page.harmonised[0].features[0].feature = "statistics.mean";
  page.harmonised[0].features[0].left_alone = evil;
  page.harmonised.push_back({"smooth " + evil, "", "t0", "", page.harmonised[0].features});
  page.preprocessed = {{"smooth " + evil, evil, {}}};
  page.preprocessed[0].features.resize(2);
  for (auto& feature : page.preprocessed[0].features) {
    feature.feature = page.stability[0].feature;
    feature.unit_after = evil;
    feature.before.icc = {0.8, 0.7, 0.9, ""};
    feature.after.icc = {0.9, 0.8, 0.95, ""};
    feature.error.ratio = {0.5, 0.4, 0.6, ""};
    feature.object_error.ratio = {1.5, 1.2, 1.8, ""};
  }
  page.preprocessed[0].features[1].object_error.ratio = evaluation::Estimate::withheld(evil);
  evaluation::SignalLadder& ladder = page.signal.emplace();
  ladder.rungs.resize(2);
  ladder.rungs[0].name = ladder.rungs[0].against = evil;
  ladder.rungs[0].area = {0.812, 0.711, 0.913, ""};
  ladder.rungs[1].name = "sites";
  ladder.rungs[1].area = evaluation::Estimate::withheld(evil);
  page.checklists = {{evil, evil, {{"1", evil, ReportingItem::Filled::by_author, evil}}}};
  page.stacks = {evil, 2, 96.0, 2.5, {{evil, evil, pixel}}};
  page.failures.columns = {"case", "why"};
  page.failures.rows = {{"case004", evil}};
  page.limits = {evil};
  page.provenance = {{"fingerprint", evil}};
  page.files.columns = {"name", "sha256"};
  page.files.rows = {{"a.csv", evil}};
  return page;
}

std::size_t count(const std::string& text, const std::string& part) {
  std::size_t n = 0;
  for (auto at = text.find(part); at != std::string::npos; at = text.find(part, at + 1)) ++n;
  return n;
}

/// The page without the contents of its scripts and styles, where "<" is no markup.
std::string markup(const std::string& html) {
  std::string out;
  std::size_t at = 0;
  while (at < html.size()) {
    const auto script = html.find("<script", at), style = html.find("<style", at);
    const auto open = std::min(script, style);
    if (open == std::string::npos) break;
    const auto inside = html.find('>', open) + 1;
    out += html.substr(at, inside - at);
    at = html.find(open == script ? "</script>" : "</style>", inside);
  }
  return out + html.substr(at);
}

}  // namespace

TEST_CASE("every text is escaped wherever it stands") {
  const std::string html = render(made_up_page());
  const std::string body = markup(html);
  CHECK(html.find("<script>alert") == std::string::npos);
  CHECK(body.find("</style> ") == std::string::npos);
  CHECK(count(body, "&lt;script&gt;alert(&quot;1&quot;)&lt;/script&gt; &amp; &#39;x&#39;") >= 14);
  // These scripts and no more: data, features, chart library, page; the viewer of volumes and ours
  // of it.
  const std::size_t scripts = assets::volume_library().empty() ? 4 : 6;
  CHECK(count(html, "<script") == scripts);
  CHECK(count(html, "</script>") == scripts);
}

TEST_CASE("the page loads nothing from anywhere") {
  const std::string html = render(made_up_page());
  CHECK(html.find("default-src 'none'") != std::string::npos);
  const std::string body = markup(html);
  for (const char* forbidden :
       {"http://", "https://", "<iframe", "<object", "<embed", "src=\"/", "src=\"."})
    CHECK(body.find(forbidden) == std::string::npos);
  CHECK(count(body, " src=\"") == count(body, " src=\"data:image/"));
  for (const char* forbidden :
       {"@import", "url(", "XMLHttpRequest", "fetch(", "sendBeacon", "WebSocket"})
    CHECK(html.find(forbidden) == std::string::npos);
  Page page = made_up_page();
  page.sheets[0].panels[0].images[0] = "https://example.org/a.png";
  CHECK_THROWS_AS(render(page), Error);
}

TEST_CASE("every element that opens closes in order") {
  const std::string body = markup(render(made_up_page()));
  std::vector<std::string> open;
  const std::regex tag("<(/?)([a-z0-9]+)[^>]*?(/?)>");
  for (auto it = std::sregex_iterator(body.begin(), body.end(), tag); it != std::sregex_iterator();
       ++it) {
    const std::string name = (*it)[2];
    if (name == "meta" || name == "link" || name == "img" || name == "input" || name == "wbr" ||
        (*it)[3] == "/")
      continue;
    if ((*it)[1] != "/") {
      open.push_back(name);
      continue;
    }
    CAPTURE(name);
    REQUIRE(!open.empty());
    REQUIRE(open.back() == name);
    open.pop_back();
  }
  CHECK(open.empty());
}

TEST_CASE("the same page gives the same bytes") {
  CHECK(render(made_up_page()) == render(made_up_page()));
}

TEST_CASE("the chart library, the chart and its data are inside") {
  const std::string html = render(made_up_page());
  CHECK(html.find("Chart.js v3") != std::string::npos);
  CHECK(html.find("id=\"icc-chart\"") != std::string::npos);
  CHECK(html.find(
            "{\"id\":\"statistics.mean\",\"family\":\"statistics\",\"icc\":0.97,\"low\":0.93") !=
        std::string::npos);
  CHECK(html.find("\"icc\":null") != std::string::npos);
}

TEST_CASE("a page about nothing is still a page") {
  const std::string html = render(Page{});
  CHECK(html.find("No feature was measured") != std::string::npos);
  CHECK(html.find("Chart.js") == std::string::npos);
  CHECK(html.find("</html>") != std::string::npos);
}

TEST_CASE("perturbed masks have a section of their own, a column for each arm") {
  const std::string html = render(made_up_page());
  const auto section = html.find("id=\"robustness\"");
  REQUIRE(section != std::string::npos);
  const std::string shown = html.substr(section, html.find("</section>", section) - section);
  CHECK(count(shown, "0.812") + count(shown, "0.813") >= 2);  // of two features in one arm
  CHECK(count(shown, ">withheld<") == 2);                     // and in the other
  CHECK(count(shown, "<tr>") == 1 + 1 + 1 + 2);               // two headers, a mask, two features
  CHECK(render(Page{}).find("Perturbed masks") == std::string::npos);
}

TEST_CASE("preprocessing has a section of its own, with a row for each and counts of intervals") {
  Page page = made_up_page();
  const std::string html = render(page);
  CHECK(html.find("<section id=\"preprocessing\">") != std::string::npos);
  CHECK(html.find("href=\"#preprocessing\"") != std::string::npos);
  CHECK(html.find("2 / 0 of 2") != std::string::npos);  // ICC higher, and nearer to its own truth
  CHECK(html.find("0 / 1 of 1") != std::string::npos);  // farther from the object
  CHECK(html.find("Preprocessing smooth") != std::string::npos);  // beside ComBat
  page.preprocessed.clear();
  CHECK(render(page).find("id=\"preprocessing\"") == std::string::npos);
}

TEST_CASE("what refused a harmonisation is said once for all truths and methods") {
  Page page = made_up_page();
  page.harmonised.clear();
  const std::string few = "batch x has too few lesions", other = "batches are confounded";
  for (const char* method : {"parametric", "mean_only", "nonparametric"})
    for (const char* truth : {"t0", "t1", "t2"})
      page.harmonised.push_back(
          {method, "site", truth, method == std::string("nonparametric") ? other : few, {}});
  const std::string html = markup(render(page));
  CHECK(count(html, few) == 1);
  CHECK(count(html, other) == 1);
  CHECK(count(html, "ComBat, parametric and mean_only, by site") == 1);
}

TEST_CASE("a known signal has a row for each rung, or says why there is none") {
  Page page = made_up_page();
  const std::string html = markup(render(page));
  CHECK(count(html, "id=\"signal\"") == 1);
  CHECK(count(html, "every patient at one of all sites") == 1);
  CHECK(count(html, "0.711 to 0.913") == 1);
  const auto drawn = [](const auto& file) { return file.name == "known_signal.svg"; };
  CHECK(std::ranges::count_if(figure_files(page), drawn) == 1);
  page.signal = {.refused = "too few patients: 2", .features = {}, .rungs = {}};
  CHECK(count(markup(render(page)), "too few patients: 2") == 1);
  CHECK(std::ranges::count_if(figure_files(page), drawn) == 0);
  page.signal.reset();
  CHECK(count(markup(render(page)), "Known signal") == 0);
}

TEST_CASE("values that are too many to draw are named in the page's data") {
  Page page = made_up_page();
  CHECK(render(page).find("\"leftOut\"") == std::string::npos);
  page.measured = {};
  page.measured.left_out = 4'800'000;
  CHECK(render(page).find(",\"leftOut\":4800000,") != std::string::npos);
}

TEST_CASE("a panel must have one image or one per window") {
  Page page = made_up_page();
  page.sheets[0].panels[0].images.push_back(pixel);
  CHECK_THROWS_WITH(render(page), Catch::Contains("has 3 images"));
}

TEST_CASE("the answer counts by where whole intervals lie") {
  const Page page = made_up_page();
  const Answer a = summarise(page.stability, page.verdicts);
  CHECK(a.features == 5);
  CHECK(a.excellent == 2);  // the feature that no arm moves counts, and is named apart
  CHECK(a.good == 3);
  CHECK(a.poor == 1);
  CHECK(a.unmoved == 1);
  CHECK(a.withheld == 1);
  REQUIRE(a.ranking.size() == 3);
  CHECK(a.ranking.front()->feature.id == "statistics.mean");
  CHECK(a.ranking.back()->feature.id == "glcm.</script>");
  REQUIRE(a.fit.size() == 2);
  CHECK(a.fit.front()->feature.id == "statistics.mean");
  REQUIRE(a.unfit.size() == 1);
  CHECK(a.unfit.front()->feature.id == "glcm.</script>");
  REQUIRE(a.undecided.size() == 1);
  CHECK(a.undecided.front()->overall.further_patients);
  REQUIRE(a.not_judged.size() == 1);
  CHECK(summarise(page.stability, {}).fit.empty());
}

TEST_CASE("the answer begins with the verdict on the context of use") {
  Page page = made_up_page();
  std::string html = render(page);
  const auto shown = [&](const std::string& part) { return html.find(part) != std::string::npos; };
  CHECK(shown("2 of 5 features are fit for the decision"));
  CHECK(
      shown("in each of the 2 arms the whole 95 % interval of the bias against the object (T0) "
            "lies within \u00b1 10 %"));
  CHECK(shown("1 is unfit, 1 is undecided, and 1 could not be judged."));
  CHECK(shown(str("about ", *page.verdicts[2].overall.further_patients, "</td>")));
  CHECK(shown("(same in every arm)"));
  CHECK(shown("Not the whole trial."));
  CHECK(html.find("fit for the decision") < html.find("Agreement between arms"));
  page.tolerance = {.bias = 0.02, .against = evaluation::Tolerance::Against::reference, .icc = 0.8};
  page.verdicts = evaluation::judge(page.stability, page.arm_names, page.tolerance);
  html = render(page);
  CHECK(
      shown("against the reference arm (T1) lies within \u00b1 2 % and that of ICC(A,1) at or "
            "above 0.8"));
  page.verdicts.clear();
  html = render(page);
  CHECK(shown("The acceptable bias is not judged"));
  CHECK_FALSE(shown("fit for the decision</strong>"));
}

TEST_CASE("numbers are shown with three significant digits") {
  CHECK(brief(0.0) == "0");
  CHECK(brief(9.996) == "10.0");
  CHECK(brief(-0.012345) == "\u22120.0123");
  CHECK(brief(123456.0) == "123456");
  CHECK(brief(1.5e-9) == "1.50\u00d710<sup>\u22129</sup>");
  CHECK(brief(NAN) == "\u2013");
  CHECK(percent(0.0523) == "5.2 %");
  CHECK(plain(80.0) == "80");
  CHECK(plain(6.1) == "6.1");
  CHECK(plain(1e9) == "1.000\u00d710<sup>9</sup>");
  CHECK(coefficient(0.98765) == "0.988");
  CHECK(coefficient(0.99999) == "&gt;\u202f0.999");
  CHECK(coefficient(1.0) == "1.000");
  CHECK(coefficient(1e300, 2) == "1.00\u00d710<sup>300</sup>");
  CHECK(coefficient(INFINITY) == "\u221e");
  CHECK(coefficient(-0.5, 2) == "\u22120.50");
}

TEST_CASE("a window maps its ends to black and white and its level to grey") {
  Grid grid;
  grid.size = {3, 1, 1};
  Image image(grid);
  image(0, 0, 0) = -160.0f;
  image(1, 0, 0) = 40.0f;
  image(2, 0, 0) = 900.0f;
  const Bitmap picture = draw(image, whole_slice(grid, 0), mediastinum_window());
  CHECK(picture.pixels == std::vector<std::uint8_t>{0, 128, 255});

  Image other(grid);
  other(0, 0, 0) = -160.0f;
  other(1, 0, 0) = -1000.0f;
  other(2, 0, 0) = 3000.0f;
  const Bitmap d = draw_difference(image, other, whole_slice(grid, 0), 100.0);
  CHECK(d.pixels[0] == 255);
  CHECK(d.pixels[3] > d.pixels[5]);  // above: orange
  CHECK(d.pixels[6] < d.pixels[8]);  // below: blue
  CHECK_THROWS_AS(draw(image, whole_slice(grid, 7), lung_window()), Error);
}

TEST_CASE("a square about a point is centred on it and magnified") {
  Grid grid;
  grid.size = {64, 64, 8};
  grid.spacing = Vec3(0.7, 0.7, 1.25);
  grid.origin = Vec3(-20, -20, 100);
  Image image(grid, -1000.0f);
  Mask mask(grid);
  image(30, 20, 5) = 3000.0f;
  mask(30, 20, 5) = 1;
  const Frame frame = square_about(grid, grid.centre(30, 20, 5), 7.0, 101);
  CHECK(frame.slice == 5);
  const Bitmap picture = draw(image, frame, lung_window());
  CHECK(picture.pixels[50 * 101 + 50] == 255);
  CHECK(picture.pixels[0] == 60);  // -1000 HU
  const Bitmap line = outlined(picture, mask, frame);
  CHECK(line.pixels[(50 * 101 + 50) * 3] == 255);
  CHECK(count({line.pixels.begin(), line.pixels.end()},
              std::string{char(255), char(196), char(0)}) > 30);
}

TEST_CASE("a contact sheet keeps its pictures in order") {
  const Bitmap a{2, 1, 1, {1, 2}}, b{2, 1, 1, {3, 4}}, c{2, 1, 1, {5, 6}};
  const Bitmap sheet = contact_sheet(std::vector<Bitmap>{a, b, c}, 2, 1);
  CHECK(sheet.width == 5);
  CHECK(sheet.height == 3);
  CHECK(sheet.pixels == std::vector<std::uint8_t>{1, 2, 0, 3, 4, 0, 0, 0, 0, 0, 5, 6, 0, 0, 0});
}

TEST_CASE("a browser runs the page's script without an error", "[full]") {
  if (std::system("command -v chromium >/dev/null 2>&1") != 0) {
    WARN("SKIPPED: chromium is not installed");
    return;
  }
  const auto folder =
      std::filesystem::temp_directory_path() / str("vitrine_report_test_", getpid());
  std::filesystem::remove_all(folder);  // a browser that was killed leaves its profile locked
  std::filesystem::create_directories(folder);
  const auto file = folder / "report.html", dom = folder / "dom.html", log = folder / "log.txt";
  std::ofstream(file) << render(made_up_page());
  const std::string command =
      str("timeout 120 chromium --headless=new --no-sandbox --disable-gpu --no-first-run "
          "--enable-logging=stderr --v=0",
          " --user-data-dir=", (folder / "profile").string(),
          " --virtual-time-budget=5000 --dump-dom file://", file.string(), " >", dom.string(),
          " 2>", log.string());
  REQUIRE(std::system(command.c_str()) == 0);
  const auto read = [](const std::filesystem::path& path) {
    std::ostringstream text;
    text << std::ifstream(path).rdbuf();
    return text.str();
  };
  const std::string drawn = read(dom), messages = read(log);
  INFO(messages);
  CHECK(messages.find("CONSOLE") == std::string::npos);
  CHECK(drawn.find("5 of 5 features") != std::string::npos);  // the script ran to its end
  std::filesystem::remove_all(folder);
}

TEST_CASE("a stack's codes are the levels nearest to the HU, slice below slice") {
  Grid grid;
  grid.size = {3, 2, 5};
  grid.spacing = {1.0, 1.0, 2.0};
  Image image(grid);
  // HU that differ from voxel to voxel, over the whole range and beyond both ends.
  for (Index k = 0; k < 5; ++k)
    for (Index j = 0; j < 2; ++j)
      for (Index i = 0; i < 3; ++i) image(i, j, k) = float(-1100 + 97 * (i + 3 * (j + 2 * k)));
  const auto levels = stack_levels();
  CHECK(std::is_sorted(levels.begin(), levels.end()));
  CHECK(levels.front() == -1024);
  CHECK(levels.back() == 1650);
  for (const Index middle : {Index{0}, Index{2}, Index{4}}) {
    const Bitmap stack = draw_stack(image, whole_slice(grid, middle), 3);
    REQUIRE(stack.height == 6);
    const Index first = std::clamp<Index>(middle - 1, 0, 2);
    for (Index k = 0; k < 3; ++k)
      for (Index j = 0; j < 2; ++j)
        for (Index i = 0; i < 3; ++i) {
          const double hu = std::clamp(double(image(i, j, first + k)), -1024.0, 1650.0);
          const int level = levels[stack.pixels[std::size_t(i + 3 * (j + 2 * k))]];
          // Half a step: 4 HU below -200 HU, 2 HU to 300 HU, 25 HU above.
          CHECK(std::abs(level - hu) <= (hu < -200 ? 4.0 : hu < 300 ? 2.0 : 25.0));
        }
  }
  CHECK(draw_stack(image, whole_slice(grid, 1), 9).height == 10);  // no more than there are
}

TEST_CASE("a factor's difference is that of its levels' means over balanced arms") {
  evaluation::StabilityRow one;
  one.arm_bias.resize(4);
  const evaluation::ArmFactor kernel{"kernel", {"soft", "sharp", "soft", "sharp"}};
  const evaluation::ArmFactor load{"tube_load_mas", {"80", "80", "20", "20"}};
  // bias = 0.3 if sharp + 0.05 if 20 mAs: each factor gives back its own.
  for (std::size_t a = 0; a < 4; ++a)
    one.arm_bias[a].reference.relative.value = 0.3 * double(a % 2) + 0.05 * double(a / 2);
  CHECK(level_difference(one, kernel) == Approx(0.3));
  CHECK(level_difference(one, load) == Approx(0.05));
  one.arm_bias[3].reference.relative.value = NAN;
  CHECK(std::isnan(level_difference(one, kernel)));
}

TEST_CASE("what was measured is the mean of an arm's own scans") {
  evaluation::Study study;
  study.features = {{"x", "x", "", "1"}};
  study.arms = {"a", "b"};
  study.lesions = {{"p1", "l1", 1.0}, {"p2", "l1", 1.0}};
  using evaluation::Source;
  study.samples = {{Source::object_truth, 1, evaluation::Sample::every_arm, {7.0}, {}},
                   {Source::scan, 1, 0, {1.0}, {}},
                   {Source::scan, 1, 0, {2.0}, {}},
                   {Source::reposition, 1, 0, {9.0}, {}},
                   {Source::scan, 0, 1, {4.0}, {}}};
  const Measured all = measured(study);
  CHECK(all.scans[0][1 * 2 + 0] == 1.5);
  CHECK(all.scans[0][0 * 2 + 1] == 4.0);
  CHECK(std::isnan(all.scans[0][0]));
  CHECK(all.truth[0][1] == 7.0);
  CHECK(std::isnan(all.truth[0][0]));
}

TEST_CASE("figure files are drawn of what the page shows, and escape it") {
  const auto files = figure_files(made_up_page());
  std::vector<std::string> names;
  for (const FigureFile& file : files) {
    names.push_back(file.name);
    CHECK(file.svg.starts_with("<svg xmlns="));
    CHECK(file.svg.find("<script>") == std::string::npos);
    CHECK(count(file.svg, "<text") == count(file.svg, "</text>"));
  }
  CHECK(names == std::vector<std::string>{"stability.svg", "arms.svg", "factors.svg",
                                          "variance.svg", "known_signal.svg"});
  // Four features have an ICC with its interval, one has none.
  CHECK(count(files[0].svg, "<circle") == 4);
  CHECK(count(files[0].svg, "withheld") == 1);
  CHECK(figure_files(Page{}).empty());
}
