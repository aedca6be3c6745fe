#pragma once
#include <string>

#include "vitrine/io/dicom.hpp"
#include "vitrine/trial/plan.hpp"
#include "vitrine/trial/sink.hpp"

namespace vitrine::cli {

/// The arm, and the replicate if it is not the arm's own scan.
std::string series_name(const trial::ImageContext& context);

/// DICOM's word (PS3.16, annex L) for what an anatomy shows.
std::string body_part_of(const Value& anatomy);

/// What the header of an image's DICOM series says: a study is a patient's visit to a scanner.
io::DicomSeries describe_series(const trial::Plan& plan, const trial::ImageContext& context);

}  // namespace vitrine::cli
