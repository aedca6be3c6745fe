#pragma once
#include <algorithm>
#include <catch2/catch.hpp>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "vitrine/trial/stage_store.hpp"
#include "vitrine/trial/stages.hpp"

namespace vitrine::test {

/// Keeps what stages made in memory.
class StagesInMemory final : public trial::StageStore {
 public:
  struct Block {
    Index count = 0;
    std::vector<float> values;
  };
  std::map<std::string, std::vector<Block>> all;
  std::map<std::string, trial::KeptShape> shapes;
  int discarded = 0;
  bool lines = false;

  bool keeps_lines() const override { return lines; }
  double bytes() const {
    double sum = 0.0;
    for (const auto& [key, blocks] : all)
      for (const Block& block : blocks) sum += double(block.values.size()) * sizeof(float);
    return sum;
  }

  std::unique_ptr<trial::KeptArray> load(const std::string& key, const trial::KeptShape&) override {
    class Reading final : public trial::KeptArray {
     public:
      explicit Reading(const std::vector<Block>& blocks) : blocks_(blocks) {}
      Index next(Buffer<float>& block) override {
        if (at_ == blocks_.size()) return 0;
        const Block& its = blocks_[at_++];
        block = Buffer<float>(its.values.size());
        std::ranges::copy(its.values, block.data());
        return its.count;
      }

     private:
      const std::vector<Block>& blocks_;
      std::size_t at_ = 0;
    };
    const auto found = all.find(key);
    return found == all.end() ? nullptr : std::make_unique<Reading>(found->second);
  }
  Floats map(const std::string& key, const trial::KeptShape& shape) override {
    const std::unique_ptr<trial::KeptArray> array = load(key, shape);
    Buffer<float> block;
    if (!array) return {};
    if (array->next(block) != shape.steps) {
      discard(key);
      return {};
    }
    Floats copy(new float[block.size()], [](float* values) { delete[] values; });
    std::ranges::copy(block.span(), copy.get());
    return copy;
  }
  std::unique_ptr<trial::ArrayToKeep> keep(const std::string& key,
                                           const trial::KeptShape& shape) override {
    class Writing final : public trial::ArrayToKeep {
     public:
      Writing(std::vector<Block>& into, const trial::KeptShape& shape)
          : into_(into), shape_(shape) {}
      void steps(Index count, std::span<const std::span<const float>> parts) override {
        Block block{count, {}};
        for (const auto& part : parts)
          block.values.insert(block.values.end(), part.begin(), part.end());
        CHECK(std::ssize(block.values) == count * shape_.cells * shape_.values);
        blocks_.push_back(std::move(block));
      }
      void finish() override { into_ = std::move(blocks_); }

     private:
      std::vector<Block>& into_;
      trial::KeptShape shape_;
      std::vector<Block> blocks_;
    };
    shapes[key] = shape;
    return std::make_unique<Writing>(all[key], shape);
  }
  void discard(const std::string& key) override {
    all.erase(key);
    ++discarded;
  }
};

/// Each key is made or loaded once.
inline void check_once(const trial::StageCounts& counts) {
  for (std::size_t i = 0; i < counts.of.size(); ++i) {
    INFO(trial::stage_names[i]);
    CHECK(counts.of[i].made + counts.of[i].loaded == counts.of[i].different);
    CHECK(counts.of[i].wanted > 0);
  }
}

}  // namespace vitrine::test
