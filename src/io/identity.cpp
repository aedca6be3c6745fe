#include "vitrine/io/identity.hpp"

#include <pwd.h>
#include <unistd.h>

#include <array>
#include <ctime>
#include <fstream>

#include "vitrine/core/error.hpp"
#include "vitrine/core/utf8.hpp"

namespace vitrine::io {

std::string user_name() {
  std::array<char, 4096> text{};
  passwd entry{};
  passwd* found = nullptr;
  const uid_t id = ::geteuid();
  if (::getpwuid_r(id, &entry, text.data(), text.size(), &found) == 0 && found)
    return clean_utf8(found->pw_name);
  return str("user ", id);
}

std::string host_name() {
  std::array<char, 256> host{};
  ::gethostname(host.data(), host.size() - 1);
  return clean_utf8(host.data());
}

std::vector<std::string> command_line() {
  std::ifstream words("/proc/self/cmdline", std::ios::binary);
  std::vector<std::string> all;
  for (std::string word; std::getline(words, word, '\0');) all.push_back(clean_utf8(word));
  return all;
}

std::string utc_time() {
  const std::time_t now = std::time(nullptr);
  std::tm utc{};
  ::gmtime_r(&now, &utc);
  std::array<char, 32> text{};
  std::strftime(text.data(), text.size(), "%Y-%m-%dT%H:%M:%SZ", &utc);
  return text.data();
}

}  // namespace vitrine::io
