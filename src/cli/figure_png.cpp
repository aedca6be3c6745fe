#include "vitrine/cli/figure_png.hpp"

#include <algorithm>
#include <cstdlib>

#include "vitrine/cli/scratch.hpp"
#include "vitrine/core/value.hpp"
#include "vitrine/io/process.hpp"

namespace vitrine::cli {
namespace {

constexpr const char* renderer = "rsvg-convert";
constexpr std::string_view ending = ".svg";
// What `sans-serif` means depends on the machine.
constexpr std::string_view style = "svg { font-family: 'DejaVu Sans'; }\n";
// In the place of the machine's and the user's settings.
constexpr std::string_view fonts = R"(<?xml version="1.0"?>
<!DOCTYPE fontconfig SYSTEM "urn:fontconfig:fonts.dtd">
<fontconfig>
  <dir>/usr/share/fonts</dir>
  <dir>/usr/local/share/fonts</dir>
  <cachedir>/var/cache/fontconfig</cachedir>
  <cachedir>cache</cachedir>
  <match target="font"><edit name="hinting" mode="assign"><bool>false</bool></edit></match>
</fontconfig>
)";

/// Of the drawing, in its own units.
double height_of(const io::Bytes& svg) {
  const std::string_view text(reinterpret_cast<const char*>(svg.data()), svg.size());
  constexpr std::string_view attribute = " height=\"";
  const auto at = text.find(attribute);
  VITRINE_EXPECT(at != std::string_view::npos);
  return std::strtod(std::string(text.substr(at + attribute.size(), 16)).c_str(), nullptr);
}

io::Bytes drawn(const io::NamedBytes& figure, const io::Path& dir) {
  constexpr double pixels = 3.0, most_pixels = 32000.0;  // cairo's images end at 32,767
  const double zoom = std::min(pixels, most_pixels / height_of(figure.bytes));
  const io::Path svg = dir / "figure.svg", png = dir / "figure.png", log = dir / "log";
  io::write_file(svg, figure.bytes);
  const io::ProcessEnd end = io::run_process(
      {.arguments = {"env", "-i", str("FONTCONFIG_FILE=", (dir / "fonts.conf").string()),
                     io::find_program(renderer).string(), "--stylesheet",
                     (dir / "style.css").string(), "--zoom", to_text(zoom), "--output",
                     png.string(), svg.string()},
       .directory = dir,
       .log = log});
  require(end.how == io::ProcessEnd::How::exited && end.code == 0, Error::Kind::io, renderer,
          " could not draw '", figure.name, "' (", io::to_string(end), "): ", io::read_text(log),
          ". Leave --png away: the SVG file is there");
  return io::read_file(png);
}

}  // namespace

void require_svg_renderer() {
  require(!io::find_program(renderer).empty(), Error::Kind::input, "--png needs the program ",
          renderer,
          ", which is not there. Install it (Debian: apt install librsvg2-bin "
          "fonts-dejavu-core), or take the SVG files");
}

std::vector<io::NamedBytes> png_figures(std::span<const io::NamedBytes> files) {
  const Scratch scratch;
  io::write_file(scratch.path() / "style.css", style);
  io::write_file(scratch.path() / "fonts.conf", fonts);
  std::vector<io::NamedBytes> pictures;
  for (const io::NamedBytes& file : files)
    if (file.name.ends_with(ending))
      pictures.push_back({file.name.substr(0, file.name.size() - ending.size()) + ".png",
                          drawn(file, scratch.path())});
  return pictures;
}

}  // namespace vitrine::cli
