#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <vector>

#include <CLI/CLI.hpp>

#include "item.hpp"
#include "machine.hpp"
#include "vitrine/core/value.hpp"

namespace {

using namespace vitrine;

struct Timing {
  double median = 0.0, fastest = 0.0;
};

Timing time(const std::function<void()>& work, int repeats, bool warm_up) {
  std::vector<double> seconds;
  if (warm_up) work();  // first touch of memory
  for (int i = 0; i < repeats; ++i) {
    const auto start = std::chrono::steady_clock::now();
    work();
    seconds.push_back(
        std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count());
  }
  std::sort(seconds.begin(), seconds.end());
  return {seconds[seconds.size() / 2], seconds.front()};
}

std::vector<bench::Item> all_items() {
  std::vector<bench::Item> all;
  for (const auto& family :
       {bench::projection_items, bench::voxel_items, bench::reconstruction_items,
        bench::slice_items, bench::carlo_items, bench::chest_items, bench::again_items,
        bench::iterative_items, bench::effect_items, bench::feature_items, bench::statistics_items,
        bench::trial_items, bench::export_items})
    for (auto& item : family()) all.push_back(std::move(item));
  return all;
}

}  // namespace

int main(int argc, char** argv) {
  CLI::App app("Times the work items of docs/developers/performance.md on this machine.",
               "vitrine-bench");
  std::vector<std::string> names;
  int repeats = 5;
  int threads = 0;
  bool json = false;
  app.add_option("item", names, "items to run (default: all)");
  app.add_option("--threads", threads, "threads (default: all cores)");
  app.add_option("--repeat", repeats, "timed runs per item")->check(CLI::Range(1, 1000));
  app.add_flag("--json", json, "machine-readable");
  CLI11_PARSE(app, argc, argv);
  if (threads > 0 && !std::getenv("OMP_NUM_THREADS")) {
    setenv("OMP_NUM_THREADS", std::to_string(threads).c_str(), 1);
    execv("/proc/self/exe", argv);  // OpenMP reads the variable once, at start
  }
  const auto items = all_items();
  for (const std::string& name : names)
    if (std::none_of(items.begin(), items.end(),
                     [&](const auto& item) { return item.name == name; })) {
      std::fprintf(stderr, "vitrine-bench: there is no item '%s'\n", name.c_str());
      return 2;
    }
  const Isa isa = best_isa();
  const bench::Machine machine = bench::measure_machine();
  if (!json)
    std::printf(
        "%d threads, level %s: %.0f GFLOP/s (f32 multiply-add), %.1f GB/s (triad)\n\n%-8s %10s "
        "%10s %14s %16s  work\n",
        machine.threads, std::string(to_string(isa)).c_str(), machine.gflops, machine.triad, "item",
        "median s", "fastest s", "1e9 units/s", "per 100 GFLOP/s");
  Value::List rows;
  for (const bench::Item& item : items) {
    if (!names.empty() && std::find(names.begin(), names.end(), item.name) == names.end()) continue;
    const Timing t = time(item.prepare(isa), repeats, !item.whole);
    const double rate = item.work / t.median;
    const double relative = rate * 100.0 / machine.gflops;
    if (json) {
      rows.push_back(Value()
                         .set("item", Value(item.name))
                         .set("what", Value(item.what))
                         .set("median_s", Value(t.median))
                         .set("fastest_s", Value(t.fastest))
                         .set("unit", Value(item.unit))
                         .set("rate_per_s", Value(rate))
                         .set("rate_per_100_gflops", Value(relative)));
      if (item.parts)
        for (const auto& [name, value] : *item.parts) rows.back().set(name, Value(value));
    } else {
      std::printf("%-8s %10.4f %10.4f %14.4f %16.4f  %s (%s)\n", item.name.c_str(), t.median,
                  t.fastest, rate * 1e-9, relative * 1e-9, item.what.c_str(), item.unit.c_str());
      if (item.parts)
        for (const auto& [name, value] : *item.parts)
          std::printf("%-8s %10.4f  %s\n", "", value, name.c_str());
      std::fflush(stdout);
    }
  }
  if (json)
    std::printf("%s\n", to_json(Value()
                                    .set("threads", Value(double(machine.threads)))
                                    .set("isa", Value(std::string(to_string(isa))))
                                    .set("gflops", Value(machine.gflops))
                                    .set("triad_gb_s", Value(machine.triad))
                                    .set("items", Value(std::move(rows))),
                                2)
                            .c_str());
  return 0;
}
