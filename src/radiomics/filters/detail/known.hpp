#pragma once
#include "vitrine/radiomics/filters/filter.hpp"

/// One line a filter: it adds itself to the catalogue.
///
/// A new filter is a source file that defines one of these and a line in filter.cpp.
namespace vitrine::radiomics {

void add_mean(Catalogue<ImageFilter>& filters);
void add_laplacian_of_gaussian(Catalogue<ImageFilter>& filters);
void add_laws(Catalogue<ImageFilter>& filters);
void add_gabor(Catalogue<ImageFilter>& filters);
void add_wavelet(Catalogue<ImageFilter>& filters);
void add_simoncelli(Catalogue<ImageFilter>& filters);

}  // namespace vitrine::radiomics
