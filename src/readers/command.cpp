#include "vitrine/readers/command.hpp"

#include <algorithm>

namespace vitrine::readers {

const Schema<Command>& Command::schema() {
  static const auto s =
      Schema<Command>("command", "A program of yours, run once an image in a directory of its own")
          .required(
              "arguments", &Command::arguments,
              "the program and its arguments, handed over as they are (no shell): `{image}` "
              "becomes the image's file (NIfTI), `{output}` the file that it must write, `{boxes}` "
              "a table (CSV) of the lesions, if it wants one: lesion, and first and last voxel of "
              "its box along each axis (i_first ... k_last, from 0)")
          .optional(
              "task", &Command::task,
              "segmentation: a mask on the image's grid (NIfTI, not 0 is lesion); detection: "
              "a table (CSV) with the columns x_mm, y_mm, z_mm (DICOM's LPS) and score; "
              "classification: a table with the column probability (or score) in one row for "
              "the image, or with the column lesion, too, in a row for each lesion; embedding: "
              "a table of the same rows, whose other columns are features")
          .one_of({"segmentation", "detection", "classification", "embedding"})
          .optional("timeout", &Command::timeout, unit::s,
                    "after which it is killed, with all that it started")
          .between(0.1, 86400)
          .optional("memory_gib", &Command::memory, "addresses that each of its processes may use")
          .between(0.05, 4096)
          .rule("arguments must name a program",
                [](const Command& c) { return !c.arguments.empty() && !c.arguments[0].empty(); })
          .rule("arguments must hold {image} and {output}", [](const Command& c) {
            const auto holds = [&](const char* what) {
              return std::ranges::any_of(c.arguments, [&](const std::string& one) {
                return one.find(what) != std::string::npos;
              });
            };
            return holds("{image}") && holds("{output}");
          });
  return s;
}

Task CommandReader::task() const {
  for (const Task task : {Task::detection, Task::classification, Task::embedding})
    if (command_.task == to_string(task)) return task;
  return Task::segmentation;
}

}  // namespace vitrine::readers
