#pragma once
#include "vitrine/model/scanner.hpp"
#include "vitrine/physics/spectrum.hpp"

namespace vitrine::physics {

/// What a scanner's tube sends through its flat filters, before the bowtie.
///
/// The tube model's spectrum; where the scanner states its output, times what makes the air kerma
/// at the isocentre the stated one. That factor is a power of the voltage between stated voltages,
/// and constant beyond them. What the machine's output deviates by comes on top.
Spectrum incident_spectrum(const Scanner& scanner, double kv);

/// Air kerma at the isocentre on the central ray, free in air behind filters and bowtie, mGy/mAs,
/// of a beam `incident` on the bowtie.
double kerma_at_isocentre(const Scanner& scanner, const Spectrum& incident);

}  // namespace vitrine::physics
