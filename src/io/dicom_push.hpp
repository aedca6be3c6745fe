#pragma once
#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "vitrine/io/file.hpp"

namespace vitrine::io {

/// A DICOM file as a storage server is told of it.
struct DicomInstance {
  Path file;
  std::string sop_class, sop_instance, transfer_syntax;
};

/// The DICOM files below a directory, by their paths. Files that are none are passed over, and so
/// are those without the identifiers that storing takes. Throws Error (io) if it cannot be listed.
std::vector<DicomInstance> dicom_files_below(const Path& dir);

/// A server that stores DICOM, and who we say we are. Titles have at most 16 characters.
struct DicomServer {
  std::string host;
  std::uint16_t port = 104;
  std::string title = "ANY-SCP", own_title = "VITRINE";
  int timeout_s = 30;  ///< for the connection and for every answer
};

enum class Pushed {
  stored,    ///< the server has it
  refused,   ///< the server answered, and did not take it
  not_sent,  ///< there was no answer, or no connection
};
std::string_view to_string(Pushed outcome);

struct PushOutcome {
  Pushed outcome = Pushed::not_sent;
  std::uint16_t status = 0;  ///< of the answer (PS3.7, annex C); 0: success
  std::string message;       ///< why, in words; empty for success
};

/// C-STORE every instance, in order; `report` hears of each, with its place. A connection that
/// breaks is made anew; after three in a row that store nothing the rest is `not_sent`.
void push_dicom(const DicomServer& server, std::span<const DicomInstance> instances,
                const std::function<void(std::size_t, const PushOutcome&)>& report);

}  // namespace vitrine::io
