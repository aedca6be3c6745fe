#include "vitrine/config/detail/source.hpp"

#include <algorithm>

#include "vitrine/config/yaml.hpp"
#include "vitrine/core/utf8.hpp"

namespace vitrine::config::detail {
Source::Source(std::string_view text, std::string file) : text_(text), file_(std::move(file)) {
  lines_.push_back(0);
  if (text_.size() > max_document_bytes) return;
  for (std::size_t i = 0; i < text_.size(); ++i) {
    if (text_[i] == '\n') lines_.push_back(i + 1);
    if ((static_cast<unsigned char>(text_[i]) & 0xC0) == 0x80) continuations_.push_back(i);
  }
}

Location Source::at(std::size_t offset, std::string path) const {
  offset = std::min(offset, text_.size());
  const auto line = std::upper_bound(lines_.begin(), lines_.end(), offset) - 1;
  const auto first = std::lower_bound(continuations_.begin(), continuations_.end(), *line);
  const auto last = std::lower_bound(first, continuations_.end(), offset);
  const auto characters = std::ptrdiff_t(offset - *line) - (last - first);
  return {file_, int(line - lines_.begin()) + 1, int(characters) + 1, std::move(path)};
}

Location Source::at(int line, int byte, std::string path) const {
  return at(offset(line, byte), std::move(path));
}

std::size_t Source::offset(int line, int byte) const {
  if (line < 0 || byte < 0) return 0;
  if (std::size_t(line) >= lines_.size()) return text_.size();
  return std::min(lines_[std::size_t(line)] + std::size_t(byte), text_.size());
}

bool Source::check(Diagnostics& problems) const {
  const std::size_t before = problems.entries().size();
  if (text_.size() > max_document_bytes) {
    problems.error(at(0),
                   str("the document has ", text_.size(), " bytes (at most ", max_document_bytes,
                       " are read). Move large data into files of its own."));
  } else if (check_bytes(problems)) {
    check_lines(problems);
  }
  return problems.entries().size() == before;
}

bool Source::check_bytes(Diagnostics& problems) const {
  const bool is_utf16 = text_.starts_with("\xFF\xFE") || text_.starts_with("\xFE\xFF");
  if (const std::size_t mark = is_utf16 ? 0 : text_.find(byte_order_mark); mark < text_.size()) {
    problems.error(at(mark),
                   "there is a byte order mark here. Save the file as plain UTF-8 without one.");
    return false;
  }
  for (std::size_t i = 0; i < text_.size();) {
    const std::size_t length = utf8_length(text_, i);
    if (length == 0) {
      problems.error(at(i), "this is not UTF-8 text (a broken character). Save the file as UTF-8.");
      return false;
    }
    const auto code = static_cast<unsigned char>(text_[i]);
    const bool ends_line = code == '\r' && i + 1 < text_.size() && text_[i + 1] == '\n';
    if ((code < 0x20 && code != '\n' && code != '\t' && !ends_line) || code == 0x7F) {
      problems.error(at(i), str("a control character (byte ", int(code),
                                ") is not allowed in a scenario. Remove it."));
      return false;
    }
    i += length;
  }
  return true;
}

void Source::check_lines(Diagnostics& problems) const {
  for (const std::size_t line : lines_) {
    const std::size_t content = std::min(text_.find_first_not_of(" \t", line), text_.size());
    if (content == text_.size() ||
        std::string_view("\r\n#").find(text_[content]) != std::string_view::npos)
      continue;              // blank, or a comment
    if (text_[line] == '%')  // the parser skips such a line wherever it stands
      problems.error(at(line),
                     "directives (lines that begin with %) are not supported. Remove this line.");
    if (const std::size_t tab = text_.find_first_not_of(' ', line); text_[tab] == '\t')
      problems.error(
          at(tab),
          "a tab in the indentation (editors and readers disagree about its width). Use spaces.");
    if (problems.entries().size() >= max_problems) return;
  }
}

}  // namespace vitrine::config::detail
