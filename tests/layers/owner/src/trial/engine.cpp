#include <yaml-cpp/yaml.h>  // fires
#include <hdf5.h>  // fires
#include <dcmtk/dcmdata/dctk.h>  // fires
