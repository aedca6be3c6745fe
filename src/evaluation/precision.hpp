#pragma once
#include <optional>

#include "vitrine/model/volume.hpp"

/// How wide an interval a study of a given size can be expected to have, and how many patients a
/// question takes: what can be said before anything is measured.
namespace vitrine::evaluation {

/// An interval lies inside the limits with this probability if the study has the patients that
/// `patients_for_equivalence` says.
inline constexpr double planned_power = 0.8;

/// No study is planned with more patients than these.
inline constexpr Index most_patients = 100'000;

/// Half-width of the interval of a mean over patients: t(n - 1) sd / sqrt(n), in the unit of `sd`,
/// the standard deviation between patients' means. Two patients at least.
double mean_half_width(double sd, Index patients, double confidence = 0.95);

/// By what the variance of a mean over lesions grows because `per_patient` lesions (1 or more, on
/// average) share a patient and are correlated: 1 + (m - 1) rho (Kish 1965).
double design_effect(double per_patient, double correlation);

/// Half-width of the interval of an intraclass correlation of `raters` ratings of each of
/// `subjects` independent subjects, from Fisher's large-sample variance (Bonett 2002). Two raters
/// and more than one subject at least; no wider than the range of the coefficient, 1 to -1/(k-1).
double icc_half_width(double icc, double subjects, Index raters, double confidence = 0.95);

/// Probability that the interval of a mean over patients lies inside (-limit, limit), that is that
/// two one-sided tests at (1 - confidence) / 2 each reject (Schuirmann 1987), if the true mean is
/// `bias` and patients' means are normal with standard deviation `sd`: the exact power, integrated
/// over the distribution of the standard deviation that will be observed (Owen 1965).
double equivalence_power(double bias, double sd, double limit, Index patients,
                         double confidence = 0.95);

/// Fewest patients with `planned_power` to find the interval inside (-limit, limit), and two more
/// since the bootstrap's interval is wider than the one that power is computed for. None if the
/// bias is not inside, or `most_patients` are not enough.
std::optional<Index> patients_for_equivalence(double bias, double sd, double limit,
                                              double confidence = 0.95);

/// Fewest patients with `planned_power` to find a bias that exceeds the limit by `excess` > 0
/// entirely outside it, and two more. None if `most_patients` are not enough.
std::optional<Index> patients_for_difference(double excess, double sd, double confidence = 0.95);

}  // namespace vitrine::evaluation
