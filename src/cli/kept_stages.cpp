#include "vitrine/cli/kept_stages.hpp"

#include <cmath>
#include <cstdio>
#include <cstdlib>

#include "vitrine/core/hash.hpp"

namespace vitrine::cli {
namespace {

io::BlockShape shape_of(const trial::KeptShape& shape) {
  return {shape.steps, shape.values, shape.cells};
}

class Reading final : public trial::KeptArray {
 public:
  explicit Reading(std::unique_ptr<io::BlockCache::Reader> file) : file_(std::move(file)) {}
  Index next(Buffer<float>& block) override { return Index(file_->next(block)); }

 private:
  std::unique_ptr<io::BlockCache::Reader> file_;
};

}  // namespace

class KeptStages::Writing final : public trial::ArrayToKeep {
 public:
  Writing(KeptStages& store, std::unique_ptr<io::BlockCache::Writer> file)
      : store_(store), file_(std::move(file)) {}
  void steps(Index count, std::span<const std::span<const float>> parts) override {
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

  KeptStages& store_;
  std::unique_ptr<io::BlockCache::Writer> file_;
};

KeptStages::KeptStages(const io::Path& dir, std::uint64_t limit, bool lines_fit)
    : cache_(dir, limit),
      dir_(dir),
      limit_(limit),
      lines_fit_(lines_fit),
      program_(sha256(io::read_file("/proc/self/exe")).hex()) {}

std::string KeptStages::of_this_program(const std::string& key) const {
  return Sha256().add(program_).add(key).finish().hex();
}

void KeptStages::give_up(const Error& error) {
  if (keeps_) std::fprintf(stderr, "vitrine: nothing more is kept: %s\n", explain(error).c_str());
  keeps_ = false;
}

std::unique_ptr<trial::KeptArray> KeptStages::load(const std::string& key,
                                                   const trial::KeptShape& shape) {
  try {
    auto file = cache_.read(of_this_program(key), shape_of(shape));
    return file ? std::make_unique<Reading>(std::move(file)) : nullptr;
  } catch (const Error&) {
    return nullptr;  // made, then
  }
}

Floats KeptStages::map(const std::string& key, const trial::KeptShape& shape) {
  try {
    const auto file = cache_.read(of_this_program(key), shape_of(shape));
    if (!file) return {};
    Floats all = file->map();
    if (!all) discard(key);
    return all;
  } catch (const Error&) {
    return {};  // made, then
  }
}

std::unique_ptr<trial::ArrayToKeep> KeptStages::keep(const std::string& key,
                                                     const trial::KeptShape& shape) {
  if (!keeps_) return nullptr;
  try {
    auto file = cache_.write(of_this_program(key), shape_of(shape));
    if (file) return std::make_unique<Writing>(*this, std::move(file));
    if (!told_of_size_)
      std::fprintf(
          stderr,
          "vitrine: %.1f MB of rays, lines or an image are not kept (--cache-limit is %.1f "
          "MB). Give a larger one.\n",
          double(shape_of(shape).bytes()) / 1e6, double(limit_) / 1e6);
    told_of_size_ = true;
  } catch (const Error& error) {
    give_up(error);
  } catch (const std::filesystem::filesystem_error& error) {
    give_up(Error(Error::Kind::io, error.what()));
  }
  return nullptr;
}

void KeptStages::discard(const std::string& key) {
  std::fprintf(stderr,
               "vitrine: a damaged file in '%s' is thrown away; what it held is made again\n",
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
