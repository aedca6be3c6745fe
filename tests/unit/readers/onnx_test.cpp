#include <catch2/catch.hpp>

#include "vitrine/readers/onnx.hpp"

using namespace vitrine;
using namespace vitrine::readers;

TEST_CASE("a network is a command of its runtime's program, with limits of its own") {
  Onnx network;
  network.file = "mine.onnx";
  network.runtime = "node";
  network.task = "classification";
  network.timeout = 7.0;
  network.memory = 3.0;
  const OnnxReader reader(network);
  const Command& command = *reader.command();
  CHECK(reader.task() == Task::classification);
  CHECK(command.task == "classification");
  CHECK(command.timeout == 7.0);
  CHECK(command.memory == 3.0);
  CHECK(command.arguments.front() == "vitrine-onnx-node");
  CHECK(command.arguments.at(onnx_file) == "mine.onnx");
  CHECK(is_onnx(command));
  Diagnostics problems;
  Command::schema().read(Command::schema().write(command), problems);
  CHECK(problems.ok());
}

TEST_CASE("commands of other programs, or with a runtime that is known, are a user's own") {
  Command command = *OnnxReader(Onnx{}).command();
  Command known = command;
  known.arguments.at(onnx_runtime) = "OpenCV DNN 4.6.0";
  CHECK_FALSE(is_onnx(known));
  command.arguments.front() = "model";
  CHECK_FALSE(is_onnx(command));
  command.arguments = {"vitrine-onnx-{image}{output}"};
  CHECK_FALSE(is_onnx(command));
}
