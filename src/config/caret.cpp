#include "vitrine/config/caret.hpp"

#include <algorithm>
#include <vector>

namespace vitrine::config {
namespace {

using Entry = Diagnostics::Entry;

/// Files keep the order in which they first appear; inside one, problems follow the text.
std::vector<const Entry*> in_reading_order(const Diagnostics& problems) {
  std::map<std::string, std::size_t> rank;
  std::vector<const Entry*> all;
  for (const Entry& entry : problems.entries()) {
    rank.emplace(entry.where.file, rank.size());
    all.push_back(&entry);
  }
  std::stable_sort(all.begin(), all.end(), [&](const Entry* a, const Entry* b) {
    const auto key = [&](const Entry& e) {
      return std::make_tuple(rank.at(e.where.file), e.where.line, e.where.column);
    };
    return key(*a) < key(*b);
  });
  return all;
}

/// Line number `line` (from 1) of `text` as characters (UTF-8), without its end.
std::vector<std::string> characters_of_line(std::string_view text, int line) {
  std::size_t begin = 0;
  for (int i = 1; i < line; ++i) {
    begin = text.find('\n', begin);
    if (begin == std::string_view::npos) return {};
    ++begin;
  }
  const std::string_view content = text.substr(begin, text.find('\n', begin) - begin);
  std::vector<std::string> characters;
  for (const char c : content) {
    const auto code = static_cast<unsigned char>(c);
    if (code < 0x20 || code == 0x7F) {
      characters.emplace_back(c == '\r' ? "" : " ");
    } else if ((code & 0xC0) == 0x80 && !characters.empty()) {
      characters.back() += c;
    } else {
      characters.emplace_back(1, c);
    }
  }
  return characters;
}

/// The line and the caret below it; a long line is cut to a window about the column.
std::string source_line(std::string_view text, const Location& where) {
  constexpr std::size_t widest = 96;
  const std::vector<std::string> line = characters_of_line(text, where.line);
  const auto column = std::size_t(std::max(where.column, 1)) - 1;
  if (column > line.size()) return {};

  const std::size_t first = line.size() <= widest || column < widest / 2 ? 0 : column - widest / 2;
  const std::size_t last = std::min(line.size(), first + widest);
  std::string shown = first > 0 ? "..." : "";
  const std::size_t caret = shown.size() + column - first;
  for (std::size_t i = first; i < last; ++i) shown += line[i];
  if (last < line.size()) shown += "...";

  const std::string number = str(where.line);
  const std::string margin(number.size(), ' ');
  return str("  ", number, " | ", shown, "\n  ", margin, " | ", std::string(caret, ' '), "^\n");
}

}  // namespace

std::string show(const Diagnostics& problems, const Texts& texts) {
  constexpr std::size_t most = 20;  // more than anybody mends before the next try
  std::string out;
  std::size_t shown = 0;
  for (const Entry* entry : in_reading_order(problems)) {
    if (++shown > most) {
      const std::size_t left = problems.entries().size() - most;
      out += str("... and ", left, " more", left == 1 ? "" : " of them",
                 ". Mend these first; `vitrine validate --json` lists all.\n");
      break;
    }
    const std::string place = to_string(entry->where);
    out += str(place, place.empty() ? "" : ": ", entry->message, '\n');
    const auto text = texts.find(entry->where.file);
    if (entry->where.line > 0 && text != texts.end())
      out += source_line(text->second, entry->where);
  }
  return out;
}

std::string to_json_text(const Diagnostics& problems) {
  Value::List all;
  for (const Entry* entry : in_reading_order(problems)) {
    const Location& where = entry->where;
    Value item;
    item.set("file", where.file);
    item.set("line", double(where.line));
    item.set("column", double(where.column));
    item.set("path", where.path);
    item.set("message", entry->message);
    all.push_back(std::move(item));
  }
  return to_json(Value(std::move(all)), 2);
}

}  // namespace vitrine::config
