#pragma once
#include "vitrine/radiomics/preprocessing/preprocessing.hpp"

namespace vitrine::radiomics {

/// The steps of each source, added to the catalogue.
void add_resample(Catalogue<PreprocessingStep>& steps);
void add_gaussian(Catalogue<PreprocessingStep>& steps);
void add_anisotropic_diffusion(Catalogue<PreprocessingStep>& steps);
void add_wavelet_denoising(Catalogue<PreprocessingStep>& steps);
void add_normalisation(Catalogue<PreprocessingStep>& steps);

}  // namespace vitrine::radiomics
