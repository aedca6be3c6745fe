#pragma once
#include "vitrine/report/answer.hpp"
#include "vitrine/report/detail/html.hpp"
#include "vitrine/report/page.hpp"

namespace vitrine::report {

/// The sections of the page, in its order. Each writes nothing where it has nothing to say.
void write_answer(Html& html, const Page& page, const Answer& answer);
/// What the answer says about the context of use, where it was judged: in words, and its features.
void write_verdict(Html& html, const Page& page, const Answer& answer);
void write_judged_features(Html& html, const Page& page, const Answer& answer);
void write_design(Html& html, const Page& page);
void write_images(Html& html, const Page& page);
void write_quality(Html& html, const Page& page);
void write_stability(Html& html, const Page& page);
void write_sites(Html& html, const Page& page);
void write_strata(Html& html, const Page& page);
void write_robustness(Html& html, const Page& page);
void write_closing(Html& html, const Page& page);

/// The rows that the charts draw, as JSON.
std::string chart_data(const Page& page);

/// The opening of a section with its heading: <section id="..."><h2>...</h2>.
void open_section(Html& html, std::string_view id, std::string_view heading);

}  // namespace vitrine::report
