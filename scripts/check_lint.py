#!/usr/bin/env python3
"""Run the checks of .clang-tidy over our sources.

  scripts/check_lint.py [--build build/dev] [FILE...]   lint the sources of that build (or only FILE...)
  scripts/check_lint.py --self-test                     prove on tests/lint/bad.cpp that every check fires

A source whose preprocessed text, options and checks are those of an earlier clean run is not linted again
(build/lint holds the stamps). Tests are left out: Catch2's macros are not ours. So is what includes ITK, whose Debian
headers refuse clang.
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
STAMPS = ROOT / "build" / "lint"
GCC_ONLY = ("-fno-tree-loop-distribution",)  # clang refuses to start with these
OURS = ("src/", "phantoms/", "physics/", "recon/", "bench/")


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
        arguments = [a for a in shlex.split(entry["command"]) if not a.endswith("ccache")]
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
    digest = hashlib.sha256(text)
    digest.update("\0".join(arguments).encode())
    digest.update((ROOT / ".clang-tidy").read_bytes())
    return STAMPS / digest.hexdigest()


def lint(path, directory, arguments):
    stamp = stamp_of(directory, arguments)
    if stamp.exists():
        return path, 0, "", True
    options = [a for a in without_output(arguments)[1:] if a not in GCC_ONLY and a != str(path)]
    run = subprocess.run(["clang-tidy", "--quiet", str(path), "--", *options, "-Wno-error"],
                         cwd=directory, capture_output=True, text=True)
    if run.returncode == 0:
        stamp.touch()
    return path, run.returncode, run.stdout + (run.stderr if "error" in run.stderr else ""), False


def lint_all(build, only):
    if not (build / "compile_commands.json").exists():
        print(f"{build}/compile_commands.json is missing. Run: cmake --preset dev", file=sys.stderr)
        return 1
    STAMPS.mkdir(parents=True, exist_ok=True)
    bad = known = 0
    found = sources(build, only)
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        jobs = [pool.submit(lint, path, *command) for path, command in found]
        for job in concurrent.futures.as_completed(jobs):
            path, status, output, was_known = job.result()
            known += was_known
            if status:
                bad += 1
                print(f"{path.relative_to(ROOT)}\n{output}", flush=True)
    print(f"lint: {len(found)} sources, {known} unchanged since they were clean, {bad} with findings")
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
