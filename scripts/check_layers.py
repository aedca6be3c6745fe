#!/usr/bin/env python3
"""Hold every file to the layer rules of docs/developers/architecture.md.

  scripts/check_layers.py                check this repository
  scripts/check_layers.py --root DIR     check another tree of the same shape
  scripts/check_layers.py --self-test    prove on the fixtures of tests/layers that every rule fires

Prints one line per violation, file:line: [rule] what is wrong, and exits 1 if there is any.
"""
import argparse
import pathlib
import re
import sys

# Which layers a layer may include; its CMakeLists.txt may list fewer (USES), never more.
CORE = {"core"}
NOUNS = CORE | {"model"}
SIMULATION = NOUNS | {"phantoms", "physics", "recon", "radiomics", "evaluation", "readers"}
MAY_USE = {
    "core": set(),
    "model": CORE,
    "phantoms": NOUNS,
    "physics": NOUNS,
    "recon": NOUNS | {"physics"},
    "radiomics": NOUNS,
    "evaluation": NOUNS,
    "readers": NOUNS,
    "trial": SIMULATION,
    "config": SIMULATION | {"trial"},
    "io": SIMULATION | {"trial"},
    "onnx": NOUNS | {"readers", "io"},
    "report": SIMULATION | {"trial"},
    "dataset": CORE,
    "cli": SIMULATION | {"trial", "config", "io", "report", "dataset"},
}
FOLDERS = {name: name if name in ("phantoms", "physics", "recon") else f"src/{name}" for name in MAY_USE}
PURE = ("core", "model", "phantoms", "physics", "recon", "radiomics", "evaluation", "readers")

# Third-party headers and the files that may include them. Whatever is not listed has no owner and is refused.
OWNERS = [
    (r"Eigen/", r".*"),
    (r"omp\.h", r"src/core/parallel\.cpp"),
    (r"sleef\.h", r"src/core/.*\.cpp"),
    (r"Random123/", r"src/core/random.*\.cpp"),
    (r"openssl/", r"src/core/hash\.cpp"),
    (r"(cpuid|immintrin)\.h", r"src/core/isa\.cpp|.*\.hot\.cpp|.*/simd\.hpp"),
    (r"xraylib", r"physics/attenuation[^/]*\.cpp"),
    (r"boost/math/", r"src/evaluation/.*\.cpp"),
    (r"yaml-cpp/", r"src/config/.*\.cpp"),
    (r"(itk|vnl/|vcl_)", r"src/io/.*"),
    (r"(hdf5|H5)", r"src/io/.*"),
    (r"sqlite3\.h", r"src/io/sqlite\.cpp"),
    (r"linux/landlock\.h", r"src/io/process\.cpp"),
    (r"dcmtk/", r"src/io/.*"),
    (r"opencv2/", r"src/onnx/opencv_network\.cpp"),
    (r"libdeflate\.h", r"src/(io|report)/.*\.cpp"),
    (r"nlohmann/", r"src/(config|io|report|cli)/.*\.cpp"),
    (r"fmt/", r".*\.cpp"),
    (r"CLI/", r"src/cli/.*"),
]
POSIX = re.compile(r"(sys/.*|unistd\.h|fcntl\.h|signal\.h|poll\.h|termios\.h|dirent\.h|pwd\.h|link\.h|pthread\.h|dlfcn\.h|errno\.h)$")
STANDARD = re.compile(r"[a-z_0-9]+$|(std(int|def|lib|io|arg|bool)|string|math|limits|float|assert|time|ctype)\.h$")
# The only places where a rule gives way, each for a reason.
EXEMPT = {
    ("side-effects", "src/core/error.cpp"): "a broken contract says where on stderr, then aborts",
    ("exit", "src/core/error.cpp"): "the same",
    ("exit", "src/io/rehearsal.cpp"): "the end of a process that only looks whether HDF5 breaks",
    ("exit", "src/io/process.cpp"): "the end of a process that could not become another program",
}

IO_HEADERS = {"iostream", "fstream", "cstdio", "stdio.h", "print", "chrono", "ctime", "time.h", "filesystem", "random"}
IO_TOKENS = re.compile(
    r"\b(?:std\s*::\s*)?(?:printf|fprintf|puts|fputs|fopen|freopen|getenv|secure_getenv|setenv|clock_gettime|gettimeofday)\s*\("
    r"|\bstd\s*::\s*(?:cout|cerr|clog|cin|[io]?fstream|time|clock|random_device|chrono|filesystem)\b"
    r"|\b(?:steady|system|high_resolution)_clock\b")
