#pragma once
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "item.hpp"
#include "vitrine/io/file.hpp"
#include "vitrine/trial/sink.hpp"

namespace vitrine::bench {

/// Takes everything and keeps the cases that the engine makes of it, or nothing.
class Nowhere final : public trial::Sink, public trial::Store, public trial::Progress {
 public:
  /// `cases`: where finished cases go; null: nowhere.
  explicit Nowhere(std::vector<trial::CaseResult>* cases = nullptr) : cases_(cases) {}
  std::vector<trial::FileRecord> image(const trial::ImageContext&, const Image&) override {
    return {};
  }
  std::vector<trial::FileRecord> mask(const trial::ImageContext&, const std::string&,
                                      const Mask&) override {
    return {};
  }
  std::vector<trial::FileRecord> finish_case(const std::string&) override { return {}; }
  std::optional<trial::CaseResult> load(const std::string&) override { return {}; }
  void save(const trial::CaseResult& result) override {
    if (cases_) cases_->push_back(result);
  }
  void step(double, double, const std::string&) override {}
  void case_failed(const std::string&, const Error& error) override { throw error; }

 private:
  std::vector<trial::CaseResult>* cases_;
};

/// A directory for temporary files, gone with this.
class Scratch {
 public:
  /// `what` it is for is part of its name.
  explicit Scratch(const std::string& what);
  Scratch(const Scratch&) = delete;
  Scratch& operator=(const Scratch&) = delete;
  ~Scratch();
  const io::Path& path() const { return dir_; }

 private:
  io::Path dir_;
};

/// A run of `work` on so many units: their rate, the processor time in seconds, and how much of the
/// threads' time that is.
void timed(Parts& parts, double units, const std::function<void()>& work);

/// `vitrine report` of a finished trial of so many patients of bench/scenarios/report.yaml.
Item stored_report(const char* name, int patients);

}  // namespace vitrine::bench
