#include <sys/mount.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmath>
#include <limits>

#include "scratch.hpp"
#include "vitrine/core/value.hpp"
#include "vitrine/io/checksums.hpp"
#include "vitrine/io/csv.hpp"
#include "vitrine/io/file.hpp"
#include "vitrine/io/json.hpp"
#include "vitrine/io/run_lock.hpp"

using namespace vitrine;
using Catch::Matchers::Contains;
using Kind = Error::Kind;

TEST_CASE("a written file holds what was given and leaves nothing beside it") {
  const Scratch scratch;
  io::write_file(scratch / "a.txt", "first");
  io::write_file(scratch / "a.txt", "second");
  io::write_file(scratch / "empty", std::string_view());
  CHECK(io::read_text(scratch / "a.txt") == "second");
  CHECK(io::read_file(scratch / "empty").empty());
  CHECK(std::distance(std::filesystem::directory_iterator(scratch.path()), {}) == 2);
}

TEST_CASE("many files are written at once, more than descriptors may be open") {
  const Scratch scratch;
  std::vector<io::NamedBytes> files;
  for (int i = 0; i < 150; ++i)
    files.push_back({std::to_string(i), bytes_of(std::string(1000, char('a' + i % 26)))});
  io::write_files(scratch.path(), files);
  for (const auto& file : files) REQUIRE(io::read_file(scratch / file.name) == file.bytes);
  CHECK(io::remove_partials(scratch.path()).empty());
}

TEST_CASE("a file that cannot be written is an io error that names it, the reason and a way out") {
  const Scratch scratch;
  CHECK_THAT(complaint(Kind::io, [&] { io::write_file(scratch / "no/such.txt", "x"); }),
             Contains("no/such.txt") && Contains("No such file") && Contains("spelling"));
  io::make_directories(scratch / "dir");
  CHECK_THAT(complaint(Kind::io, [&] { io::write_file(scratch / "dir", "x"); }),
             Contains("directory"));
  CHECK(io::remove_partials(scratch.path()).empty());
  io::write_file(scratch / "file", "x");
  CHECK_THAT(complaint(Kind::io, [&] { io::make_directories(scratch / "file/below"); }),
             Contains("file' (File exists)"));
}

TEST_CASE("a failed write leaves the old file and no partial one") {
  const Scratch scratch;
  const io::Path disk = scratch / "disk";
  io::make_directories(disk);
  if (::mount("tmpfs", disk.c_str(), "tmpfs", 0, "size=256k") != 0) {
    WARN("skipped: a full disk needs the right to mount a tmpfs");
    return;
  }
  io::write_file(disk / "a", std::string(1000, 'a'));
  const std::string one =
      complaint(Kind::io, [&] { io::write_file(disk / "a", std::string(1 << 20, 'b')); });
  const std::vector<io::NamedBytes> files{{"b", io::Bytes(1000)}, {"c", io::Bytes(1 << 20)}};
  const std::string many = complaint(Kind::io, [&] { io::write_files(disk, files); });
  const std::string old = io::read_text(disk / "a");
  const auto entries = std::distance(std::filesystem::directory_iterator(disk), {});
  const auto room = io::free_space(disk / "not/yet/there");
  ::umount(disk.c_str());
  CHECK_THAT(one, Contains("No space left") && Contains("disk/a'") && Contains("Free some space"));
  CHECK_THAT(many, Contains("No space left") && Contains("disk/c'"));
  CHECK(old == std::string(1000, 'a'));
  CHECK(entries == 1);
  CHECK(room < 256 * io::kibibyte);
}

TEST_CASE("reading refuses directories, devices, missing and oversized files") {
  const Scratch scratch;
  CHECK_THAT(complaint(Kind::io, [&] { io::read_file(scratch.path()); }),
             Contains("it is a directory"));
  CHECK_THAT(complaint(Kind::io, [&] { io::read_file("/dev/zero"); }), Contains("device"));
  CHECK_THAT(complaint(Kind::io, [&] { io::read_file(scratch / "absent"); }),
             Contains("No such file"));
  io::write_file(scratch / "big", std::string(100, 'x'));
  CHECK_THAT(complaint(Kind::data, [&] { io::read_file(scratch / "big", 99); }),
             Contains("100 bytes"));
  CHECK(io::read_file(scratch / "big", 100).size() == 100);
}

