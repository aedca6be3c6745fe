// At least one mistake for every check of .clang-tidy: `scripts/check_lint.py --self-test` fails if any goes unnoticed.
#include <memory>
#include <mutex>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

using std::pair;

int mutable_global = 1;

#define TWICE(x) x + x

struct Base {
  Base() = default;
  Base(const Base&) = default;
  Base(Base&& other) : name(std::move(other.name)) {}
  virtual ~Base() = default;
  virtual int size() const { return 0; }
  std::string name;
};

struct Derived : Base {
  Derived() = default;
  Derived(const Derived& other) : extra(other.extra) {}
  explicit Derived(int size) : extra(size) {}
  virtual int size() const { return extra; }
  int extra = 0;
};

void takes(bool strict);
void forgets_to_throw(int n) {
  if (n < 0) std::runtime_error("built and never thrown");
  takes(/*lenient=*/true);
}

int BadlyNamed(std::string by_value, const std::vector<std::string>& borrowed) {
  double half = 1 / 2;
  std::vector<std::string> names(70000);
  for (short i = 0; i < names.size(); ++i) half += 1;
  for (const auto name : names) half += double(name.size());
  const std::string copied = borrowed.front();
  std::mutex mutex;
  std::unique_lock<std::mutex>(mutex, std::defer_lock);
  std::string moved = std::move(names.front());
  std::string again = std::move(moved);
  std::unique_ptr<int> owner = std::make_unique<int>(1);
  owner.release();
  const std::string constant = "x";
  std::string not_moved = std::move(constant);
  Base sliced = Derived(2);
  int* null = 0;
  int i = 0;
  while (i < 10) half += 1;
  try {
    forgets_to_throw(1);
  } catch (std::runtime_error error) {
    half += 1;
  }
  return int(half) + int(moved.size()) + int(by_value.size() + copied.size()) +
         (i == i ? TWICE(1) : 0) + (null == nullptr) + sliced.size();
}
