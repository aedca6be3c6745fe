#include "vitrine/config/yaml.hpp"

#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/exceptions.h>
#include <yaml-cpp/mark.h>
#include <yaml-cpp/parser.h>

#include <array>
#include <sstream>

#include "vitrine/config/detail/source.hpp"
#include "vitrine/config/plain.hpp"

namespace vitrine::config {
namespace {

using detail::Source;

/// Thrown through the parser to end it early; what is wrong has been reported.
struct Stop {};

std::string join(const std::string& path, const std::string& key) {
  constexpr std::size_t longest = 500;
  const std::string joined = path.empty() ? key : str(path, '.', key);
  return joined.size() <= longest ? joined : str("...", joined.substr(joined.size() - longest));
}

/// True if the quoted text that begins at `open` is closed; yaml-cpp accepts the end of the file.
bool is_closed(std::string_view text, std::size_t open) {
  const char quote = text[open];
  for (std::size_t i = open + 1; i < text.size(); ++i) {
    if (quote == '"' && text[i] == '\\') {
      ++i;
    } else if (text[i] == quote) {
      if (quote == '"' || i + 1 >= text.size() || text[i + 1] != quote) return true;
      ++i;  // '' is an apostrophe
    }
  }
  return false;
}

/// Builds the tree from the parser's events, in which anchors, aliases, tags and duplicate keys
/// are still visible (a yaml-cpp Node has lost them).
class Builder final : public YAML::EventHandler {
 public:
  Builder(const Source& source, Diagnostics& problems, Dialect dialect)
      : source_(source),
        problems_(problems),
        dialect_(dialect),
        before_(problems.entries().size()) {}

  Value take_root() { return std::move(root_); }

  void OnDocumentStart(const YAML::Mark& mark) override {
    if (++documents_ == 1) return;
    const std::size_t offset = source_.offset(mark.line, mark.column);
    const bool explicit_start = source_.text().substr(offset).starts_with("---");
    fatal(place(mark, {}), explicit_start
                               ? "a second document begins here (one file is one document). Remove "
                                 "'---' or split the file."
                               : "this does not belong to the document above. Check indentation, "
                                 "quotes and brackets of the lines before.");
  }
  void OnDocumentEnd() override {}

  void OnNull(const YAML::Mark& mark, YAML::anchor_t) override {
    const Location where = begin_node(mark);
    if (expects_key()) {
      error(where,
            "a key is missing (nothing, ~ or null stands where a word should). Write KEY: VALUE.");
      return accept_key({}, where);
    }
    add(missing_value(mark, where));
  }

  void OnAlias(const YAML::Mark& mark, YAML::anchor_t) override {
    Location where = begin_node(mark);
    error(where, "aliases (*name) are not supported. Write the value again where it is needed.");
    add(empty(std::move(where)));
  }

  void OnAnchor(const YAML::Mark& mark, const std::string& name) override {
    error(place(mark, node_path()),
          str("anchors (&", excerpt(name), ") are not supported. Remove the anchor and write ",
              "the value where it is needed."));
  }

  void OnScalar(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t,
                const std::string& text) override {
    check_quotes(mark);
    Location where = begin_node(mark);
    const bool plain = tag == "?" || tag.empty();
    if (expects_key()) {
      refuse_tag(mark, tag, where);
      return accept_key(plain ? plain_key(text, where) : quoted_key(text, where), where);
    }
    if (refuse_tag(mark, tag, where)) return add(empty(std::move(where)));

    Value value;
    std::string problem;
    if (plain && dialect_ == Dialect::python && (text == "True" || text == "False")) {
      value = Value(text == "True");
    } else if (plain) {
      value = read_plain(text, problem);
    } else if (const auto bad = control_character(text); !bad.empty()) {
      problem = str("this text holds ", bad, ", which is not allowed. Remove it.");
    } else {
      value = Value(text);
    }
    if (!problem.empty()) error(where, std::move(problem));
    value.where = std::move(where);
    add(std::move(value));
  }

  void OnSequenceStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t,
                       YAML::EmitterStyle::value style) override {
    open(mark, tag, style, Value(Value::List{}), "a list");
  }
  void OnMapStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t,
                  YAML::EmitterStyle::value style) override {
    open(mark, tag, style, Value(Value::Map{}), "a map");
  }
  void OnSequenceEnd() override { close(); }
  void OnMapEnd() override { close(); }

