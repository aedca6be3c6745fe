#pragma once
#include <filesystem>
#include <span>
#include <string>
#include <vector>

#include "vitrine/model/resources.hpp"
#include "vitrine/trial/sink.hpp"

namespace vitrine::cli {

/// The files that a scenario names, relative to the scenario's folder, and what was read of them.
class ScenarioFiles : public Resources {
 public:
  explicit ScenarioFiles(std::filesystem::path folder) : folder_(std::move(folder)) {}

  LabelImage labels(const LocatedText& file) override;
  Image image(const LocatedText& file) override;
  Value document(const LocatedText& file) override;
  std::vector<float> numbers(const LocatedText& document, const std::string& name, Number type,
                             std::uint64_t count) override;

  /// Every file that was read, in order.
  const std::vector<trial::FileRecord>& read() const { return read_; }

 private:
  std::filesystem::path find(const std::string& name, const Location& where) const;
  void remember(const std::filesystem::path& path);
  void remember(const std::filesystem::path& path, std::span<const std::byte> bytes);

  std::filesystem::path folder_;
  std::vector<trial::FileRecord> read_;
};

}  // namespace vitrine::cli
