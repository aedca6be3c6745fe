#pragma once
#include <catch2/catch.hpp>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "vitrine/trial/engine.hpp"

namespace vitrine::test {

/// Keeps the images of a trial by their arms, and what it says of its cases.
class KeptImages : public trial::Sink, public trial::Store, public trial::Progress {
 public:
  std::vector<trial::FileRecord> image(const trial::ImageContext& context,
                                       const Image& image) override {
    images.emplace(context.arm.name, image);
    return {};
  }
  std::vector<trial::FileRecord> mask(const trial::ImageContext&, const std::string&,
                                      const Mask&) override {
    return {};
  }
  std::vector<trial::FileRecord> finish_case(const std::string&) override { return {}; }
  std::optional<trial::CaseResult> load(const std::string&) override { return std::nullopt; }
  void save(const trial::CaseResult& result) override { cases.push_back(result); }
  void step(double, double, const std::string&) override {}
  void case_failed(const std::string&, const Error& error) override { FAIL(explain(error)); }

  std::map<std::string, Image> images;
  std::vector<trial::CaseResult> cases;
};

}  // namespace vitrine::test