  /// The list or map in brackets that is still open, for the parser's own errors; null if none.
  const Value* open_brackets() const {
    for (auto frame = frames_.rbegin(); frame != frames_.rend(); ++frame)
      if (frame->in_brackets) return &frame->node;
    return nullptr;
  }
  std::string node_path() const {
    if (frames_.empty()) return {};
    const Frame& frame = frames_.back();
    const std::string& path = frame.node.where.path;
    if (const auto* list = frame.node.as<Value::List>()) return str(path, '[', list->size(), ']');
    return frame.has_key ? join(path, frame.key.key) : path;
  }

 private:
  /// A list or map being filled.
  struct Frame {
    Value node;
    Value::Member key;  // of a map: the key whose value comes next
    bool has_key = false;
    bool dropped = false;  // that key was refused: its value is read, reported on and left out
    bool in_brackets = false;
  };

  Location place(const YAML::Mark& mark, std::string path) const {
    return source_.at(mark.line, mark.column, std::move(path));
  }
  void error(const Location& where, std::string message) {
    problems_.error(where, std::move(message));
    if (problems_.entries().size() - before_ < max_problems) return;
    problems_.error(where, "reading stops here: there are too many problems.");
    throw Stop{};
  }
  [[noreturn]] void fatal(const Location& where, std::string message) {
    problems_.error(where, std::move(message));
    throw Stop{};
  }

  Location begin_node(const YAML::Mark& mark) {
    Location where = place(mark, node_path());
    if (++nodes_ > max_nodes)
      fatal(where, str("the document has more than ", max_nodes,
                       " values. Move large data into files of its own."));
    return where;
  }
  static Value empty(Location where) {
    Value value;
    value.where = std::move(where);
    return value;
  }
  bool expects_key() const {
    return !frames_.empty() && frames_.back().node.as<Value::Map>() && !frames_.back().has_key;
  }

  void open(const YAML::Mark& mark, const std::string& tag, YAML::EmitterStyle::value style,
            Value node, std::string_view what) {
    Location where = begin_node(mark);
    if (frames_.size() >= max_depth)
      fatal(where, str("lists and maps are nested more than ", max_depth, " deep."));
    if (expects_key()) error(where, str(what, " cannot be a key. Use a word."));
    refuse_tag(mark, tag, where);
    node.where = std::move(where);
    frames_.push_back({std::move(node), {}, false, false, style == YAML::EmitterStyle::Flow});
  }
  void close() {
    Value node = std::move(frames_.back().node);
    frames_.pop_back();
    if (!expects_key()) return add(std::move(node));
    accept_key({}, node.where);
  }
  void add(Value value) {
    if (frames_.empty()) {
      root_ = std::move(value);
      return;
    }
    Frame& frame = frames_.back();
    if (auto* list = std::get_if<Value::List>(&frame.node.data)) {
      list->push_back(std::move(value));
      return;
    }
    if (expects_key()) return accept_key({}, value.where);
    frame.key.value = std::move(value);
    if (!frame.dropped) std::get<Value::Map>(frame.node.data).push_back(std::move(frame.key));
    frame.key = {};
    frame.has_key = frame.dropped = false;
  }

  /// An empty key is one that was refused.
  void accept_key(std::string key, Location where) {
    Frame& frame = frames_.back();
    auto& map = std::get<Value::Map>(frame.node.data);
    where.path = join(frame.node.where.path, key);
    bool dropped = key.empty();
    for (const auto& other : map) {
      if (dropped || other.key != key) continue;
      error(where, str("the key '", key, "' is written twice (first in line ", other.key_where.line,
                       ", column ", other.key_where.column, "). Keep one."));
      dropped = true;
    }
    if (map.size() >= max_map_keys)
      fatal(where, str("this map has more than ", max_map_keys, " keys."));
    frame.key = {std::move(key), {}, std::move(where)};
    frame.has_key = true;
    frame.dropped = dropped;
  }
  std::string plain_key(const std::string& text, const Location& where) {
    std::string problem;
    if (text == "<<") {
      error(where, "merge keys (<<) are not supported. Write the keys out.");
    } else if (const Value word = read_plain(text, problem); !word.as<std::string>()) {
      error(where,
            str('\'', excerpt(text), "' cannot be a key (",
                problem.empty() ? str("it is ", name_of_type(word)) : "readers disagree what it is",
                "). Keys are words."));
    } else {
      return quoted_key(text, where);
    }
    return {};
  }
  std::string quoted_key(const std::string& text, const Location& where) {
    if (text.empty()) {
      error(where, "an empty text cannot be a key. Write a word.");
    } else if (text.size() > max_key_bytes) {
      error(where, str("the key '", excerpt(text), "' is longer than ", max_key_bytes, " bytes."));
    } else if (const auto bad = control_character(text); !bad.empty()) {
      error(where, str("the key '", excerpt(text), "' holds ", bad, ". Keys are words."));
    } else if (text.find('\n') != std::string::npos) {
      error(where, str("the key '", excerpt(text), "' runs over several lines. Keys are words."));
    } else {
      return text;
    }
    return {};
  }

