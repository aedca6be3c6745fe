#!/usr/bin/env python3
"""Run the checks of .clang-tidy over our sources.

  scripts/check_lint.py [--build build/dev] [FILE...]   lint the sources of that build (or only FILE...)
  scripts/check_lint.py --self-test                     prove on tests/lint/bad.cpp that every check fires

A source whose preprocessed text, options and checks are those of an earlier clean run, of any checkout, is not linted
again (the user's cache holds the stamps). Tests are left out: Catch2's macros are not ours. So is what includes ITK, whose Debian
headers refuse clang. Sources that wait are read several at a time, so a `using` that a neighbour uses escapes until
its source is linted alone.
"""
import argparse
import concurrent.futures
import hashlib
import json
import os
import pathlib
import re
import shlex
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent
STAMPS = pathlib.Path(os.environ.get("XDG_CACHE_HOME") or pathlib.Path.home() / ".cache") / "vitrine" / "lint"
GCC_ONLY = ("-fno-tree-loop-distribution",)  # clang refuses to start with these
OURS = ("src/", "phantoms/", "physics/", "recon/", "bench/")
HEADERS = rf"(include/vitrine|{ROOT}/({'|'.join(OURS)}).*\.cpp)"
TOGETHER = 8  # sources read as one text: most of the time goes into the headers that they share


def checks():
    text = (ROOT / ".clang-tidy").read_text()
    block = re.search(r"^Checks: >\n((?:  .*\n)+)", text, re.M).group(1)
    return [name.strip() for name in block.split(",") if name.strip() and name.strip() != "-*"]


def sources(build, only):
    """(file, arguments) of every translation unit of ours; a hot file's levels share one entry."""
    seen = {}
    for entry in json.loads((build / "compile_commands.json").read_text()):
        path = pathlib.Path(entry["file"])
        if not path.is_relative_to(ROOT) or not path.relative_to(ROOT).as_posix().startswith(OURS):
            continue
        if (only and path not in only) or re.search(r"#include <itk", path.read_text()):
            continue
        arguments = shlex.split(entry["command"])
        launcher = [at for at, argument in enumerate(arguments) if argument.endswith("ccache")]
        arguments = arguments[launcher[0] + 1:] if launcher else arguments
        seen.setdefault(path, (entry["directory"], arguments))
    return sorted(seen.items())


def without_output(arguments):
    """The command without what it writes."""
    kept = []
    skip = False
    for argument in arguments:
        if skip or argument in ("-c",):
            skip = False
            continue
        skip = argument == "-o"
        if not skip:
            kept.append(argument)
    return kept


def stamp_of(directory, arguments):
    """Names the exact text that would be linted, the options it is read with, and the checks."""
    text = subprocess.run(without_output(arguments) + ["-E", "-P", "-C"], cwd=directory, capture_output=True).stdout
    here = str(ROOT).encode()
    digest = hashlib.sha256(text.replace(here, b"."))
    digest.update("\0".join(arguments).encode().replace(here, b"."))
    digest.update((ROOT / ".clang-tidy").read_bytes())
    return STAMPS / digest.hexdigest()


def tidy(paths, directory, options):
    """What clang-tidy says of PATHS read as one text; None where that text does not compile."""
    if len(paths) > 1:
        source = STAMPS / f"{hashlib.sha256(repr(paths).encode()).hexdigest()[:16]}.cpp"
        source.write_text("".join(f'#include "{path}"\n' for path in paths))
        try:
            # One cheap check: does it compile?
            if subprocess.run(["clang-tidy", "--quiet", "--checks=-*,modernize-use-override", str(source), "--", *options, "-w"],
                              cwd=directory, capture_output=True).returncode:
                return None
            return tidy([source], directory, options)
        finally:
            source.unlink()
    run = subprocess.run(["clang-tidy", "--quiet", f"--header-filter={HEADERS}", str(paths[0]), "--", *options],
                         cwd=directory, capture_output=True, text=True)
    return "" if run.returncode == 0 else run.stdout + (run.stderr if "error" in run.stderr else "")


def lint(waiting, directory, options):
    """The findings in WAITING (source: stamp), together; where names of sources clash, in halves."""
    paths = list(waiting)
    found = tidy(paths, directory, options)
    if found is None:
        middle = len(paths) // 2
        halves = dict(list(waiting.items())[:middle]), dict(list(waiting.items())[middle:])
        return "".join(lint(half, directory, options) for half in halves)
    if not found:
        for stamp in waiting.values():
            stamp.touch()
    return found


def lint_all(build, only):
    if not (build / "compile_commands.json").exists():
        print(f"{build}/compile_commands.json is missing. Run: cmake --preset dev", file=sys.stderr)
        return 1
    STAMPS.mkdir(parents=True, exist_ok=True)
    found = sources(build, only)
    bad = known = 0
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        waiting = {}
        for (path, (directory, arguments)), stamp in zip(found, pool.map(lambda entry: stamp_of(*entry[1]), found)):
            if stamp.exists():
                known += 1
                continue
            options = [a for a in without_output(arguments)[1:] if a not in GCC_ONLY and a != str(path)]
            waiting.setdefault((directory, (*options, "-Wno-error")), []).append((path, stamp))
        jobs = [pool.submit(lint, dict(entries[at:at + TOGETHER]), directory, options)
                for (directory, options), entries in waiting.items() for at in range(0, len(entries), TOGETHER)]
        for job in concurrent.futures.as_completed(jobs):
            if job.result():
                bad += 1
                print(job.result(), flush=True)
    print(f"lint: {len(found)} sources, {known} unchanged since they were clean, "
          f"{'findings above' if bad else 'no findings'}")
    return bool(bad)


def self_test():
    run = subprocess.run(["clang-tidy", "--quiet", str(ROOT / "tests/lint/bad.cpp"), "--", "-std=c++20"],
                         capture_output=True, text=True)
    silent = [check for check in checks() if f"[{check}" not in run.stdout and f",{check}" not in run.stdout]
    for check in silent:
        print(f"{check} does not fire on tests/lint/bad.cpp: misspelt, or without an example")
    if not silent:
        print(f"every one of {len(checks())} checks fires")
    return bool(silent) or run.returncode == 0


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--build", type=pathlib.Path, default=ROOT / "build" / "dev")
    parser.add_argument("--self-test", action="store_true")
    parser.add_argument("files", nargs="*", type=lambda name: pathlib.Path(name).resolve())
    arguments = parser.parse_args()
    return self_test() if arguments.self_test else lint_all(arguments.build.resolve(), set(arguments.files))


if __name__ == "__main__":
    sys.exit(main())
