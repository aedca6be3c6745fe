#include <chrono>
#include <fstream>
#include <thread>

#include "unit/io/scratch.hpp"
#include "vitrine/io/process.hpp"

using namespace vitrine;
using namespace vitrine::io;

namespace {

struct Outcome {
  ProcessEnd end;
  std::string log;
};

Outcome run(const Scratch& scratch, const std::string& script, double seconds = 20.0,
            std::uint64_t memory = gibibyte) {
  std::filesystem::create_directories(scratch / "home");
  const ProcessOrder order{
      {"sh", "-c", script}, scratch / "home", scratch / "log", seconds, memory};
  const ProcessEnd end = run_process(order);
  return {end, read_text(scratch / "log")};
}

}  // namespace

TEST_CASE("a program's exit code and what it says are kept") {
  const Scratch scratch;
  const Outcome three = run(scratch, "echo out; echo bad >&2; exit 3");
  CHECK(three.end.how == ProcessEnd::How::exited);
  CHECK(three.end.code == 3);
  CHECK(three.log == "out\nbad\n");
  CHECK(to_string(three.end) == "exit code 3");
  const Outcome killed = run(scratch, "kill -SEGV $$");
  CHECK(killed.end.how == ProcessEnd::How::signalled);
  CHECK(killed.end.code == 11);
}

TEST_CASE("arguments are handed over as they are, without a shell") {
  const Scratch scratch;
  std::filesystem::create_directories(scratch / "home");
  run_process({{"echo", "a b", "$HOME;`id`", ""}, scratch / "home", scratch / "log"});
  CHECK(read_text(scratch / "log") == "a b $HOME;`id` \n");
}

TEST_CASE("a program that hangs is killed with its children") {
  const Scratch scratch;
  const auto start = std::chrono::steady_clock::now();
  // The grandchild would write after the end of all.
  const Outcome slow = run(scratch, "(sleep 2; echo late > late) & sleep 100", 0.3);
  CHECK(slow.end.how == ProcessEnd::How::timed_out);
  CHECK(std::chrono::steady_clock::now() - start < std::chrono::seconds(60));
  // What a program leaves behind when it ends dies as well.
  const Outcome quick = run(scratch, "(sleep 2; echo late > late) & exit 0", 20);
  CHECK(quick.end.code == 0);
  std::this_thread::sleep_for(std::chrono::milliseconds(2500));
  CHECK_FALSE(std::filesystem::exists(scratch / "home/late"));
}

TEST_CASE("a program gets no more memory than it may use, and nothing to read") {
  const Scratch scratch;
  // dd asks for a buffer of its block size.
  CHECK(run(scratch, "dd if=/dev/zero of=/dev/null bs=64M count=1").end.code == 0);
  CHECK(run(scratch, "dd if=/dev/zero of=/dev/null bs=64M count=1", 20, 32 * mebibyte).end.code !=
        0);
  CHECK(run(scratch, "wc -c").log == "0\n");
}

TEST_CASE("a program writes in its directory, and where the kernel helps nowhere else") {
  const Scratch scratch;
  const Outcome outcome =
      run(scratch, "echo a > here; echo b > ../there; echo c > \"$TMPDIR/temporary\"");
  CHECK(read_text(scratch / "home/here") == "a\n");
  CHECK(read_text(scratch / "home/temporary") == "c\n");
  if (!outcome.end.confined) {
    WARN("this kernel has no Landlock: programs are not confined");
    return;
  }
  CHECK_FALSE(std::filesystem::exists(scratch / "there"));
  CHECK(outcome.log.find("denied") != std::string::npos);
  // Neither what is there already: read yes, change no.
  std::ofstream(scratch / "precious") << "kept";
  const Outcome again = run(scratch, "cat ../precious; rm -f ../precious; : > ../precious");
  CHECK(again.log.starts_with("kept"));
  CHECK(read_text(scratch / "precious") == "kept");
}

TEST_CASE("a program that is not there is said so") {
  const Scratch scratch;
  const ProcessOrder order{{"no-such-program-at-all"}, scratch.path(), scratch / "log"};
  CHECK(complaint(Error::Kind::io, [&] { run_process(order); }).find("no-such-program-at-all") !=
        std::string::npos);
  std::ofstream(scratch / "script") << "not a program";
  std::filesystem::permissions(scratch / "script", std::filesystem::perms::owner_all);
  const ProcessOrder broken{{(scratch / "script").string()}, scratch.path(), scratch / "log"};
  CHECK_FALSE(complaint(Error::Kind::io, [&] { run_process(broken); }).empty());
}
