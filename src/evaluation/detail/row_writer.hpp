#pragma once
#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "vitrine/core/table.hpp"
#include "vitrine/evaluation/bias.hpp"
#include "vitrine/evaluation/estimate.hpp"

namespace vitrine::evaluation::detail {

/// Builds one row cell by cell; on the first row it also writes the header.
class RowWriter {
 public:
  explicit RowWriter(Table& table) : table_(table), header_(table.columns.empty()) {}

  void cell(const std::string& name, Table::Cell value) {
    if (header_) table_.columns.push_back(name);
    cells_.push_back(std::move(value));
  }
  void number(const std::string& name, const Estimate& estimate) {
    cell(name, estimate.value);
    note(name, estimate);
  }
  void interval(const std::string& name, const Estimate& estimate) {
    number(name, estimate);
    cell(name + "_low", estimate.low);
    cell(name + "_high", estimate.high);
  }
  void test(const std::string& name, double value, const std::string& reason) {
    cell(name, value);
    if (!reason.empty()) note(name, Estimate::withheld(reason));
  }
  void bias(const std::string& name, const Bias& bias) {
    interval(name, bias.difference);
    interval(name + "_relative", bias.relative);
  }
  void note(const std::string& name, const Estimate& estimate) {
    if (estimate.reason.empty()) return;
    // Statistics that are withheld for one reason share one note.
    const auto same = std::find_if(notes_.begin(), notes_.end(),
                                   [&](const auto& n) { return n.reason == estimate.reason; });
    if (same == notes_.end())
      notes_.push_back({name, estimate.reason});
    else
      same->names += ", " + name;
  }
  void finish(std::string remark = {}) {
    for (const auto& [names, reason] : notes_)
      remark += (remark.empty() ? "" : "; ") + names + ": " + reason;
    cell("notes", remark);
    table_.add(std::move(cells_));
  }

 private:
  struct Note {
    std::string names, reason;
  };
  Table& table_;
  bool header_;
  std::vector<Table::Cell> cells_;
  std::vector<Note> notes_;
};

}  // namespace vitrine::evaluation::detail
