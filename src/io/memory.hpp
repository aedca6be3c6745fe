#pragma once
#include <cstdint>
#include <string>

namespace vitrine::io {

/// Bytes that a program can still take without others being pushed out: the kernel's MemAvailable,
/// or the limit of the control group that this process runs in, if that is less. The largest number
/// where neither can be read.
std::uint64_t available_memory();

/// The same from the text of /proc/meminfo and of a control group's memory.max (version 2; empty or
/// `max`: no limit).
std::uint64_t available_memory(const std::string& meminfo, const std::string& group_limit);

}  // namespace vitrine::io