TEST_CASE("directories are made with their parents, and stale partial files are cleared") {
  const Scratch scratch;
  io::make_directories(scratch / "a/b/c/");
  io::make_directories(scratch / "a/b/c");
  CHECK(std::filesystem::is_directory(scratch / "a/b/c"));
  io::write_file(scratch / "a/b/image.nii.partial", "half");
  io::write_file(scratch / "a/keep.txt", "whole");
  CHECK(io::remove_partials(scratch.path()) ==
        std::vector<io::Path>{scratch / "a/b/image.nii.partial"});
  CHECK(std::filesystem::exists(scratch / "a/keep.txt"));
  CHECK(io::free_space(scratch.path()) > 0);
}

TEST_CASE("a directory is locked by one holder, who is named, and free when the holder dies") {
  const Scratch scratch;
  const auto take = [&] { const io::RunLock lock(scratch.path()); };
  {
    const io::RunLock lock(scratch.path());
    CHECK_THAT(complaint(Kind::io, take), Contains(str("process ", ::getpid(), " on ")) &&
                                              Contains("since 20") &&
                                              Contains("choose another output directory"));
  }
  CHECK_NOTHROW(take());

  int ready[2];
  REQUIRE(::pipe(ready) == 0);
  const pid_t child = ::fork();
  if (child == 0) {
    const io::RunLock lock(scratch.path());
    static_cast<void>(::write(ready[1], "x", 1) == 1);
    for (;;) ::pause();
  }
  char byte = 0;
  REQUIRE(::read(ready[0], &byte, 1) == 1);
  CHECK_THAT(complaint(Kind::io, take), Contains(str("process ", child)));
  CHECK_THAT(io::lock_holder(scratch.path()).value_or(""), Contains(str("process ", child)));
  ::kill(child, SIGKILL);
  ::waitpid(child, nullptr, 0);
  ::close(ready[0]);
  ::close(ready[1]);
  CHECK_FALSE(io::lock_holder(scratch.path()));  // though the file still names it
  CHECK_NOTHROW(take());
  CHECK_FALSE(io::lock_holder(scratch.path()));
  CHECK_FALSE(io::lock_holder(scratch / "nowhere"));
}

TEST_CASE("checksums are what sha256sum reads, and tell a changed and a missing file") {
  const Scratch scratch;
  io::write_file(scratch / "b c.txt", "abc");
  io::write_file(scratch / "a", std::string(3 << 20, 'a'));
  const std::string odd = "back\\slash\nline";
  std::vector<io::Checksum> files{{"b c.txt", io::hash_file(scratch / "b c.txt")},
                                  {"a", io::hash_file(scratch / "a")}};
  CHECK(files[1].digest == sha256(std::string(3 << 20, 'a')));
  const std::string text = io::checksums_text(files);
  CHECK_THAT(
      text,
      Contains("ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad  b c.txt\n"));
  io::write_file(scratch / "SHA256SUMS", text);
  CHECK(std::system(
            ("cd '" + scratch.path().string() + "' && sha256sum -c --quiet --strict SHA256SUMS")
                .c_str()) == 0);
  CHECK(io::verify(scratch.path(), io::parse_checksums(text, "SHA256SUMS")).empty());
  CHECK(io::parse_checksums(io::checksums_text({{odd, {}}}), "s")[0].path == odd);

  io::write_file(scratch / "a", "other");
  std::filesystem::remove(scratch / "b c.txt");
  const auto problems = io::verify(scratch.path(), files);
  REQUIRE(problems.size() == 2);
  CHECK_THAT(problems[0], Contains("missing"));
  CHECK_THAT(problems[1], Contains("changed"));
}

