#include <itkImage.h>  // fires
