#pragma once
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace vitrine::evaluation {

/// One lesion at one visit, as RECIST measures it.
struct LesionSize {
  std::string id, organ;
  bool node = false;           ///< a lymph node: measured by its short axis
  double longest_axial = 0.0;  ///< mm, in the axial plane; 0: not there
  double short_axis = 0.0;     ///< mm, perpendicular to it
  bool present() const { return longest_axial > 0.0; }
  double size() const { return node ? short_axis : longest_axial; }  ///< what the sum adds up
};

/// All lesions of a patient at one visit; the first visit is the baseline.
struct Assessment {
  double day = 0.0;
  bool missed = false;
  std::vector<LesionSize> lesions;
};

/// Complete and partial response, stable and progressive disease; neither complete response nor
/// progression where nothing was measurable at baseline; not evaluable.
enum class Response { complete, partial, stable, progressive, non_complete, not_evaluable };
std::string_view abbreviation(Response response);  ///< CR, PR, SD, PD, NN, NE

/// Response at one visit.
struct VisitResponse {
  double day = 0.0;
  double sum = 0.0;    ///< of the targets' sizes, mm
  double nadir = 0.0;  ///< smallest sum at the visits before, baseline included, mm
  bool new_lesion = false;
  Response target = Response::stable;
  Response overall = Response::stable;
  std::string immune;  ///< iRECIST: iCR, iPR, iSD, iUPD, iCPD, iNN, iNE
};

/// What RECIST 1.1 (Eisenhauer et al., Eur J Cancer 45 (2009) 228) and iRECIST (Seymour et al.,
/// Lancet Oncol 18 (2017) e143) make of exact sizes.
///
/// Targets are the largest measurable lesions of the baseline (10 mm; nodes 15 mm in short axis),
/// at most 5, at most 2 in an organ. Progression: 20 % and 5 mm over the nadir, a new lesion, or
/// the same growth of the sum of all other lesions. Partial response: 30 % below the baseline. The
/// baseline's own entry is stable. Throws Error (data) if the baseline is missing or missed, or
/// days do not grow.
std::vector<VisitResponse> recist(std::span<const Assessment> visits);

/// Which lesions of a baseline are targets: their positions.
std::vector<std::size_t> target_lesions(const Assessment& baseline);

}  // namespace vitrine::evaluation
