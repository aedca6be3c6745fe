#include "vitrine/io/memory.hpp"

#include <algorithm>
#include <charconv>
#include <fstream>
#include <limits>
#include <optional>
#include <sstream>
#include <string_view>

namespace vitrine::io {
namespace {

std::optional<std::uint64_t> number(std::string_view text) {
  text.remove_prefix(std::min(text.find_first_not_of(" \t"), text.size()));
  std::uint64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  return error == std::errc{} ? std::optional(value) : std::nullopt;
}

/// Files of the kernel have no length to go by.
std::string text_of(const std::string& path) {
  const std::ifstream file(path);
  std::ostringstream text;
  text << file.rdbuf();
  return file ? text.str() : std::string();
}

/// Where the files of this process' control group are.
std::string group_directory() {
  const std::string text = text_of("/proc/self/cgroup");
  const auto at = text.find("0::");
  if (at == std::string::npos) return "/sys/fs/cgroup";
  const auto end = text.find('\n', at);
  return "/sys/fs/cgroup" + text.substr(at + 3, end - at - 3);
}

}  // namespace

std::uint64_t available_memory(const std::string& meminfo, const std::string& group_limit) {
  constexpr std::string_view key = "MemAvailable:";
  std::uint64_t available = std::numeric_limits<std::uint64_t>::max();
  if (const auto at = meminfo.find(key); at != std::string::npos)
    if (const auto kib = number(std::string_view(meminfo).substr(at + key.size())))
      available = *kib * 1024;
  return std::min(available, number(group_limit).value_or(available));
}

std::uint64_t available_memory() {
  return available_memory(text_of("/proc/meminfo"), text_of(group_directory() + "/memory.max"));
}

}  // namespace vitrine::io
