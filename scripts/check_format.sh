#!/usr/bin/env bash
# Checks that every C++ file is formatted as .clang-format says, and that text files end their lines cleanly.
#   scripts/check_format.sh               check
#   scripts/check_format.sh --fix         rewrite the files instead
#   scripts/check_format.sh --self-test   prove that a badly formatted file is noticed
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
mapfile -t files < <(git ls-files --cached --others --exclude-standard -- '*.hpp' '*.cpp' |
  grep -vE '^tests/(layers|lint)/' | while read -r file; do [[ ! -f $file ]] || echo "$file"; done)

case ${1:-} in
  "")
    printf '%s\0' "${files[@]}" | xargs -0 -n 16 -P "$(nproc)" clang-format --dry-run --Werror
    spaces=$(printf '%s\0' "${files[@]}" | xargs -0 grep -nE '[[:space:]]+$' || true)
    [[ -z $spaces ]] || { echo "$spaces"; echo "trailing white space"; exit 1; }
    echo "format: ${#files[@]} files are formatted" ;;
  --fix) printf '%s\0' "${files[@]}" | xargs -0 clang-format -i ;;
  --self-test)
    if clang-format --dry-run --Werror tests/lint/bad_format.cpp 2>/dev/null; then
      echo "tests/lint/bad_format.cpp passed: the format check notices nothing"; exit 1
    fi
    echo "a badly formatted file is noticed" ;;
  *) sed -n '2,5p' "$0" >&2; exit 2 ;;
esac
