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
/// Part of the images: one arm's stack at a time in NiiVue, where the build has it; and its
/// scripts, at the end of the page.
void write_volume(Html& html, const Stacks& stacks);
void write_volume_scripts(Html& html, const Page& page);
void write_quality(Html& html, const Page& page);
void write_stability(Html& html, const Page& page);
void write_sites(Html& html, const Page& page);
void write_strata(Html& html, const Page& page);
void write_robustness(Html& html, const Page& page);
void write_closing(Html& html, const Page& page);

void write_factors(Html& html, const Page& page);
void write_variances(Html& html, const Page& page);
void write_preprocessing(Html& html, const Page& page);
void write_harmonisation(Html& html, const Page& page);
void write_signal(Html& html, const Page& page);
void write_checklists(Html& html, const Page& page);

/// The place of a feature among Page::stability; throws Error (data) if it is not there.
std::size_t feature_index(const Page& page, std::string_view id);
/// <tr> and the heading of a row about the feature in that place, with a link to its own page;
/// filters find the row by its place.
void open_feature_row(Html& html, const evaluation::Feature& feature, std::size_t place,
                      std::string_view remark = {});

/// The opening of a section with its heading: <section id="..."><h2>...</h2>.
void open_section(Html& html, std::string_view id, std::string_view heading);

}  // namespace vitrine::report
