#pragma once
#include "vitrine/readers/reader.hpp"

namespace vitrine::readers {

/// A program of the user's.
class CommandReader : public Reader {
 public:
  using Params = Command;
  static const Schema<Command>& schema() { return Command::schema(); }
  explicit CommandReader(Command command) : command_(std::move(command)) {}

  Task task() const override;
  const Command* command() const override { return &command_; }
  Reading read(const Request& request, Host& host) const override {
    return host.run(command_, request);
  }

 private:
  Command command_;
};

}  // namespace vitrine::readers
