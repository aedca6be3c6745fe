#pragma once
#include "vitrine/cli/recon_orders.hpp"
#include "vitrine/io/dicom.hpp"

namespace vitrine::cli {

/// What DICOM files say of an image of a scan.
io::DicomSeries described(const ScanSource& source, const ReconOrder& order);

/// Prints what a scan says of itself.
void show(const ScanSource& source);

/// The same for programs (docs/users/commands.md).
Value as_json(const ScanSource& source);

}  // namespace vitrine::cli
