#include "files.hpp"
#include "raw_scans.hpp"
#include "vitrine/io/h5_reader.hpp"
#include "vitrine/io/raw.hpp"

// HDF5 1.10 itself loses a few hundred bytes where it gives up on some damaged files.
extern "C" const char* __lsan_default_suppressions();
extern "C" const char* __lsan_default_suppressions() { return "leak:libhdf5_serial\n"; }

using namespace vitrine;

/// A raw file that is taken has as many values as it says.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const io::Path path = fuzz::scratch() / "scan.h5";
  io::write_file(path, std::as_bytes(std::span(data, size)));
  return fuzz::taken([&] {
    const io::RawReader reader(path);
    const RawScan& scan = reader.scan();
    fuzz::expect(reader.values().span().size() ==
                 std::size_t(scan.geometry.views()) * scan.values_per_view());
  });
}

std::vector<std::string> fuzz::seeds() {
  std::vector<std::string> seeds;
  const io::Path path = scratch() / "seed.h5";
  for (const RawScan& scan : {small_scan(), counted_scan()})
    for (const bool packed : {false, true}) {
      io::RawWriter writer(path, scan, packed);
      writer.views(
          std::vector<float>(std::size_t(scan.geometry.views()) * scan.values_per_view(), 2.0f));
      writer.finish();
      seeds.push_back(file_text(path));
      std::filesystem::remove(path);
    }
  return seeds;
}