  /// Characters that nobody sees can still enter text through escapes such as "\0".
  static std::string control_character(std::string_view text) {
    if (text.find(detail::byte_order_mark) != std::string_view::npos) return "a byte order mark";
    int left = 0;  // bytes of the character in hand
    for (const char c : text) {
      const auto code = static_cast<unsigned char>(c);
      // yaml-cpp makes one byte of \N and \_, which is no UTF-8.
      if ((code & 0xC0) == 0x80 && left-- == 0) return "the escape \\N or \\_";
      if (code >= 0xC0) left = code >= 0xF0 ? 3 : code >= 0xE0 ? 2 : 1;
      if (code == 0) return "a NUL character";
      if ((code < 0x20 && code != '\n' && code != '\t') || code == 0x7F)
        return str("a control character (", int(code), ')');
    }
    return {};
  }
  bool refuse_tag(const YAML::Mark& mark, const std::string& tag, const Location& where) {
    // "?" stands for plain and "!" for quoted, unless the file itself says "!".
    const std::size_t offset = source_.offset(mark.line, mark.column);
    const bool written = source_.text().substr(offset).starts_with('!');
    if (tag.empty() || tag == "?" || (tag == "!" && !written)) return false;
    constexpr std::string_view standard = "tag:yaml.org,2002:";
    const std::string shown =
        tag.starts_with(standard) ? str("!!", tag.substr(standard.size())) : tag;
    error(where,
          str("tags (", excerpt(shown), ") are not supported. Remove it; put text in quotes."));
    return true;
  }
  void check_quotes(const YAML::Mark& mark) {
    const std::size_t offset = source_.offset(mark.line, mark.column);
    if (offset >= source_.text().size()) return;
    const char first = source_.text()[offset];
    if ((first == '"' || first == '\'') && !is_closed(source_.text(), offset))
      fatal(place(mark, node_path()), str("the text that begins here has no closing ", first, '.'));
  }

  /// An explicit null has its own mark; for an omitted value yaml-cpp marks what follows it.
  Value missing_value(const YAML::Mark& mark, Location where) {
    const std::size_t offset = source_.offset(mark.line, mark.column);
    const std::string_view rest = source_.text().substr(offset);
    const bool written = rest.starts_with('~') || rest.starts_with("null") ||
                         rest.starts_with("Null") || rest.starts_with("NULL");
    const bool in_map = !frames_.empty() && frames_.back().has_key;
    if (in_map) {
      const Value::Member& key = frames_.back().key;
      if (!written) where = key.key_where;
      if (dialect_ == Dialect::python) return empty(std::move(where));
      const auto colon = key.key.find(':');
      if (!frames_.back().dropped)
        error(where,
              colon != std::string::npos && !written
                  ? str("'", excerpt(key.key),
                        "' has no value (a ':' needs a space after it). Write ",
                        excerpt(key.key.substr(0, colon)), ": ", excerpt(key.key.substr(colon + 1)),
                        '.')
                  : str("'", excerpt(key.key),
                        "' has no value. Give it one, [] for an empty list, or remove the key."));
    } else if (!frames_.empty()) {
      if (!written) {
        const auto dash = source_.text().substr(0, offset).find_last_of("-,[");
        where = source_.at(dash == std::string_view::npos ? offset : dash, where.path);
      }
      error(where, "this list item has no value. Give it one or remove it.");
    }
    return empty(std::move(where));
  }

  const Source& source_;
  Diagnostics& problems_;
  Dialect dialect_;
  std::size_t before_;
  std::size_t nodes_ = 0;
  int documents_ = 0;
  std::vector<Frame> frames_;
  Value root_;
};