TEST_CASE("a checksum list that is damaged or points elsewhere is refused with its line") {
  const std::string good = Digest{}.hex() + "  a\n";
  const auto says = [&](const std::string& text) {
    return complaint(Kind::data, [&] { io::parse_checksums(text, "S"); });
  };
  CHECK_THAT(says(good + "short  a\n"), Contains("S:2:1"));
  CHECK_THAT(says(good + Digest{}.hex() + "  ../a\n"), Contains("S:2:1") && Contains("not below"));
  CHECK_THAT(says(Digest{}.hex() + "  /etc/passwd\n"), Contains("not below"));
  CHECK_THAT(says(Digest{}.hex() + "  a" + std::string(1, '\0') + "b\n"), Contains("NUL"));
  CHECK_THAT(says(good.substr(0, good.size() - 1)), Contains("no end"));
  CHECK_THAT(says(std::string(64, 'x') + "  a\n"), Contains("64 of the digits"));
}

TEST_CASE("a table comes back from its CSV text, numbers to the last bit") {
  Table table{{"case", "value", "note"}, {}};
  table.add({"c,1", 0.1, "say \"hi\"\nthere"});
  table.add({"c2", -1e-300, ""});
  table.add({"c3", std::numeric_limits<double>::quiet_NaN(), "x\ry"});
  const Table back = io::parse_csv(table.to_csv(), "t.csv");
  CHECK(back.columns == table.columns);
  REQUIRE(back.rows.size() == 3);
  CHECK(back.rows[0] == table.rows[0]);
  CHECK(back.rows[1] == table.rows[1]);
  CHECK(std::get<std::string>(back.rows[2][2]) == "x\ry");
  CHECK(std::isnan(std::get<double>(back.rows[2][1])));
  CHECK(back.to_csv() == table.to_csv());
}

TEST_CASE("CSV from elsewhere: byte order mark, CRLF, no last newline, blank last line") {
  for (const char* text : {"\xEF\xBB\xBF"
                           "a,b\r\n1,x\r\n",
                           "a,b\n1,x", "a,b\n1,x\n\n"}) {
    const Table table = io::parse_csv(text, "t.csv");
    CHECK(table.columns == std::vector<std::string>{"a", "b"});
    REQUIRE(table.rows.size() == 1);
    CHECK(std::get<double>(table.rows[0][0]) == 1.0);
  }
}

TEST_CASE("malformed CSV is refused with its line") {
  const auto says = [](std::string_view text) {
    return complaint(Kind::data, [&] { io::parse_csv(text, "t.csv", {3, 6}); });
  };
  CHECK_THAT(says(""), Contains("t.csv:1") && Contains("empty"));
  CHECK_THAT(says("a,b\n1\n"), Contains("t.csv:2") && Contains("1 cells"));
  CHECK_THAT(says("a,b\n1,\"x\n\n\n"), Contains("t.csv:2") && Contains("never closed"));
  CHECK_THAT(says("a,b\n\"x\ny\",2\n3\n"), Contains("t.csv:4"));
  CHECK_THAT(says("a,b\n\"x\"y,2\n"), Contains("closing quote"));
  CHECK_THAT(says("a,b\nx\"y,2\n"), Contains("quote inside"));
  CHECK_THAT(says("a,a\n"), Contains("twice"));
  CHECK_THAT(says("a,,b\n"), Contains("without a name"));
  CHECK_THAT(says("a,b,c,d\n"), Contains("more than 3 columns"));
  CHECK_THAT(says("a,b\n1,2\n1,2\n1,2\n1,2\n"), Contains("more than 6 cells"));
  CHECK_THAT(says(std::string_view("a\n\0\n", 4)), Contains("zero byte"));
}

TEST_CASE("a value comes back from its JSON text") {
  Value value;
  value.set("name", "q\"uote\n\xC3\xA9").set("n", 0.1).set("yes", true).set("none", Value());
  value.set("list", Value(Value::List{Value(1.0), Value("two"), Value(Value::Map{})}));
  const std::string text = to_json(value, 2);
  CHECK(to_json(io::parse_json(text, "m.json"), 2) == text);
  CHECK(*io::parse_json(text, "m.json").find("n")->as<double>() == 0.1);
}

