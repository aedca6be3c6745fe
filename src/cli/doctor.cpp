#include <unistd.h>

#include <chrono>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <memory>

#include "vitrine/cli/commands.hpp"
#include "vitrine/cli/exit_code.hpp"
#include "vitrine/cli/self_test.hpp"
#include "vitrine/cli/style.hpp"
#include "vitrine/cli/version.hpp"
#include "vitrine/core/parallel.hpp"
#include "vitrine/core/value.hpp"
#include "vitrine/io/file.hpp"
#include "vitrine/io/memory.hpp"
#include "vitrine/io/run_lock.hpp"

namespace vitrine::cli {
namespace {

enum class Verdict { good, mind, bad };

struct Finding {
  Verdict verdict;
  std::string what, text;
};

Finding processor() {
  const Isa best = best_isa(), chosen = chosen_isa();
  if (best == Isa::portable)
    return {Verdict::mind, "processor",
            "has no AVX2 and FMA: the level is portable, several times slower"};
  if (chosen != best)
    return {Verdict::mind, "processor",
            str("runs level ", to_string(best), ", but VITRINE_ISA asks for ", to_string(chosen))};
  return {Verdict::good, "processor", str("level ", to_string(best))};
}

Finding threads() {
  const int cores = int(::sysconf(_SC_NPROCESSORS_ONLN));
  const std::string text = str(thread_count(), " on ", cores, " processors");
  if (thread_count() == cores) return {Verdict::good, "threads", text};
  return {Verdict::mind, "threads",
          text + " (OMP_NUM_THREADS sets them; results do not depend on it)"};
}

Finding memory() {
  // What scenario 01 takes, rounded up.
  constexpr double usual_need = 2e9;
  const auto there = double(io::available_memory());
  const std::string text = str(std::floor(there / 1e8) / 10.0, " GB free");
  if (there >= usual_need) return {Verdict::good, "memory", text};
  return {Verdict::mind, "memory", text + ". `vitrine plan` says what a trial needs"};
}

/// Writes, locks and removes a file where results would go.
Finding disk(const io::Path& dir) {
  const io::Path trial = dir / str("vitrine-doctor-", ::getpid());
  try {
    io::make_directories(trial);
    const auto start = std::chrono::steady_clock::now();
    {
      const io::RunLock lock(trial);
      const io::Bytes bytes(std::size_t{4} * io::mebibyte, std::byte{1});
      io::write_file(trial / "probe", bytes);
      require(io::read_file(trial / "probe") == bytes, Error::Kind::io, "'", trial.string(),
              "' gives back other bytes than were written. Do not use this disk.");
    }
    const double seconds =
        std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
    std::filesystem::remove_all(trial);
    return {Verdict::good, "disk",
            str(io::free_space(dir) / 1'000'000'000, " GB free in '", dir.string(),
                "'; 4 MB are written, synchronised and read in ", std::round(seconds * 1e4) / 10.0,
                " ms")};
  } catch (const Error& error) {
    std::error_code ignored;
    std::filesystem::remove_all(trial, ignored);
    return {Verdict::bad, "disk", error.what()};
  }
}

Finding results() {
  // What docs/formats/manifest.md promises between levels.
  constexpr double allowed_hu = 0.05;
  const Isa isa = chosen_isa();
  const SelfTest mine = self_test(isa);
  std::string text = str("digest ", mine.digest.hex().substr(0, 16), " at level ", to_string(isa));
  if (self_test(isa).digest != mine.digest)
    return {Verdict::bad, "self test",
            "the same small trial gave other bits the second time. The machine's memory or "
            "processor may be faulty."};
  if (best_isa() == Isa::portable) return {Verdict::good, "self test", text};
  const SelfTest other = self_test(isa == Isa::v3 ? Isa::portable : Isa::v3);
  double worst = 0.0;
  for (std::size_t i = 0; i < mine.hu.size(); ++i)
    worst = std::max(worst, std::abs(double(mine.hu[i]) - double(other.hu[i])));
  text += str("; levels differ by ", to_text(std::round(worst * 1e4) / 1e4), " HU at most");
  return {worst <= allowed_hu ? Verdict::good : Verdict::bad, "self test", text};
}

int doctor(const io::Path& dir, bool json) {
  const std::vector<Finding> findings{processor(), threads(), memory(), disk(dir), results()};
  bool healthy = true;
  Value::List list;
  if (!json) std::printf("%s\n", version_text().c_str());
  for (const Finding& finding : findings) {
    const char* verdict = finding.verdict == Verdict::good   ? "ok"
                          : finding.verdict == Verdict::mind ? "note"
                                                             : "BAD";
    healthy = healthy && finding.verdict != Verdict::bad;
    list.push_back(Value()
                       .set("what", Value(finding.what))
                       .set("verdict", Value(verdict))
                       .set("text", Value(finding.text)));
    if (json) continue;
    const Tone tone = finding.verdict == Verdict::good   ? Tone::good
                      : finding.verdict == Verdict::mind ? Tone::warning
                                                         : Tone::bad;
    const std::string padding(5 - std::string_view(verdict).size(), ' ');
    std::printf("%s%s%-11s%s\n", toned(tone, verdict, STDOUT_FILENO).c_str(), padding.c_str(),
                finding.what.c_str(), finding.text.c_str());
  }
  if (json) std::printf("%s\n", to_json(Value(std::move(list)), 2).c_str());
  return healthy ? ok : check_failed;
}

}  // namespace

void add_doctor(CLI::App& app, int& code) {
  struct Options {
    std::string dir = ".";
    bool json = false;
  };
  auto* command = app.add_subcommand(
      "doctor", "Check this machine: processor, memory, disk, and a small trial");
  auto options = std::make_shared<Options>();
  command->add_option("dir", options->dir, "where results would be written")->capture_default_str();
  command->add_flag("--json", options->json, "machine-readable");
  command->footer(
      "\nThe digest of the self test is the same on every machine with this version and level.");
  command->callback([options, &code] { code = doctor(options->dir, options->json); });
}

}  // namespace vitrine::cli