THREAD_HEADERS = {"thread", "future", "execution", "pthread.h"}
# glibc picks another implementation of these on CPUs with FMA or AVX2, and the last bit changes with it.
LIBM = re.compile(
    r"\bstd\s*::\s*(?:exp|exp2|expm1|log|log2|log10|log1p|sin|cos|tan|asin|acos|atan|atan2|sinh|cosh|tanh|asinh|acosh|atanh"
    r"|pow|erf|erfc|tgamma|lgamma|hypot|cbrt)[fl]?\s*\(")
EXIT = re.compile(r"\b(?:std\s*::\s*)?(?:exit|_exit|_Exit|quick_exit|abort|terminate)\s*\(")

RULES = {
    "arrow": "includes a layer that does not stand below it",
    "uses": "includes a layer that its CMakeLists.txt does not list, or lists one that the arrows forbid",
    "spelling": "an include of ours is not spelled \"vitrine/<layer>/x.hpp\"",
    "detail": "includes another layer's detail/, or a public header shows its own",
    "owner": "a third-party header outside the files that own it",
    "one-yaml-file": "yaml-cpp in more than one file",
    "public-header": "a third-party type other than Eigen's in a public header",
    "openmp": "an OpenMP pragma outside core/parallel.cpp",
    "threads": "threads outside core/parallel, from core to evaluation",
    "side-effects": "a file, stream, clock, environment variable or standard random generator, from core to evaluation",
    "libm": "an elementary function of libm instead of vitrine::math, from core to evaluation",
    "exit": "ends the process below cli",
}


def code_of(text):
    """The text with comments and the insides of literals blanked; line numbers stay."""
    token = re.compile(r'//[^\n]*|/\*.*?\*/|R"([^(\s]*)\(.*?\)\1"|"(?:\\.|[^"\\\n])*"|(?<![0-9a-fA-F])\'(?:\\.|[^\'\\\n])+\'', re.S)
    def blank(match):
        found = match.group(0)
        if found.startswith("/"):
            return re.sub(r"[^\n]", " ", found)
        line_start = text.rfind("\n", 0, match.start()) + 1
        if re.match(r"\s*#\s*include\b", text[line_start:match.start()]):
            return found
        return '"' + re.sub(r"[^\n]", " ", found[1:-1]) + '"'
    return token.sub(blank, text)


def declared_uses(folder, name):
    """The USES list of the layer's CMakeLists.txt with its line, or None where the layer declares nothing."""
    path = folder / "CMakeLists.txt"
    text = re.sub(r"#[^\n]*", "", path.read_text()) if path.exists() else ""
    call = re.search(rf"vitrine_layer\(\s*{name}\b([^)]*)\)", text)
    if not call:
        return None
    uses = re.search(r"\bUSES\s+((?:[a-z_]+\s*)*)", call.group(1))
    line = text.count("\n", 0, call.start(1) + uses.start() if uses else call.start()) + 1
    return (uses.group(1).split() if uses else []), path, line