TEST_CASE("malformed JSON is refused with its place") {
  const auto says = [](const std::string& text) {
    return complaint(Kind::data, [&] { io::parse_json(text, "m.json", {100'000, 64}); });
  };
  CHECK_THAT(says("{\n  \"a\": 1,\n  \"b\": }"), Contains("m.json:3:8"));
  CHECK_THAT(says(""), Contains("m.json:1:1"));
  CHECK_THAT(says("{\"a\": 1"), Contains("no JSON"));
  CHECK_THAT(says("{\"a\": NaN}"), Contains("no JSON"));
  CHECK_THAT(says("{\"a\": 1e999}"), !Contains("[json") && Contains("m.json"));
  CHECK_THAT(says("{\"x\": {\"a\": 1, \"a\": 2}}"), Contains("'a' occurs twice"));
  CHECK_THAT(says(std::string(1000, '[')), Contains("64 levels"));
  CHECK_THAT(says(std::string(200'000, ' ')), Contains("100000"));
  CHECK_THAT(says("{} {}"), Contains("no JSON"));
}

TEST_CASE("tables come straight out of JSON, and the rest as values") {
  Table first, second;
  const auto table_of = [&](std::string_view key) {
    return key == "first" ? &first : key == "second" ? &second : nullptr;
  };
  const Value rest = io::parse_json(
      R"({"first": {"columns": ["a", "b"], "rows": [["x", 1], ["\u00e9", null]]}, "n": 0.1,
          "second": {"rows": [], "columns": []}, "in": {"first": {"columns": 1}}})",
      "m.json", table_of);
  CHECK(first.columns == std::vector<std::string>{"a", "b"});
  REQUIRE(first.rows.size() == 2);
  CHECK(std::get<std::string>(first.rows[0][0]) == "x");
  CHECK(std::get<double>(first.rows[0][1]) == 1.0);
  CHECK(std::get<std::string>(first.rows[1][0]) == "\xC3\xA9");
  CHECK(std::isnan(std::get<double>(first.rows[1][1])));
  CHECK(second.columns.empty());
  CHECK(*rest.find("n")->as<double>() == 0.1);
  CHECK(rest.find("first")->empty());                      // it is known to be there
  CHECK(rest.find("in")->find("first")->find("columns"));  // no outermost member
}

TEST_CASE("what is no table is refused by its place") {
  const auto says = [](const std::string& text) {
    Table table;
    return complaint(Kind::data, [&] {
      io::parse_json(text, "m.json", [&](std::string_view) { return &table; });
    });
  };
  for (const char* text :
       {R"({"t": 3})", R"({"t": null})", R"({"t": []})", R"({"t": {"columns": []}})",
        R"({"t": {"rows": []}})", R"({"t": {"columns": [], "rows": 3}})",
        R"({"t": {"columns": [1], "rows": []}})", R"({"t": {"columns": [[]], "rows": []}})",
        R"({"t": {"columns": ["a"], "rows": [1]}})", R"({"t": {"columns": ["a"], "rows": ["a"]}})",
        R"({"t": {"columns": ["a"], "rows": [[true]]}})",
        R"({"t": {"columns": ["a"], "rows": [[[1]]]}})",
        R"({"t": {"columns": ["a"], "rows": [{}]}})",
        R"({"t": {"columns": [], "rows": [], "more": []}})",
        R"({"t": {"columns": [], "columns": [], "rows": []}})"}) {
    CAPTURE(text);
    CHECK_THAT(says(text), Contains("m.json (t): this is no table"));
  }
  CHECK_THAT(says(R"({"t": {"columns": ["a", "b"], "rows": [[1, 2], [1]]}})"),
             Contains("has 1 cells (the table has 2 columns)"));
  CHECK_THAT(says(R"({"t": {"columns": ["a"], "rows": [[1e999]]}})"), Contains("overflow"));
  CHECK_THAT(says(R"({"t": {"columns": [], "rows": []}, "t": {"columns": [], "rows": []}})"),
             Contains("'t' occurs twice"));
}
