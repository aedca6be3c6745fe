#include <yaml-cpp/yaml.h>  // fires
