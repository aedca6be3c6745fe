#include "vitrine/cli/kept_rays.hpp"

#include <cmath>
#include <cstdio>
#include <cstdlib>

#include "vitrine/core/hash.hpp"

namespace vitrine::cli {
namespace {

io::BlockShape shape_of(const trial::RaysShape& rays) {
  return {rays.views, rays.values, rays.cells};
}

class Reading final : public trial::KeptRays {
 public:
  explicit Reading(std::unique_ptr<io::BlockCache::Reader> file) : file_(std::move(file)) {}
  Index next(Buffer<float>& block) override { return Index(file_->next(block)); }

 private:
  std::unique_ptr<io::BlockCache::Reader> file_;
};

}  // namespace

class KeptRaysOnDisk::Writing final : public trial::RaysToKeep {
 public:
  Writing(KeptRaysOnDisk& store, std::unique_ptr<io::BlockCache::Writer> file)
      : store_(store), file_(std::move(file)) {}
  void views(Index count, std::span<const std::span<const float>> parts) override {
    attempt([&] { file_->steps(count, parts); });
  }
  void finish() override {
    attempt([&] { file_->finish(); });
    file_.reset();
  }

 private:
  template <class Work>
  void attempt(const Work& work) {
    if (!file_) return;
    try {
      work();
    } catch (const Error& error) {
      file_.reset();
      store_.give_up(error);
    }
  }

  KeptRaysOnDisk& store_;
  std::unique_ptr<io::BlockCache::Writer> file_;
};

KeptRaysOnDisk::KeptRaysOnDisk(const io::Path& dir, std::uint64_t limit)
    : cache_(dir, limit),
      dir_(dir),
      limit_(limit),
      program_(sha256(io::read_file("/proc/self/exe")).hex()) {}

std::string KeptRaysOnDisk::of_this_program(const std::string& key) const {
  return Sha256().add(program_).add(key).finish().hex();
}

void KeptRaysOnDisk::give_up(const Error& error) {
  if (keeps_) std::fprintf(stderr, "vitrine: no more rays are kept: %s\n", explain(error).c_str());
  keeps_ = false;
}

std::unique_ptr<trial::KeptRays> KeptRaysOnDisk::load(const std::string& key,
                                                      const trial::RaysShape& shape) {
  try {
    auto file = cache_.read(of_this_program(key), shape_of(shape));
    return file ? std::make_unique<Reading>(std::move(file)) : nullptr;
  } catch (const Error&) {
    return nullptr;  // traced, then
  }
}

std::unique_ptr<trial::RaysToKeep> KeptRaysOnDisk::keep(const std::string& key,
                                                        const trial::RaysShape& shape) {
  if (!keeps_) return nullptr;
  try {
    auto file = cache_.write(of_this_program(key), shape_of(shape));
    if (file) return std::make_unique<Writing>(*this, std::move(file));
    if (!told_of_size_)
      std::fprintf(stderr,
                   "vitrine: the rays of a scan are not kept: they take %.1f MB (--cache-limit is "
                   "%.1f MB)\n",
                   double(shape_of(shape).bytes()) / 1e6, double(limit_) / 1e6);
    told_of_size_ = true;
  } catch (const Error& error) {
    give_up(error);
  } catch (const std::filesystem::filesystem_error& error) {
    give_up(Error(Error::Kind::io, error.what()));
  }
  return nullptr;
}

void KeptRaysOnDisk::discard(const std::string& key) {
  std::fprintf(stderr,
               "vitrine: a damaged file in '%s' is thrown away; its rays are traced again\n",
               dir_.c_str());
  cache_.remove(of_this_program(key));
}

std::uint64_t bytes_of(const std::string& text) {
  char* end = nullptr;
  const double number = std::strtod(text.c_str(), &end);
  std::string unit(end);
  std::erase(unit, ' ');
  const double factor = unit.empty() || unit == "B" ? 1.0
                        : unit == "kB"              ? 1e3
                        : unit == "MB"              ? 1e6
                        : unit == "GB"              ? 1e9
                        : unit == "TB"              ? 1e12
                                                    : 0.0;
  require(end != text.c_str() && factor > 0.0 && number >= 0.0 && number * factor < 1e18,
          Error::Kind::input, "'", text,
          "' is no size (a number with kB, MB, GB or TB is). Write --cache-limit 2GB.");
  return std::uint64_t(std::llround(number * factor));
}

}  // namespace vitrine::cli