class Checker:
    def __init__(self, root):
        self.root = root
        self.violations = []
        self.yaml_files = []

    def report(self, path, line, rule, message):
        name = path.relative_to(self.root).as_posix()
        if (rule, name) not in EXEMPT:
            self.violations.append((name, line, rule, message))

    def run(self):
        for layer, folder in FOLDERS.items():
            folder = self.root / folder
            allowed = self.allowed_layers(layer, folder)
            for path in sorted(p for p in folder.rglob("*") if p.suffix in (".hpp", ".cpp", ".h", ".inc")):
                self.check_file(layer, path, allowed)
        for path, line in self.yaml_files:
            if path != self.yaml_files[0][0]:
                first = self.yaml_files[0][0].name
                self.report(path, line, "one-yaml-file", f"yaml-cpp is already the business of {first}")
        return sorted(set(self.violations))

    def allowed_layers(self, layer, folder):
        declared = declared_uses(folder, layer)
        if declared is None:
            return MAY_USE[layer]
        uses, path, line = declared
        for use in uses:
            if use not in MAY_USE[layer]:
                self.report(path, line, "uses", f"{layer} may not list {use} (it may use: {', '.join(sorted(MAY_USE[layer])) or 'nothing'})")
        return set(uses)

    def check_file(self, layer, path, allowed):
        name = path.relative_to(self.root).as_posix()
        public = layer != "cli" and path.suffix in (".hpp", ".h") and "detail" not in path.parts
        for number, line in enumerate(code_of(path.read_text()).splitlines(), 1):
            include = re.match(r'\s*#\s*include\s*(["<])([^">]+)[">]', line)
            if include:
                self.check_include(layer, path, name, number, public, allowed, include.group(1), include.group(2))
            else:
                self.check_tokens(layer, path, name, number, line)

    def check_include(self, layer, path, name, number, public, allowed, bracket, header):
        ours = re.match(r"vitrine/(\w+)/(.*)", header)
        if ours:
            used, rest = ours.groups()
            if used not in MAY_USE:
                self.report(path, number, "arrow", f"there is no layer {used}")
            elif used != layer and used not in MAY_USE[layer]:
                self.report(path, number, "arrow", f"{layer} may not include {used} (it may use: {', '.join(sorted(MAY_USE[layer])) or 'nothing'})")
            elif used != layer and used not in allowed:
                self.report(path, number, "uses", f"{layer} includes {used} without listing it in USES")
            if bracket == "<":
                self.report(path, number, "spelling", f'write "{header}"')
            if "detail/" in rest and used != layer:
                self.report(path, number, "detail", f"{header} belongs to {used} alone")
            elif "detail/" in rest and public:
                self.report(path, number, "detail", f"{header} is not installed, so a public header may not include it")
            return
        if bracket == '"':
            if not header.endswith(".inc"):
                self.report(path, number, "spelling", f'"{header}" should read "vitrine/<layer>/{pathlib.PurePosixPath(header).name}"')
            return
        if layer in PURE and header in IO_HEADERS:
            self.report(path, number, "side-effects", f"<{header}> has no place in {layer}")
        if layer in PURE and header in THREAD_HEADERS and not name.startswith("src/core/parallel"):
            self.report(path, number, "threads", f"<{header}>: use vitrine/core/parallel.hpp")
        if STANDARD.match(header):
            return
        if POSIX.match(header):
            if layer in PURE:
                self.report(path, number, "side-effects", f"<{header}> has no place in {layer}")
            return
        owner = next((files for pattern, files in OWNERS if re.match(pattern, header)), None)
        if owner is None:
            self.report(path, number, "owner", f"<{header}> has no owner in scripts/check_layers.py")
        elif public and not header.startswith("Eigen/"):
            self.report(path, number, "public-header", f"<{header}> in a public header")
        elif not re.fullmatch(owner, name):
            self.report(path, number, "owner", f"<{header}> belongs to {owner}")
        elif header.startswith("yaml-cpp/"):
            self.yaml_files.append((path, number))

    def check_tokens(self, layer, path, name, number, line):
        if re.search(r"#\s*pragma\s+omp\b|_Pragma\s*\(", line) and name != "src/core/parallel.cpp":
            self.report(path, number, "openmp", "use vitrine::parallel_for")
        if layer in PURE:
            found = IO_TOKENS.search(line)
            if found:
                self.report(path, number, "side-effects", f"{found.group(0).rstrip('( ')} has no place in {layer}")
            found = LIBM.search(line)
            if found and name != "src/core/math.cpp":
                self.report(path, number, "libm", f"{found.group(0).rstrip('( ')}: its bits depend on the CPU; use vitrine::math")
        if layer != "cli" and EXIT.search(line):
            self.report(path, number, "exit", "throw vitrine::Error; only cli ends the process")


def self_test(fixtures):
    """Each folder of `fixtures` is named after the rule that must fire there, on the lines marked "fires" and no other."""
    failures = []
    folders = {p.name for p in fixtures.iterdir() if p.is_dir()}
    for name in sorted(set(RULES) - folders):
        failures.append(f"rule {name} has no fixture in {fixtures}")
    for name in sorted(folders):
        marked = {(p.relative_to(fixtures / name).as_posix(), number, name)
                  for p in (fixtures / name).rglob("*") if p.is_file()
                  for number, line in enumerate(p.read_text().splitlines(), 1) if re.search(r"(//|#) fires$", line)}
        fired = {(file, line, rule) for file, line, rule, _ in Checker(fixtures / name).run()}
        if fired != marked or (name != "clean") != bool(marked):
            failures += [f"{name}: {file}:{line} [{rule}] {'must fire' if (file, line, rule) in marked else 'fires'}"
                         for file, line, rule in sorted(fired ^ marked)] or [f"{name}: wrong number of marks"]
    print("\n".join(failures) if failures else f"every one of {len(RULES)} rules fires, and the clean tree passes")
    return bool(failures)


def main():
    here = pathlib.Path(__file__).resolve().parent.parent
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--root", type=pathlib.Path, default=here)
    parser.add_argument("--self-test", action="store_true")
    arguments = parser.parse_args()
    if arguments.self_test:
        return self_test(here / "tests" / "layers")
    violations = Checker(arguments.root.resolve()).run()
    for name, line, rule, message in violations:
        print(f"{name}:{line}: [{rule}] {message}")
    return bool(violations)


if __name__ == "__main__":
    sys.exit(main())
