#include "vitrine/cli/picture_file.hpp"

#include "vitrine/io/png.hpp"

namespace vitrine::cli {

io::Bytes png(const report::Bitmap& picture) {
  return io::encode_png(picture.width, picture.height,
                        picture.channels == 1 ? io::Pixels::gray : io::Pixels::rgb, picture.pixels);
}

}  // namespace vitrine::cli
