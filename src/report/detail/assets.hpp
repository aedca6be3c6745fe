#pragma once
#include <string_view>

/// Files that the build puts into the library (src/report/CMakeLists.txt).
namespace vitrine::report::assets {

std::string_view style();           ///< assets/report.css
std::string_view script();          ///< assets/report.js
std::string_view chart_library();   ///< Chart.js, of the Debian package libjs-chart.js
std::string_view volume_script();   ///< assets/volume.js
std::string_view volume_library();  ///< NiiVue, gzip in base64; empty: the build had none

}  // namespace vitrine::report::assets
