// Feeds a fuzz target with damaged copies of its seeds.
//   fuzz_x --inputs N | --seconds S [--from I]     inputs I, I+1, ... (default: 0)
//   fuzz_x FILE...                                 these files
// Input I is a function of I alone, so a finding is repeated by --from I --inputs 1; it is left in
// the file crash-x too.
#include <fcntl.h>
#include <signal.h>
#include <sys/resource.h>
#include <unistd.h>

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <iterator>

#include "fuzz.hpp"
#include "vitrine/core/random.hpp"

using namespace vitrine;

// Of the address sanitizer, where there is one.
extern "C" void __sanitizer_set_death_callback(void (*)()) __attribute__((weak));

namespace {

std::string current;
std::int64_t number = 0;

/// Allocates nothing: the heap may be what is broken.
void keep_input() {
  const int file = ::open("crash-input", O_WRONLY | O_CREAT | O_TRUNC, 0644);
  if (file < 0 || ::write(file, current.data(), current.size()) < 0) return;
  char note[64];
  const int n = std::snprintf(note, sizeof note, "input %lld is in crash-input\n",
                              static_cast<long long>(number));
  static_cast<void>(::write(STDERR_FILENO, note, std::size_t(n)) == 0);
}

extern "C" void on_signal(int which) {
  keep_input();
  ::signal(which, SIG_DFL);
  ::raise(which);
}

std::size_t below(Rng& rng, std::size_t n) {
  return n == 0 ? 0 : std::min(n - 1, std::size_t(rng.uniform() * double(n)));
}

/// Numbers at which sizes and offsets go wrong.
std::uint64_t awkward(Rng& rng) {
  const std::uint64_t bit = std::uint64_t{1} << below(rng, 64);
  switch (below(rng, 5)) {
    case 0:
      return 0;
    case 1:
      return bit;
    case 2:
      return bit - 1;
    case 3:
      return ~bit + 1;
    default:
      return below(rng, 1000);
  }
}

/// One small damage.
void damage(std::string& bytes, const std::vector<std::string>& seeds, Rng& rng) {
  const std::size_t at = below(rng, bytes.size() + 1);
  const std::size_t length = std::min(std::size_t{1} << below(rng, 9), bytes.size() - at);
  switch (below(rng, 9)) {
    case 0:
      if (at < bytes.size()) bytes[at] = char(bytes[at] ^ (1 << below(rng, 8)));
      break;
    case 1:
      if (at < bytes.size()) bytes[at] = char(awkward(rng));
      break;
    case 2:
      bytes.erase(at, length);
      break;
    case 3:
      bytes.insert(at, bytes.substr(at, length));
      break;
    case 4:
      bytes.resize(at);
      break;
    case 5: {  // a number of 2, 4 or 8 bytes in either order
      std::uint64_t value = awkward(rng);
      const std::size_t width = std::size_t{2} << below(rng, 3);
      const bool big = below(rng, 2) == 1;
      for (std::size_t i = 0; i < width; ++i)
        if (const std::size_t place = at + (big ? width - 1 - i : i); place < bytes.size())
          bytes[place] = char(value >> (8 * i));
      break;
    }
    case 6: {  // a part of another seed
      const std::string& other = seeds[below(rng, seeds.size())];
      const std::size_t from = below(rng, other.size());
      bytes.replace(at, length, other.substr(from, std::size_t{1} << below(rng, 9)));
      break;
    }
    case 7: {  // the next number in text
      const std::size_t digit = bytes.find_first_of("0123456789", at);
      if (digit == std::string::npos) break;
      const std::size_t end = std::min(bytes.find_first_not_of("0123456789.", digit), bytes.size());
      static constexpr const char* texts[] = {
          "0", "-1", "1e999", "nan", "inf", "65536", "99999999999999999999", "1e-320", ".", "0x10"};
      bytes.replace(digit, end - digit, texts[below(rng, std::size(texts))]);
      break;
    }
    default: {  // lines or bytes change places
      const std::size_t other = below(rng, bytes.size());
      for (std::size_t i = 0; i < length && other + i < bytes.size(); ++i)
        std::swap(bytes[at + i], bytes[other + i]);
    }
  }
}

std::string content(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

int run(const std::string& input) {
  current = input;
  // A copy without room behind it, so that a sanitizer sees who reads on.
  const std::vector<std::uint8_t> exact(input.begin(), input.end());
  return LLVMFuzzerTestOneInput(exact.data(), exact.size());
}

}  // namespace

int main(int argc, char** argv) {
  std::int64_t inputs = 0, from = 0;
  double seconds = 0;
  std::vector<std::string> files;
  for (int i = 1; i < argc; ++i) {
    const auto is = [&](const char* name) {
      return i + 1 < argc && std::strcmp(argv[i], name) == 0;
    };
    if (is("--inputs"))
      inputs = std::atoll(argv[++i]);
    else if (is("--seconds"))
      seconds = std::atof(argv[++i]);
    else if (is("--from"))
      from = std::atoll(argv[++i]);
    else
      files.emplace_back(argv[i]);
  }
  for (const int which : {SIGABRT, SIGSEGV, SIGFPE, SIGBUS}) ::signal(which, on_signal);
  // No small file needs more; the address sanitizer reserves terabytes.
  constexpr rlim_t enough = rlim_t{4} << 30;
  const rlimit limit{enough, enough};
  if (!__sanitizer_set_death_callback) ::setrlimit(RLIMIT_AS, &limit);
  if (__sanitizer_set_death_callback) __sanitizer_set_death_callback(keep_input);

  for (const std::string& file : files)
    std::printf("%s: %s\n", file.c_str(), run(content(file)) == 0 ? "taken" : "refused");
  if (!files.empty()) return 0;

  const std::vector<std::string> seeds = fuzz::seeds();
  for (const std::string& seed : seeds)
    if (run(seed) != 0) {
      std::fprintf(stderr, "seed %zd is refused\n", &seed - seeds.data());
      return 1;
    }
  const auto start = std::chrono::steady_clock::now();
  std::int64_t count = 0, accepted = 0;
  for (; count < inputs || seconds > 0; ++count) {
    if (seconds > 0 &&
        std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count() > seconds)
      break;
    number = from + count;
    Rng rng(make_stream(1, "fuzz", Draw::test), std::uint64_t(number));
    std::string bytes = seeds[below(rng, seeds.size())];
    for (std::size_t n = 1 + below(rng, 6); n > 0; --n) damage(bytes, seeds, rng);
    accepted += run(bytes) == 0;
  }
  std::printf("%lld inputs, %lld taken, the rest refused\n", static_cast<long long>(count),
              static_cast<long long>(accepted));
  // A target that takes or refuses all tests nothing.
  const bool tells = count < 100 || (accepted > 0 && accepted < count);
  if (!tells) std::fprintf(stderr, "the target does not tell good from bad\n");
  return tells ? 0 : 1;
}
