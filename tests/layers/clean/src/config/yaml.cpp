#include <yaml-cpp/yaml.h>

#include <fstream>
