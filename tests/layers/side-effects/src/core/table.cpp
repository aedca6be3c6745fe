#include <fstream>  // fires
