#include <thread>  // fires
