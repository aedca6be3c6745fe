#include "vitrine/phantoms/anatomy.hpp"

#include "vitrine/phantoms/anatomy/abdomen.hpp"
#include "vitrine/phantoms/anatomy/head.hpp"
#include "vitrine/phantoms/anatomy/thorax.hpp"

namespace vitrine::phantoms {

const Catalogue<Anatomy>& anatomies() {
  static const auto all = Catalogue<Anatomy>("anatomy", "Bodies with sampled parameters")
                              .add<Thorax>()
                              .add<Abdomen>()
                              .add<Head>();
  return all;
}

const Catalogue<Anatomy>& catalogue_for(const Anatomy*) { return anatomies(); }

}  // namespace vitrine::phantoms
