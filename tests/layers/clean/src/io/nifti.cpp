#include <itkImage.h>
#include <libdeflate.h>
#include <unistd.h>

#include "vitrine/trial/sink.hpp"