/// What the parser's own complaint means for somebody who writes a scenario.
std::string in_our_words(const YAML::Exception& problem, const Builder& builder, char at) {
  struct Translation {
    std::string_view theirs, ours;
  };
  static const std::array translations{
      Translation{
          YAML::ErrorMsg::MAP_VALUE,
          "':' is not expected here (an earlier line lacks a space after its ':', is indented "
          "differently, or text holds ': '). Put text with ': ' in quotes."},
      Translation{
          YAML::ErrorMsg::END_OF_MAP,
          "this line does not fit the map above it. Write KEY: VALUE with the same indentation "
          "as the keys above."},
      Translation{YAML::ErrorMsg::END_OF_SEQ,
                  "this line does not fit the list above it. Begin each item with '- ' at the same "
                  "indentation."},
      Translation{YAML::ErrorMsg::BLOCK_ENTRY,
                  "'- ' is not expected here. Begin list items on lines of their own, at the same "
                  "indentation."},
      Translation{YAML::ErrorMsg::MAP_KEY, "'? ' is not expected here. Write KEY: VALUE."},
      Translation{YAML::ErrorMsg::UNKNOWN_ANCHOR,
                  "aliases (*name) are not supported. Write the value again where it is needed."},
      Translation{YAML::ErrorMsg::INVALID_ESCAPE,
                  "unknown escape in text in double quotes. Use single quotes, or write \\\\ for a "
                  "backslash."},
      Translation{
          YAML::ErrorMsg::INVALID_HEX,
          "bad escape in text in double quotes. Use single quotes, or write \\\\ for a backslash."},
      Translation{YAML::ErrorMsg::TAB_IN_INDENTATION, "a tab in the indentation. Use spaces."},
      Translation{YAML::ErrorMsg::EOF_IN_SCALAR, "the text that begins here has no closing quote."},
  };
  if (problem.msg == YAML::ErrorMsg::END_OF_MAP_FLOW ||
      problem.msg == YAML::ErrorMsg::END_OF_SEQ_FLOW) {
    const char closing = problem.msg == YAML::ErrorMsg::END_OF_MAP_FLOW ? '}' : ']';
    const Value* open = builder.open_brackets();
    return str('\'', closing, "' or ',' is missing here",
               open ? str(" (the bracket was opened in line ", open->where.line, ", column ",
                          open->where.column, ')')
                    : "",
               '.');
  }
  if (problem.msg == YAML::ErrorMsg::FLOW_END)
    return str('\'', at, "' closes a bracket that was not opened.");
  if (problem.msg == YAML::ErrorMsg::UNKNOWN_TOKEN && at != '\0')
    return str("text cannot begin with '", at, "'. Put it in quotes.");
  for (const auto& [theirs, ours] : translations)
    if (problem.msg.starts_with(theirs)) return std::string(ours);
  return str("this is not YAML (", excerpt(problem.msg), ").");
}

}  // namespace

Value parse_yaml(std::string_view text, const std::string& file, Diagnostics& problems,
                 Dialect dialect) {
  const Source source(text, file);
  if (!source.check(problems)) return {};
  const std::size_t before = problems.entries().size();
  Builder builder(source, problems, dialect);
  try {
    std::istringstream stream{std::string(text)};
    YAML::Parser parser(stream);
    while (parser.HandleNextDocument(builder)) {
    }
  } catch (const Stop&) {
    return {};
  } catch (const YAML::Exception& problem) {
    std::size_t offset = source.offset(problem.mark.line, problem.mark.column);
    const bool past_escape = problem.msg.starts_with(YAML::ErrorMsg::INVALID_ESCAPE);
    if (past_escape && offset >= 2) offset -= 2;
    const char at = offset < text.size() ? text[offset] : '\0';
    problems.error(source.at(offset, builder.node_path()), in_our_words(problem, builder, at));
    return {};
  }
  Value root = builder.take_root();
  if (root.empty() && problems.entries().size() == before)
    problems.error(source.at(0), "the document is empty. Write at least one KEY: VALUE.");
  return root;
}

Diagnostics without_echoes(const Diagnostics& reading, const Diagnostics& checking) {
  Diagnostics all = reading;
  const auto same_place = [](const Location& a, const Location& b) {
    return a.file == b.file && a.line == b.line && a.column == b.column && a.path == b.path;
  };
  for (const auto& entry : checking.entries()) {
    bool echo = false;
    for (const auto& known : reading.entries()) echo = echo || same_place(known.where, entry.where);
    if (!echo) all.error(entry.where, entry.message);
  }
  return all;
}

}  // namespace vitrine::config
