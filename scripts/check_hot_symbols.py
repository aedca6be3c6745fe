#!/usr/bin/env python3
"""Fail if an object file of one instruction-set level offers symbols that the linker might use for another.

  scripts/check_hot_symbols.py OBJECT...

A weak symbol (an inline or template function that was not inlined) compiled for x86-64-v3 may be the copy that the
linker keeps for the whole program, which then stops on machines without AVX2 and changes bits on those with it.
Strong symbols are fine where they live in the level's own namespace.
"""
import re
import subprocess
import sys


def main():
    bad = 0
    for path in sys.argv[1:]:
        level = re.search(r"_hot_(\w+)\.dir", path).group(1)
        listing = subprocess.run(["nm", "-C", "--defined-only", "--extern-only", path], check=True, capture_output=True, text=True)
        for line in listing.stdout.splitlines():
            kind, name = line.split(maxsplit=2)[1:]
            if kind in "WwVu" or f"::{level}::" not in name:
                print(f"{path}: {name} [{kind}] does not belong to level {level} alone")
                bad += 1
    print(f"{len(sys.argv) - 1} objects, {bad} symbols that leak between levels")
    return bool(bad)


if __name__ == "__main__":
    sys.exit(main())
